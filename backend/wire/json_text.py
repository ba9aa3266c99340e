"""JSON as text: fast where it is legal, tolerant of NaN and Infinity where a server writes them.

Nesting and the length of numbers are bounded, so that no text exhausts the reader.
"""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from backend.core.errors import InvalidInput
from backend.wire.elements import Buffer

MAX_NESTING = 100
MAX_DIGITS = 300
"""Any integer of that length is within what a float can hold."""

_SHORT = 4096
"""Bytes that are counted quicker than an array of them is made."""

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NOT_FINITE = re.compile(rb"NaN|Infinity")
_LONG_NUMBER = re.compile(rb"\d{%d}" % (MAX_DIGITS + 1))


def read_json(text: Buffer, max_nesting: int = MAX_NESTING) -> Any:
    """The value in a JSON text, which may hold NaN, Infinity and -Infinity.

    Raises InvalidInput if it is not JSON, or is nested deeper than `max_nesting`.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if not _NOT_FINITE.search(text):
            raise _not_json(text, error.msg, error.pos) from error
    else:
        # As many levels need as many brackets: most texts have fewer, and counting is quick.
        if _brackets(text) > max_nesting:
            _check_nesting(_STRINGS.sub(b'""', bytes(text)), max_nesting)
        return value
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
    bare = _STRINGS.sub(b'""', text)
    _check_nesting(bare, max_nesting)
    if _LONG_NUMBER.search(bare):
        raise InvalidInput(f"The JSON holds a number of more than {MAX_DIGITS} digits.")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _not_json(text, error.msg, error.pos) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"The JSON is not UTF-8: {error.reason} at byte {error.start}."
        ) from None


def _brackets(text: Buffer) -> int:
    """How many brackets open, those in strings included."""
    if len(text) < _SHORT:
        plain = bytes(text)
        return plain.count(b"{") + plain.count(b"[")
    return int(np.count_nonzero(_folded(text) == ord("{")))


def _check_nesting(bare: bytes, limit: int) -> None:
    """Raise InvalidInput if a text whose strings are empty has more levels."""
    codes = _folded(bare)
    brackets = codes[(codes == ord("{")) | (codes == ord("}"))]
    steps = np.where(brackets == ord("{"), 1, -1)
    if int(np.cumsum(steps, dtype=np.int64).max(initial=0)) > limit:
        raise InvalidInput(f"The JSON is nested deeper than {limit} levels.")


def _folded(text: Buffer) -> npt.NDArray[np.uint8]:
    """The text's bytes with [ and ] made { and }, from which they differ by one bit."""
    return np.frombuffer(text, np.uint8) | np.uint8(ord("{") ^ ord("["))


def _not_json(text: Buffer, reason: str, at: int) -> InvalidInput:
    near = bytes(text[max(0, at - 20) : at + 20]).decode("utf-8", "replace")
    return InvalidInput(f"The body is not JSON: {reason} at byte {at}, near {near!r}.")
