"""Bytes as rows of 16, each made when it is looked at, so that size does not matter."""

from __future__ import annotations

from dataclasses import dataclass

PER_ROW = 16


@dataclass(frozen=True, slots=True)
class HexRow:
    """Where a row begins, its bytes in hex with a gap in the middle, and as text."""

    offset: int
    hex: str
    text: str


class HexRows:
    """The rows of any bytes; nothing is copied but the row that is asked for."""

    def __init__(self, data: bytes | memoryview, per_row: int = PER_ROW) -> None:
        self._data = memoryview(data).cast("B")
        self._per_row = per_row

    def __len__(self) -> int:
        return (len(self._data) + self._per_row - 1) // self._per_row

    def __getitem__(self, index: int) -> HexRow:
        if not 0 <= index < len(self):
            raise IndexError(index)
        offset = index * self._per_row
        data = bytes(self._data[offset : offset + self._per_row])
        half = self._per_row // 2
        shown = f"{data[:half].hex(' ')}  {data[half:].hex(' ')}".rstrip()
        text = "".join(chr(code) if 32 <= code < 127 else "." for code in data)
        return HexRow(offset, shown, text)

    @property
    def offset_digits(self) -> int:
        """Hex digits that every offset needs, at least 4, so that rows align."""
        return max(4, len(f"{max(0, len(self._data) - 1):x}"))

    def find(self, wanted: bytes, start: int = 0) -> int:
        """Offset of the next place from `start` that holds these bytes, or -1."""
        if not wanted:
            return -1
        piece = 1 << 20
        for at in range(start, len(self._data), piece):
            found = bytes(self._data[at : at + piece + len(wanted) - 1]).find(wanted)
            if found >= 0:
                return at + found
        return -1
