"""JSON as text: fast where it is legal, tolerant of NaN and Infinity where a server writes them.

Nesting and the length of numbers are bounded, so that no text exhausts the reader.
"""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import orjson

from backend.core.defaults import NESTING_LIMIT
from backend.core.errors import InvalidInput
from backend.wire.elements import Buffer
from backend.wire.json.scan import brackets_in, levels_in, longest_digits_in

MAX_NESTING = NESTING_LIMIT
MAX_DIGITS = 300
"""Any integer of that length is within what a float can hold."""
MAX_CONTAINERS = 10_000_000
"""Most lists and objects of a text: a picture of 3840x2160 has fewer, as nested lists of pixels.
Each takes up to 90 bytes of memory, and as few as three of the text."""

_SHORT = 4096
"""Bytes that are counted quicker than an array of them is made."""

_NOT_FINITE = re.compile(rb"NaN|Infinity")
_HALF_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")
"""Half a surrogate pair, unless it escapes the backslash only or its other half is beside it."""


def read_json(text: Buffer, max_nesting: int = MAX_NESTING) -> Any:
    """The value in a JSON text, which may hold NaN, Infinity and -Infinity.

    Raises InvalidInput if it is not JSON in UTF-8, is nested deeper than `max_nesting`, or has more
    than MAX_CONTAINERS lists and objects.
    """
    # As many levels need as many brackets: most texts have fewer, and counting is quick.
    brackets = _brackets(text)
    if brackets > MAX_CONTAINERS:
        _check_structure(text, max_nesting)
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        reason, at = error.msg, error.pos  # the error itself would keep a copy of the text
    else:
        if brackets > max_nesting:
            _check_structure(text, max_nesting)
        return value
    if not _NOT_FINITE.search(text):
        raise _not_json(text, reason, at)
    return _read_with_nan(bytes(text), max_nesting)


def write_json(value: Any, *, bare_nan: bool = False) -> bytes:
    """A value, which may hold numpy arrays, as JSON.

    orjson writes null for a NaN without a word: whoever calls this has looked for them. With
    `bare_nan` they are written as the tokens NaN and Infinity, which are not legal JSON.
    """
    if bare_nan:
        return json.dumps(value, default=_plain, separators=(",", ":")).encode()
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def may_hold_booleans(text: Buffer) -> bool:
    """Whether `true` or `false` stands anywhere in a JSON text; quick where there is no e."""
    plain = bytes(text)
    at = -1
    for _ in range(_SHORT):
        at = plain.find(b"e", at + 1)
        if at < 0:
            return False
        if plain.endswith((b"true", b"false"), max(0, at - 4), at + 1):
            return True
    return b"true" in plain or b"false" in plain


def kind_of(value: Any) -> str:
    """What JSON calls a value, for messages."""
    if value is None:
        return "null"
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}
    return names.get(type(value), "a number")


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _read_with_nan(text: bytes, max_nesting: int) -> Any:
    """The value in a text that orjson does not take, by the standard library's reader.

    That one takes more than JSON: other encodings, and strings that no UTF-8 can express.
    """
    _check_structure(text, max_nesting)
    if longest_digits_in(text) > MAX_DIGITS:
        raise InvalidInput(f"The JSON holds a number of more than {MAX_DIGITS} digits.")
    try:
        value = json.loads(text.decode())
    except json.JSONDecodeError as error:
        reason, at = error.msg, error.pos
    except UnicodeDecodeError as error:
        reason, at = f"not UTF-8: {error.reason}", error.start
    else:
        if _HALF_PAIR.search(text):
            _check_whole_pairs(value)
        return value
    raise _not_json(text, reason, at)


def _brackets(text: Buffer) -> int:
    """How many brackets open, those in strings included."""
    if len(text) < _SHORT:
        plain = bytes(text)
        return plain.count(b"{") + plain.count(b"[")
    return brackets_in(text)


def _check_structure(text: Buffer, max_nesting: int) -> None:
    """Raise InvalidInput if a text has more levels, or more lists and objects, than are read."""
    levels, containers = levels_in(text)
    if levels > max_nesting:
        raise InvalidInput(f"The JSON is nested deeper than {max_nesting} levels.")
    if containers > MAX_CONTAINERS:
        raise InvalidInput(
            f"The JSON has {containers:,} lists and objects; at most {MAX_CONTAINERS:,} are read.",
            hint="Send the elements in one flat list, or as binary data.",
        )


def _check_whole_pairs(value: Any) -> None:
    """Raise InvalidInput for a string that no UTF-8 can express."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InvalidInput("The JSON holds half of a surrogate pair, which is no text.") from None


def _not_json(text: Buffer, reason: str, at: int) -> InvalidInput:
    near = bytes(text[max(0, at - 20) : at + 20]).decode("utf-8", "replace")
    return InvalidInput(f"The body is not JSON: {reason} at byte {at}, near {near!r}.")
