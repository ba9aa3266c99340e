"""The bodies of replies: read in large pieces and decompressed, never past a limit."""

from __future__ import annotations

from collections.abc import Callable

from backend.core.errors import PayloadTooLarge, ReplyMismatch, StreamBroken
from backend.core.trimming import received
from backend.wire.elements import reading_reply
from backend.wire.inflating import ANY_BITS, BARE_BITS, CODINGS, inflated

_PIECE = 1024 * 1024
_LARGEST = 2**63 - 1
"""A Content-Length may have thousands of digits, which no float of a message could hold."""
_PLAIN = ("", "identity")


def read_body(read: Callable[[int], bytes], length: int | None, limit: int) -> bytes | bytearray:
    """What `read` gives until its end, as it came; `length` is the Content-Length.

    Raises PayloadTooLarge, and StreamBroken for a reply that ends too early.
    """
    if length is not None and length > limit:
        raise PayloadTooLarge(min(length, _LARGEST), limit)
    piece = read(_PIECE)
    if len(piece) == length:
        return piece  # not copied: most are whole at once
    with received() as body:
        while piece:
            body.extend(piece)
            if len(body) > limit:
                raise PayloadTooLarge(len(body), limit)
            piece = read(_PIECE)
    if length is not None and len(body) < length:
        raise StreamBroken(f"The reply ended after {len(body):,} of {length:,} bytes.")
    return body


def is_compressed(coding: str) -> bool:
    """Whether `decompressed` knows the Content-Encoding."""
    return _name(coding) in CODINGS


def check_coding(coding: str) -> None:
    """Raise ReplyMismatch for a Content-Encoding that cannot be made plain."""
    name = _name(coding)
    if name not in (*CODINGS, *_PLAIN):
        raise ReplyMismatch(
            f"The reply cannot be read: its Content-Encoding is '{name}', which was not asked for "
            "and is not known."
        )


def decompressed(packed: bytes | bytearray, coding: str, limit: int) -> bytes | bytearray:
    """The body of a reply with that Content-Encoding; one of an unknown coding as it is.

    Raises ReplyMismatch for what is not so encoded, PayloadTooLarge.
    """
    if not is_compressed(coding) or not packed:
        return packed
    name = _name(coding)
    with reading_reply():
        # Not by urllib3, whose time grows with the square of the members of a gzip body.
        return inflated(packed, name, _bits(packed, name), limit)


def _name(coding: str) -> str:
    return coding.strip().lower()


def _bits(packed: bytes | bytearray, name: str) -> int:
    """Some servers send deflate without the header of zlib that the standard asks for."""
    bare = name == "deflate" and (packed[0] & 15 != 8 or int.from_bytes(packed[:2]) % 31)
    return BARE_BITS if bare else ANY_BITS
