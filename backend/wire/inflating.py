"""Bodies in gzip or deflate made plain, piece by piece, within a limit.

gzip may consist of several members one after the other. zlib hands back what follows each as a
copy: reading in small pieces keeps many small members from being copied over and over.
"""

from __future__ import annotations

import zlib

from backend.core.errors import InvalidInput, PayloadTooLarge
from backend.core.trimming import trim_after
from backend.wire.elements import Buffer

GZIP_BITS, ZLIB_BITS, ANY_BITS = 31, 15, 47
"""zlib's numbers for gzip, for its own format (HTTP's deflate), and for whichever comes."""
CODINGS = ("gzip", "x-gzip", "deflate")
"""Content codings that ANY_BITS reads."""
MAX_MEMBERS = 10_000
"""Most members of one body; files that are packed in blocks have one for each 64 KiB."""

_PIECE = 64 * 1024


def inflated(data: Buffer, coding: str, bits: int, limit: int) -> bytes:
    """The plain bytes of a body; `coding` is what it is called in errors.

    Raises InvalidInput if it is damaged, cut short or has too many members, and PayloadTooLarge
    once it has over `limit` bytes.
    """
    inflater = _Inflater(coding, bits, limit)
    try:
        return inflater.all_of(data)
    finally:
        trim_after(inflater.size)


class _Inflater:
    """Reads one body; `size` counts its plain bytes so far."""

    def __init__(self, coding: str, bits: int, limit: int) -> None:
        self._coding = coding
        self._bits = bits
        self._limit = limit
        self._members = 1
        self._reader = zlib.decompressobj(bits)
        self.size = 0

    def all_of(self, data: Buffer) -> bytes:
        parts: list[bytes] = []
        try:
            for at in range(0, len(data), _PIECE):
                rest = bytes(data[at : at + _PIECE])
                while rest:
                    parts.append(self._inflate(rest))
                    rest = self._reader.unused_data
            if not self._reader.eof:
                raise InvalidInput(f"The {self._coding} body is cut short.")  # noqa: TRY301
        except BaseException:
            parts.clear()  # whoever keeps the error keeps the frames that hold them
            raise
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _inflate(self, data: bytes) -> bytes:
        if self._reader.eof:
            self._next_member()
        try:
            part = self._reader.decompress(data, self._limit + 1 - self.size)
        except zlib.error as error:
            raise InvalidInput(f"The body is not valid {self._coding}: {error}.") from None
        self.size += len(part)
        if self.size > self._limit:
            part = b""  # for the same reason
            raise PayloadTooLarge(self.size, self._limit)
        return part

    def _next_member(self) -> None:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise InvalidInput(
                f"The {self._coding} body has over {MAX_MEMBERS:,} members; no more are read."
            )
        self._reader = zlib.decompressobj(self._bits)
