"""Bodies of HTTP requests and replies: read within a limit, compressed and decompressed."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Mapping
from enum import StrEnum
from functools import lru_cache

from starlette.responses import Response
from starlette.types import Receive

from backend.core.errors import PayloadTooLarge, Unsupported
from backend.wire.elements import Buffer
from backend.wire.inflating import GZIP_BITS, ZLIB_BITS, inflated
from backend.wire.oip.metadata_json import error_to_json
from backend.wire.oip.rest import JSON_TYPE

RETRY_AFTER = "1"
"""Seconds after which a server that has too much to do may be asked again."""

_LEVEL = 1
"""Frames gain little from a higher level and cost several times more."""


class ClientLeft(Exception):
    """The client closed the connection before its request was complete."""


class UnsupportedEncoding(Unsupported):
    """A Content-Encoding that is not offered; the reply names those that are."""


class Encoding(StrEnum):
    """Content codings that are understood; deflate is the zlib format."""

    IDENTITY = "identity"
    GZIP = "gzip"
    DEFLATE = "deflate"


async def read_body(
    receive: Receive,
    declared: str | None,
    limit: int,
    whole: Awaitable[memoryview | None] | None = None,
) -> Buffer:
    """The request's body; `declared` is its Content-Length, `whole` gives it at once if it can.

    Raises PayloadTooLarge as soon as it is known to be over `limit` bytes, and ClientLeft.
    """
    if declared is not None and declared.isdecimal() and int(declared) > limit:
        raise PayloadTooLarge(int(declared), limit)
    if whole is not None:
        body = await whole
        if body is None:
            raise ClientLeft
        return body
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise PayloadTooLarge(size, limit)
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


@lru_cache(64)  # clients send the same with every request
def encoding_of(header: str | None) -> Encoding:
    """The one coding of a Content-Encoding header; raises UnsupportedEncoding for others."""
    name = (header or Encoding.IDENTITY).strip().lower()
    try:
        return Encoding(name)
    except ValueError:
        raise UnsupportedEncoding(
            f"Content-Encoding '{name}' is not supported.", hint="Use gzip, deflate or none."
        ) from None


def decompress(data: Buffer, encoding: Encoding, limit: int) -> Buffer:
    """The plain bytes; raises InvalidInput if damaged and PayloadTooLarge if over `limit`."""
    if encoding is Encoding.IDENTITY:
        return data
    return inflated(data, encoding, _bits(encoding), limit)


def compress(data: bytes, encoding: Encoding) -> bytes:
    """The bytes in a coding."""
    if encoding is Encoding.IDENTITY:
        return data
    writer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _bits(encoding))
    return writer.compress(data) + writer.flush()


@lru_cache(64)  # clients send the same with every request
def accepted_encoding(header: str | None, *, local: bool = False) -> Encoding:
    """The coding to answer in: what an Accept-Encoding header asks for, gzip first.

    A `local` client, on this machine, gains nothing by fewer bytes and waits for them to be packed:
    it gets plain ones unless it refuses them (RFC 9110, 12.5.3: ``identity;q=0`` or ``*;q=0``).
    """
    weights = dict(_weights(header or ""))
    if local and weights.get(Encoding.IDENTITY, weights.get("*", 1.0)) > 0.0:
        return Encoding.IDENTITY
    for encoding in (Encoding.GZIP, Encoding.DEFLATE):
        if weights.get(encoding, weights.get("*", 0.0)) > 0.0:
            return encoding
    return Encoding.IDENTITY


def _weights(header: str) -> list[tuple[str, float]]:
    weights = []
    for part in header.split(","):
        name, _, parameter = part.partition(";")
        value = parameter.strip().lower().removeprefix("q=")
        try:
            weight = float(value) if value else 1.0
        except ValueError:
            weight = 0.0
        weights.append((name.strip().lower(), weight))
    return weights


def _bits(encoding: Encoding) -> int:
    return GZIP_BITS if encoding is Encoding.GZIP else ZLIB_BITS


def error_response(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """``{"error": text}`` with an HTTP status."""
    return Response(error_to_json(text), status, headers, media_type=JSON_TYPE)
