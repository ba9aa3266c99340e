"""One connection to the REST port: what is taken from it, and for how long."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Callable
from enum import Enum, auto
from http import HTTPStatus

import httptools
from starlette.types import Receive, Scope, Send

from backend.server.connections import Use, Worth
from backend.server.rest.body import RETRY_AFTER, error_response
from backend.server.rest.framing import FRAMING, Framing, RefusedRequest
from backend.server.rest.uvicorn_compat import Config, ServerState
from backend.server.rest.whole_body import WholeBodies
from backend.server.settings import ServerOptions
from backend.wire.oip.metadata_json import error_to_json
from backend.wire.oip.rest import JSON_TYPE

_PIPELINE = 64
"""Most requests of one connection that wait for the answer to an earlier one."""
_FREE_CHUNKS, _CHUNK_BYTES = 16_384, 64
"""A body may have so many chunks of any size; more must hold so many bytes on the average."""
_FREE_BYTES = 64 * 1024
"""Every connection counts as if it had moved these already, so that new ones do not seem slow."""
_CHUNKED_OVERHEAD = 1 << 20
_NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_TOO_MANY = "The server has too many connections. Try again in a moment."


class _Phase(Enum):
    HANDSHAKE = auto()
    SILENT = auto()
    HEADERS = auto()
    BODY = auto()
    ANSWER = auto()
    IDLE = auto()


class RestConnection(WholeBodies):
    """uvicorn's protocol with bounds: on headers, chunks, waiting requests, and on every wait.

    `lost` is called once, when the connection is gone. A `surplus` one is answered 503.
    """

    def __init__(
        self,
        config: Config,
        state: ServerState,
        options: ServerOptions,
        address: str,
        lost: Callable[[RestConnection], None],
        *,
        surplus: bool = False,
    ) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(config, state, loop)
        if surplus:
            self._serve_by(_busy)
        self.address = address
        self.opening: asyncio.Task[None] | None = None
        self._limits = options.limits
        self._timeouts = options.timeouts
        self._most_chunked = 2 * options.message_limit + _CHUNKED_OVERHEAD
        self._lost = lost
        self._phase = _Phase.HANDSHAKE
        self._since = loop.time()
        self._got = 0
        self._request_begun = False
        self._unparsed = 0
        self._framing = Framing()
        self._header_bytes = self._headers = 0
        self._chunks = self._chunk_bytes = 0
        self._unread_peak = 0
        self._unread_since = 0.0

    # What asyncio tells.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The handshake is over."""
        super().connection_made(transport)
        self._enter(_Phase.SILENT)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of it."""
        super().connection_lost(exc)
        self._lost(self)

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes have come."""
        self._got += nbytes
        self._unparsed += nbytes
        super().buffer_updated(nbytes)
        # The parser keeps a header, or a trailer, until its end has come, and joins its parts anew
        # with each that comes.
        if self._unparsed > self._limits.header_bytes + _FREE_BYTES and self._body is None:
            self._refuse(RefusedRequest(400, self._header_limit))

    def data_received(self, data: bytes) -> None:
        """Parse; whatever is no HTTP is answered and closed."""
        try:
            while data and not self.transport.is_closing():
                data = self._parse(data)
        except httptools.HttpParserError as error:
            # A refusal of our own comes wrapped in the parser's error.
            reason = error.__context__
            if not isinstance(reason, RefusedRequest):
                reason = RefusedRequest(400, f"This is not HTTP/1.1 as it should be: {error}.")
            self._refuse(reason)

    def _parse(self, data: bytes) -> bytes:
        """Parse up to where another protocol is asked for; gives the rest, which is HTTP still."""
        try:
            self._feed_parser(data)
        except httptools.HttpParserUpgrade as upgrade:
            return data[upgrade.args[0] :]
        return b""

    # What the parser tells.

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._enter(_Phase.HEADERS)
        self._framing = Framing()
        self._header_bytes = self._headers = 0
        self._chunks = self._chunk_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count the request line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header, and take it unless it comes behind the body."""
        self._unparsed = 0
        self._headers += 1
        self._count(len(name) + len(value))
        if self._phase is not _Phase.HEADERS:
            return
        name, value = name.lower(), value.strip(b" \t")
        if name in FRAMING:
            self._framing.see(name, value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """A request begins, if it is one."""
        self._framing.check(self._target, self._http_version, upgrade=self._asks_upgrade)
        if self._queued >= _PIPELINE:
            raise RefusedRequest(400, f"More than {_PIPELINE} requests wait for their answers.")
        super().on_headers_complete()
        self._enter(_Phase.BODY)
        self._request_begun = True

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._unparsed = 0
        if self._framing.codings:
            self._chunks += 1
            self._chunk_bytes += len(body)
            self._check_chunks()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        super().on_message_complete()
        self._body_complete()

    def on_response_complete(self) -> None:
        """The reply is on its way."""
        super().on_response_complete()
        if self._phase is _Phase.ANSWER and not self._answering:
            self._enter(_Phase.IDLE)
        else:
            # Whatever else there is of this or of the next request has from now on to come.
            self._enter(self._phase)

    def _complete(self) -> None:
        super()._complete()
        self._body_complete()

    def _body_complete(self) -> None:
        self._unparsed = 0
        self._enter(_Phase.ANSWER if self._answering else _Phase.IDLE)

    # What the table and the listener ask.

    def worth(self, now: float) -> Worth | None:
        """How little is lost with it, None while a request is being answered."""
        age = max(now - self._since, 1e-3)
        if self._phase is not _Phase.HANDSHAKE and self.transport.get_write_buffer_size():
            drained = self._drained(now)
            age = max(now - self._unread_since, 1e-3)
            return Worth(Use.UNFINISHED, (drained + _FREE_BYTES) / age)
        if self._phase is _Phase.IDLE:
            return Worth(Use.IDLE, -age)
        if self._answering:
            return None
        return Worth(Use.UNFINISHED, (self._got + _FREE_BYTES) / age)

    def unfinished_bytes(self) -> int:
        """Memory that is held for what the client has not sent or read to its end."""
        if self._phase is _Phase.HANDSHAKE:
            return 0
        coming = self._got if self._phase is _Phase.BODY else 0
        return coming + self.transport.get_write_buffer_size()

    def give_up(self) -> None:
        """Close it at once, with a word if a request had begun."""
        if self._phase in (_Phase.HEADERS, _Phase.BODY):
            self._refuse(RefusedRequest(503, _TOO_MANY))
            if self.transport.get_write_buffer_size():
                self._reset()  # nobody waits for it to be read
        else:
            self.break_off()

    def break_off(self) -> None:
        """Close it at once, whatever it is doing."""
        if self._phase is not _Phase.HANDSHAKE:
            self._reset()
        elif self.opening is not None:
            self.opening.cancel()

    def close_overdue(self, now: float) -> None:
        """Close it if its client has had the time it is given."""
        if self._phase is _Phase.HANDSHAKE:
            return
        if self._is_unread_too_long(now):
            self._reset()
        elif not self._answering and now - self._since > self._allowed_s():
            self._time_out()

    def _allowed_s(self) -> float:
        """How long the client may stay in the phase it is in."""
        match self._phase:
            case _Phase.IDLE:
                return self._timeouts.idle_s
            case _Phase.BODY:
                # What comes after the reply is thrown away, and waited for no longer.
                moved = 0 if self._is_reply_complete else self._got
                return self._timeouts.transfer_allowed_s(moved)
            case _:
                return self._timeouts.headers_s

    def _time_out(self) -> None:
        if self._phase is _Phase.HEADERS or self._phase is _Phase.BODY:
            text = "The request did not come to its end in time. Send it again, quicker."
            self._refuse(RefusedRequest(408, text))
        else:
            self.transport.close()

    def _is_unread_too_long(self, now: float) -> bool:
        if not self.transport.get_write_buffer_size():
            self._unread_peak = 0
            return False
        drained = self._drained(now)
        return now - self._unread_since > self._timeouts.transfer_allowed_s(drained)

    def _drained(self, now: float) -> int:
        """How much of the reply that waits to be read has been read since that was first seen."""
        size = self.transport.get_write_buffer_size()
        if size > self._unread_peak:
            self._unread_peak, self._unread_since = size, now
        return self._unread_peak - size

    @property
    def _answering(self) -> bool:
        """Whether a whole request has not been answered yet."""
        if not self._request_begun:
            return False
        return self._queued > 0 or not (self._is_body_due or self._is_reply_complete)

    @property
    def _header_limit(self) -> str:
        limits = self._limits
        return (
            f"The request has more than {limits.header_bytes} bytes of headers, or more than "
            f"{limits.headers} of them. Send fewer."
        )

    def _enter(self, phase: _Phase) -> None:
        self._phase = phase
        self._since = self.loop.time()
        self._got = 0

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > self._limits.header_bytes or self._headers > self._limits.headers:
            raise RefusedRequest(400, self._header_limit)

    def _check_chunks(self) -> None:
        if self._got > self._most_chunked:
            raise RefusedRequest(413, f"The body has more than {self._most_chunked} bytes.")
        if self._chunks > _FREE_CHUNKS + self._chunk_bytes // _CHUNK_BYTES:
            raise RefusedRequest(
                400,
                f"The body's chunks are too small; make them {_CHUNK_BYTES} bytes or more.",
            )

    def _refuse(self, refusal: RefusedRequest) -> None:
        """Say why, unless an answer to something else is due first, and close."""
        if self.transport.is_closing():
            return
        answered = self._phase is _Phase.BODY and self._is_reply_begun
        if answered or self._answering:
            self._reset()
        else:
            self.transport.write(_reply(refusal))
            self.transport.close()

    def _reset(self) -> None:
        """Close at once: the system, too, forgets what the client has not read."""
        if self.transport.get_write_buffer_size():
            self.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER
            )
        self.transport.abort()


async def _busy(scope: Scope, receive: Receive, send: Send) -> None:
    """The application of a connection for which there is no room."""
    response = error_response(503, _TOO_MANY, {"Retry-After": RETRY_AFTER, "Connection": "close"})
    await response(scope, receive, send)


def _reply(refusal: RefusedRequest) -> bytes:
    body = error_to_json(refusal.text)
    retry = f"retry-after: {RETRY_AFTER}\r\n" if refusal.status == 503 else ""
    head = (
        f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}\r\n"
        f"content-type: {JSON_TYPE}\r\ncontent-length: {len(body)}\r\n{retry}"
        "connection: close\r\n\r\n"
    )
    return head.encode() + body
