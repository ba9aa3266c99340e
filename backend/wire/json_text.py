"""JSON as text: fast where it is legal, tolerant of NaN and Infinity where a server writes them.

Nesting and the length of numbers are bounded, so that no text exhausts the reader.
"""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import orjson

from backend.core.errors import InvalidInput
from backend.wire.elements import Buffer

MAX_NESTING = 100
MAX_DIGITS = 300
"""Any integer of that length is within what a float can hold."""

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NOT_FINITE = re.compile(rb"NaN|Infinity")
_LONG_NUMBER = re.compile(rb"\d{%d}" % (MAX_DIGITS + 1))


def read_json(text: Buffer) -> Any:
    """The value in a JSON text, which may hold NaN, Infinity and -Infinity.

    Raises InvalidInput if it is not JSON, or is nested deeper than `MAX_NESTING`.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if not _NOT_FINITE.search(text):
            raise _not_json(text, error.msg, error.pos) from error
    return _read_with_nan(bytes(text))


def write_json(value: Any, *, bare_nan: bool = False) -> bytes:
    """A value, which may hold numpy arrays, as JSON.

    orjson writes null for a NaN without a word: whoever calls this has looked for them. With
    `bare_nan` they are written as the tokens NaN and Infinity, which are not legal JSON.
    """
    if bare_nan:
        return json.dumps(value, default=_plain, separators=(",", ":")).encode()
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _read_with_nan(text: bytes) -> Any:
    bare = _STRINGS.sub(b'""', text)
    if _nesting(bare) > MAX_NESTING:
        raise InvalidInput(f"The JSON is nested deeper than {MAX_NESTING} levels.")
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


def _nesting(bare: bytes) -> int:
    """The deepest level of a text whose strings are empty."""
    codes = np.frombuffer(bare, np.uint8)
    opens = (codes == ord("[")) | (codes == ord("{"))
    closes = (codes == ord("]")) | (codes == ord("}"))
    steps = opens.astype(np.int8) - closes.astype(np.int8)
    return int(np.cumsum(steps, dtype=np.int64).max(initial=0))


def _not_json(text: Buffer, reason: str, at: int) -> InvalidInput:
    near = bytes(text[max(0, at - 20) : at + 20]).decode("utf-8", "replace")
    return InvalidInput(f"The body is not JSON: {reason} at byte {at}, near {near!r}.")
