"""Texts in the user's language and numbers as the user's country writes them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale

_CONTEXT = "Inferdeck"


def tr(text: str, /, **values: object) -> str:
    """The text in the language in use, with `{name}` replaced by the value of that name.

    Words of the protocols (JSON, gzip, raw) and names that people chose stay outside of it.
    """
    found = QCoreApplication.translate(_CONTEXT, text)
    return found.format(**values) if values else found


def marked(text: str) -> str:
    """A constant's text, found by the translators' tools here and translated where it is shown."""
    return text


def number(value: float, decimals: int = 0) -> str:
    """A number with the decimal sign in use and without thousands signs, which would jitter."""
    locale = QLocale()
    locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
    return locale.toString(float(value), "f", decimals)


def percent(share: float, decimals: int = 1) -> str:
    """A share of 0 to 1 as per cent."""
    return f"{number(share * 100, decimals)} %"


def count(number_of: int, one: str, many: str) -> str:
    """'1 frame' or '7 frames'; `one` and `many` are translated words."""
    return f"{number(number_of)} {one if number_of == 1 else many}"
