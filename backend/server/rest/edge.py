"""What every REST route does around its own work: read, convert, answer, also errors."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections.abc import Awaitable, Mapping
from functools import lru_cache
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from backend.core.errors import ConsoleError, Overloaded, PayloadTooLarge
from backend.core.timing import ServerTiming
from backend.models.servable import ModelDeclaration
from backend.server.rest.access_log import note_of
from backend.server.rest.body import (
    RETRY_AFTER,
    ClientLeft,
    Encoding,
    UnsupportedEncoding,
    accepted_encoding,
    compress,
    decompress,
    encoding_of,
    error_response,
    read_body,
)
from backend.server.rest.whole_body import WHOLE_BODY
from backend.server.scheduling import SerialExecutor
from backend.server.statuses import status_of, text_of
from backend.wire.elements import Buffer
from backend.wire.oip.rest import JSON_TYPE
from backend.wire.oip.timing import SERVER_TIMING, timing_to_header

_log = logging.getLogger("inferdeck.server")

_CLIENT_CLOSED_REQUEST = 499

T = TypeVar("T")


class RestEdge:
    """Reads bodies and makes replies, both within the message limit.

    What takes long, such as parsing megabytes of JSON or compressing, is done on `side`.
    """

    def __init__(
        self, side: SerialExecutor, *, message_limit: int, decompressed_limit: int
    ) -> None:
        self.convert = side.convert
        self._limit = message_limit
        self._decompressed_limit = decompressed_limit

    async def body(self, request: Request) -> bytes:
        """The request's body, decompressed.

        Raises PayloadTooLarge, InvalidInput, UnsupportedEncoding or ClientLeft.
        """
        return bytes(await self.body_view(request))

    async def body_view(self, request: Request) -> Buffer:
        """The same without a copy, as whatever it came in."""
        note = note_of(request.scope)
        headers = note.headers
        encoding = encoding_of(headers.get("content-encoding"))
        whole = request.scope.get(WHOLE_BODY)
        data = await read_body(request.receive, headers.get("content-length"), self._limit, whole)
        note.bytes_in, note.received_ns = len(data), time.monotonic_ns()
        if encoding is Encoding.IDENTITY:
            return data
        limit = self._decompressed_limit
        return await self.convert(len(data), lambda: decompress(data, encoding, limit))

    async def work(self, request: Request, model: ModelDeclaration, work: Awaitable[T]) -> T:
        """Wait for the model's answer; a client that leaves meanwhile takes its request along.

        Raises ClientLeft.
        """
        # An instant model is done before anybody could leave: watching would only cost time.
        return await (work if model.instant else unless_gone(request.receive, work))

    def about(self, body: bytes) -> Response:
        """A reply of status 200 that is JSON about something, never compressed.

        Like Triton's: tritonclient's asyncio client asks for gzip with every request, and unpacks
        it only where tensors come back.
        """
        return Response(body, headers={"Content-Type": JSON_TYPE})

    async def answer(
        self, request: Request, body: bytes, headers: Mapping[str, str], timing: ServerTiming
    ) -> Response:
        """A reply of status 200, compressed if the client asks for it and gains by it.

        It says what the request took, from the note of the request. Raises PayloadTooLarge.
        """
        if len(body) > self._limit:
            raise PayloadTooLarge(len(body), self._limit)
        note = note_of(request.scope)
        wanted, encoding = note.headers.get("accept-encoding"), Encoding.IDENTITY
        if wanted:
            encoding = accepted_encoding(wanted, local=_is_local(request.scope))
        if encoding is Encoding.IDENTITY or not body:
            timed = {**headers, SERVER_TIMING: timing_to_header(note.timing(timing))}
            return Response(body, headers=timed)
        packed = await self.convert(len(body), lambda: compress(body, encoding))
        coded = {
            **headers,
            SERVER_TIMING: timing_to_header(note.timing(timing)),
            "Content-Encoding": encoding,
            "Vary": "Accept-Encoding",
        }
        return Response(packed, headers=coded)


def _is_local(scope: Scope) -> bool:
    """Whether the client is on this machine: it came from a loopback address or our own."""
    client, server = scope.get("client"), scope.get("server")
    if client is None:
        return False
    return _is_loopback(client[0]) or (server is not None and client[0] == server[0])


@lru_cache(64)
def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # a Unix socket's, say
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


async def unless_gone(receive: Receive, work: Awaitable[T]) -> T:
    """Wait for a client's work; when the client leaves, cancel it and raise ClientLeft."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientLeft
        return task.result()
    finally:
        task.cancel()
        gone.cancel()


async def reply_to_error(_request: Request, error: Exception) -> Response:
    """The reply to a request that failed, whatever went wrong."""
    if isinstance(error, HTTPException):
        return error_response(error.status_code, error.detail, error.headers)
    if isinstance(error, ClientLeft):
        return Response(status_code=_CLIENT_CLOSED_REQUEST)
    if not isinstance(error, ConsoleError):
        _log.error("A REST request failed unexpectedly", exc_info=error)
    headers = None
    if isinstance(error, UnsupportedEncoding):
        headers = {"Accept-Encoding": "gzip, deflate"}
    elif isinstance(error, Overloaded):
        headers = {"Retry-After": RETRY_AFTER}
    return error_response(status_of(error).http, text_of(error), headers)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
