"""Values that say where the real one is: `${NAME}` in the environment, `${secret:ID}` with us."""

from __future__ import annotations

import re
from collections.abc import Callable

_ONE = re.compile(r"\$\{([^{}]*)\}")
_OURS = "secret:"
_ID = re.compile(r"secret:[0-9a-f]{32}")
_SCHEMES = ("", "Basic", "Bearer", "Key", "Token")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def secret_template(secret_id: str) -> str:
    """The text that stands for a secret of ours."""
    return f"${{{_OURS}{secret_id}}}"


def is_template(text: str) -> bool:
    """Whether nothing in a text is secret itself: one template, after a word like Bearer."""
    before, *rest = _ONE.split(text)
    if len(rest) != 2 or rest[1] or before.strip() not in _SCHEMES:
        return False
    return bool(_VARIABLE.fullmatch(rest[0]) or _ID.fullmatch(rest[0]))


def secret_ids(text: str) -> tuple[str, ...]:
    """The secrets of ours that a text refers to."""
    names = _ONE.findall(text)
    return tuple(n.removeprefix(_OURS) for n in names if n.startswith(_OURS))


def expand(text: str, variable: Callable[[str], str], secret: Callable[[str], str]) -> str:
    """The text with every template replaced; what is put in is not looked at again."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith(_OURS):
            return secret(name.removeprefix(_OURS))
        return variable(name) if _VARIABLE.fullmatch(name) else match[0]

    return _ONE.sub(value, text)
