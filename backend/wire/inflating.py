"""Bodies in gzip or deflate made plain, piece by piece, within a limit.

gzip may consist of several members one after the other. zlib hands back what follows each as a
copy: reading in small pieces keeps many small members from being copied over and over.
"""

from __future__ import annotations

import zlib

from backend.core.errors import InvalidInput, PayloadTooLarge
from backend.wire.elements import Buffer

GZIP_BITS, ZLIB_BITS, ANY_BITS, BARE_BITS = 31, 15, 47, -15
"""zlib's numbers for gzip, for its own format (HTTP's deflate), for whichever of them comes, and
for deflate without the header of either."""
CODINGS = ("gzip", "x-gzip", "deflate")
"""Content codings that ANY_BITS reads."""
MAX_MEMBERS = 10_000
"""Most members of one body; files that are packed in blocks have one for each 64 KiB."""

_PIECE = 64 * 1024
_PADDING = b"\0"
"""What may follow a member; gzip itself passes over it."""


class Inflater:
    """Makes a body plain; `coding` is what it is called in errors.

    Raises InvalidInput if it is damaged, and PayloadTooLarge once it has over `limit` bytes.
    """

    def __init__(self, coding: str, bits: int, limit: int) -> None:
        self._coding = coding
        self._bits = bits
        self._limit = limit
        self._size = 0
        self._members = 1
        self._reader = zlib.decompressobj(bits)

    def take(self, data: Buffer) -> bytes:
        """The plain bytes of the body's next part."""
        view = memoryview(data)
        parts: list[bytes] = []
        for at in range(0, len(view), _PIECE):
            rest: Buffer = view[at : at + _PIECE]
            if self._reader.eof:
                rest = bytes(rest).lstrip(_PADDING)
            while rest:
                parts.append(self._inflate(rest))
                rest = self._reader.unused_data.lstrip(_PADDING)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def end(self) -> None:
        """There is no more; raises InvalidInput if there should be."""
        if not self._reader.eof:
            raise InvalidInput(f"The {self._coding} body is cut short.")

    def _inflate(self, data: Buffer) -> bytes:
        if self._reader.eof:
            self._next_member()
        try:
            part = self._reader.decompress(data, self._limit + 1 - self._size)
        except zlib.error as error:
            raise InvalidInput(f"The body is not valid {self._coding}: {error}.") from None
        self._size += len(part)
        if self._size > self._limit:
            raise PayloadTooLarge(self._size, self._limit)
        return part

    def _next_member(self) -> None:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise InvalidInput(
                f"The {self._coding} body has over {MAX_MEMBERS:,} members; no more are read."
            )
        self._reader = zlib.decompressobj(self._bits)


def inflated(data: Buffer, coding: str, bits: int, limit: int) -> bytes:
    """The plain bytes of a whole body; raises as `Inflater` does."""
    inflater = Inflater(coding, bits, limit)
    plain = inflater.take(data)
    inflater.end()
    return plain
