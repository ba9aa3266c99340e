"""What a JSON text is made of, told without reading it: how deep, how many lists, how long numbers.

The text is looked at in chunks with numpy: the time grows with its length alone, and the memory not
at all, whatever stands in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from backend.wire.elements import Buffer

_CHUNK = 1 << 20
_QUOTE, _BACKSLASH, _ZERO = ord('"'), ord("\\"), ord("0")
_OPEN, _CLOSE = ord("{"), ord("}")
_FOLD = np.uint8(ord("{") ^ ord("["))
"""The bit by which brackets differ from braces."""

Codes: TypeAlias = npt.NDArray[np.uint8]


def brackets_in(text: Buffer) -> int:
    """How many lists and objects begin, those in strings included."""
    return sum(_count(chunk | _FOLD, _OPEN) for chunk in _chunks(text))


def levels_in(text: Buffer) -> tuple[int, int]:
    """How many levels lists and objects have, and how many of them begin; strings do not count."""
    highest = level = begun = 0
    for chunk in _without_strings(text):
        folded = chunk | _FOLD
        brackets = folded[(folded == _OPEN) | (folded == _CLOSE)]
        levels = level + np.cumsum(np.where(brackets == _OPEN, 1, -1), dtype=np.int64)
        if len(levels):
            highest, level = max(highest, int(levels.max())), int(levels[-1])
            begun += _count(brackets, _OPEN)
    return highest, begun


def longest_digits_in(text: Buffer) -> int:
    """How many digits stand in a row at most; strings do not count."""
    longest = run = 0
    for chunk in _without_strings(text):
        others = np.flatnonzero(chunk - np.uint8(_ZERO) > 9)
        if not len(others):
            run += len(chunk)
            continue
        longest = max(longest, run + int(others[0]), int(np.diff(others).max(initial=1)) - 1)
        run = len(chunk) - 1 - int(others[-1])
    return max(longest, run)


def _without_strings(text: Buffer) -> Iterator[Codes]:
    """The chunks of the text, with zeros in place of its strings. One that is not closed goes on to
    the end. What comes after an illegal backslash outside of strings may be taken for either."""
    inside, backslashes = False, 0
    for chunk in _chunks(text):
        quotes, backslashes = _quotes(chunk, backslashes)
        if inside or quotes.any():
            # uint8 overflows, which leaves odd numbers odd
            strings = (np.cumsum(quotes, dtype=np.uint8) & 1).view(np.bool_) ^ inside
            inside = bool(strings[-1])
            yield np.where(strings, np.uint8(0), chunk)
        else:
            yield chunk


def _quotes(chunk: Codes, backslashes: int) -> tuple[npt.NDArray[np.bool_], int]:
    """Where quotes stand that begin or end a string, and how many backslashes end the chunk.

    `backslashes` is how many ended the one before it.
    """
    quotes = chunk == _QUOTE
    others = np.flatnonzero(chunk != _BACKSLASH) if backslashes or _BACKSLASH in chunk else None
    if others is None:
        return quotes, 0
    if not len(others):
        return quotes, backslashes + len(chunk)
    # As many backslashes stand before each of the others as its place is off from the last one's.
    before = np.diff(others, prepend=-1) - 1
    before[0] += backslashes
    quotes[others[before % 2 == 1]] = False
    return quotes, len(chunk) - 1 - int(others[-1])


def _chunks(text: Buffer) -> Iterator[Codes]:
    codes = np.frombuffer(text, np.uint8)
    for at in range(0, len(codes), _CHUNK):
        yield codes[at : at + _CHUNK]


def _count(codes: Codes, code: int) -> int:
    return int(np.count_nonzero(codes == code))
