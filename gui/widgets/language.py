"""Texts in the user's language and numbers as the user's country writes them.

A language is one file `assets/languages/CODE.po`; English is the language of the source texts and
needs none. `use_language` is called before the first text is shown: every text is made with its
widget, so another choice holds from the next start.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from gettext import NullTranslations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from backend.core.errors import UsageError, mebibytes
from backend.core.wording import JOINTS, Wording
from gui.widgets.language_choice import SOURCE_LANGUAGE, language_codes, language_file
from gui.widgets.po_file import read_po, translations

_QT_TEXTS = "texts of Qt"
_KIB = 1024
_in_use = NullTranslations()


def tr(text: str, /, **values: object) -> str:
    """The text in the language in use, with `{name}` replaced by the value of that name.

    Takes literals, or what was a literal in `marked`: a translator gets to see nothing else. Words
    of the protocols (JSON, gzip, raw) and names that people chose stay outside of it.
    """
    return _filled(_in_use.gettext(text) if text else "", text, values)


def spoken(text: str) -> str:
    """What the backend says, in the language in use where it is a `Wording`, else as it is."""
    if not isinstance(text, Wording):
        return text
    values = {name: _spoken_value(one) for name, one in text.values.items()}
    if text.template in JOINTS:
        return text.template.format(**values)
    return tr(text.template, **values)


def _spoken_value(value: object) -> object:
    if isinstance(value, float):
        return significant(value)
    return spoken(value) if isinstance(value, str) else value


def marked(text: str) -> str:
    """A constant's text, found for the catalogues here and translated where it is shown."""
    return text


def count(number_of: int, one: str, many: str, /, **values: object) -> str:
    """'1 frame' or '7 frames' of the literals '{n} frame' and '{n} frames'."""
    source = one if number_of == 1 else many
    values = {"n": number(number_of), **values}
    return _filled(_in_use.ngettext(one, many, number_of), source, values)


def number(value: float, decimals: int = 0) -> str:
    """A number with the decimal sign in use and without thousands signs, which would jitter."""
    return _ungrouped(QLocale().name()).toString(float(value), "f", decimals)


@cache
def _ungrouped(_name: str) -> QLocale:
    """The locale in use, which has that name."""
    locale = QLocale()
    locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
    return locale


def significant(value: float, digits: int = 6) -> str:
    """A number with so many digits at most and no zeros behind them: 0.25, 1e-07."""
    return f"{value:.{digits}g}".replace(".", QLocale().decimalPoint())


def grouped(value: int) -> str:
    """A whole number with thousands signs, for what stands still."""
    return QLocale().toString(value)


def byte_size(size: int) -> str:
    """`5.9 MiB`, `3.1 KiB` or `17 bytes`."""
    if size >= _KIB:
        return mebibytes(size, number)
    return count(size, "{n} byte", "{n} bytes")


def percent(share: float, decimals: int = 1) -> str:
    """A share of 0 to 1 as per cent."""
    return f"{number(share * 100, decimals)} %"


def within_sentence(title: str) -> str:
    """A title in the middle of a sentence; small in English only, since German keeps capitals."""
    return title if _in_use.info() else title.lower()


def sentence_start(text: str) -> str:
    """A text with a large first letter, unless it begins with the name of a file or model."""
    first = text.partition(" ")[0].rstrip(".:,")
    return text if any(sign in first for sign in "._") else text[:1].upper() + text[1:]


def language_name(code: str) -> str:
    """A language's name in that language."""
    return "English" if code == SOURCE_LANGUAGE else QLocale(code).nativeLanguageName().capitalize()


def use_language(choice: str) -> None:
    """Show texts in the language `choice`, or in the desktop's for SYSTEM, and numbers to match.

    A language that is no longer there counts as SYSTEM. Raises UsageError for a catalogue that
    cannot be read; texts are English then.
    """
    global _in_use  # noqa: PLW0603 - one process shows one language
    known = language_codes()
    code = choice if choice in known else best_language(QLocale.system().uiLanguages(), known)
    _in_use = NullTranslations()
    QLocale.setDefault(_locale_of(SOURCE_LANGUAGE))
    if code != SOURCE_LANGUAGE:
        path = language_file(code)
        try:
            _in_use = translations(read_po(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, LookupError) as error:
            raise UsageError(f"The language {code} cannot be used, {path}: {error}") from error
        QLocale.setDefault(_locale_of(code))
    _translate_qt(code)


def best_language(wanted: Sequence[str], known: Sequence[str]) -> str:
    """The first of the desktop's languages ('de-AT') that is known, itself or without its country.

    English where there is none.
    """
    for tag in wanted:
        code = tag.replace("-", "_")
        for candidate in (code, code.partition("_")[0]):
            if candidate in known:
                return candidate
    return SOURCE_LANGUAGE


def _filled(text: str, source: str, values: dict[str, object]) -> str:
    if not values:
        return text
    try:
        return text.format(**values)
    except (
        LookupError,
        ValueError,
        AttributeError,
    ):  # a slip in a translation must not end the program
        return source.format(**values)


def _locale_of(code: str) -> QLocale:
    """The format of the country that the desktop names for that language, if it names one."""
    locale = QLocale(code)
    named = (QLocale(tag) for tag in QLocale.system().uiLanguages())
    return next((one for one in named if one.language() == locale.language()), locale)


def _translate_qt(code: str) -> None:
    """Let Qt's own dialogs and menus speak that language, where Qt does."""
    app = QCoreApplication.instance()
    if app is None:
        return
    for before in app.findChildren(QTranslator, _QT_TEXTS):
        app.removeTranslator(before)
        before.deleteLater()
    translator = QTranslator(app)
    translator.setObjectName(_QT_TEXTS)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(f"qtbase_{code}", folder):
        app.installTranslator(translator)
