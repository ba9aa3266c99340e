"""Large nested lists of numbers, read without making a Python list for every row of three.

A 640x480 picture as nested lists is 307,680 lists to a JSON reader, and the collector walks over
them again and again. Here the brackets are checked and blanked out, and the reader gets one list.
"""

from __future__ import annotations

from array import array

import numpy as np
import orjson

from backend.core.tensors import Array
from backend.wire.elements import MAX_DIMENSIONS

_SPACE = b" \t\r\n"
_NUMBER = b"0123456789+-.eE"
_UNBRACKET = bytes.maketrans(b"[]", b"  ")


def split_numbers(text: bytes, key: str) -> tuple[bytes, Array] | None:
    """The numbers under `key` in a JSON object, and the object's text with an empty list for them.

    None if there is anything unusual about it: then the whole text is for the ordinary reader.
    """
    begin, end = text.find(b"["), text.rfind(b"]") + 1
    if begin < 0 or end <= begin:
        return None
    rest = text[:begin] + b"[]" + text[end:]
    try:
        value = orjson.loads(rest)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict) or value.get(key) != []:
        return None
    numbers = read_numbers(text[begin:end])
    return None if numbers is None else (rest, numbers)


def read_numbers(text: bytes) -> Array | None:
    """A JSON text of regularly nested lists of numbers as int64 or float64, or None for another."""
    if text.translate(None, _NUMBER + _SPACE + b"[],"):
        return None
    dense = text.translate(None, _SPACE)
    shape = _shape(dense.translate(None, _NUMBER))
    if shape is None or not _brackets_in_place(dense):
        return None
    try:
        flat = orjson.loads(b"[" + text.translate(_UNBRACKET) + b"]")
    except orjson.JSONDecodeError:
        return None
    return as_array(flat).reshape(shape)


def as_array(flat: list[int | float]) -> Array:
    """Numbers as int64 if all are integers that fit, else as float64.

    Raises TypeError for anything but numbers and OverflowError for one beyond a float.
    """
    try:
        return np.frombuffer(array("q", flat), np.int64)
    except (TypeError, OverflowError):
        return np.frombuffer(array("d", flat), np.float64)


def _shape(skeleton: bytes) -> tuple[int, ...] | None:
    """The shape behind a text of brackets and commas, or None if the lists are not regular."""
    depth = len(skeleton) - len(skeleton.lstrip(b"["))
    if not 0 < depth <= MAX_DIMENSIONS:
        return None
    shape: list[int] = []
    pattern = b""
    for level in range(1, depth + 1):
        close = skeleton.find(b"]" * level)
        if close < 0:
            return None
        # From this level's first bracket to its last there are `count` patterns and their commas.
        inside = close + level - 1 - (depth - level + 1)
        count, left = divmod(inside + 1, len(pattern) + 1)
        if left:
            return None
        shape.insert(0, count)
        pattern = b"[" + b",".join([pattern] * count) + b"]"
    return tuple(shape) if pattern == skeleton else None


def _brackets_in_place(dense: bytes) -> bool:
    """Whether each list begins after a bracket or comma, and ends before one, and holds numbers."""
    codes = np.frombuffer(dense, np.uint8)
    opens = np.flatnonzero(codes == ord("["))[1:]
    closes = np.flatnonzero(codes == ord("]"))[:-1]
    before, after = codes[opens - 1], codes[closes + 1]
    return b"[]" not in dense and bool(
        np.isin(before, (ord("["), ord(","))).all() and np.isin(after, (ord("]"), ord(","))).all()
    )
