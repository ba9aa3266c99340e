"""uvicorn as the REST port needs it; nothing else in the backend imports it.

uvicorn takes a protocol class of one's own (https://github.com/Kludex/uvicorn/issues/1228), but
documents none of what such a class inherits, and has neither bounds on what a client may send nor
a way to take a large body without copies (https://github.com/Kludex/uvicorn/issues/443). What is
used of that is used here, so that a release that moves it is met in this module alone; pyproject
admits no release that was not tried, and `tests/server/rest/test_uvicorn_compat.py` names what
has moved.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httptools
from starlette.types import ASGIApp
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

__all__ = ["Config", "ServerState", "UvicornProtocol"]

_QUICKLY_COPIED = 64 * 1024
"""Up to here a copy takes less time than another call of the system."""


class UvicornProtocol(HttpToolsProtocol):
    """One connection, and the request of it whose headers came last: the newest.

    Subclasses use of uvicorn's class `transport`, `loop`, `shutdown` and the callbacks of asyncio
    and httptools, which they extend, and for the rest what is named here.
    """

    def __init__(self, config: Config, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(config, state, {}, loop)

    def _serve_by(self, app: ASGIApp) -> None:
        """Let `app` answer this connection's requests instead of the server's application."""
        self.app = app

    def on_headers_complete(self) -> None:
        """Let the reply to a request with a body leave in one piece."""
        super().on_headers_complete()
        # Not to a HEAD, which has a head alone, nor after a "100 Continue".
        if self._is_current and self.scope["method"] == "POST" and not self.expect_100_continue:
            self.cycle.transport = _ReplyTransport(self.transport)

    def on_response_complete(self) -> None:
        """Go on with the next request; uvicorn's own would start a timer after each reply."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    # The parser.

    def _feed_parser(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def _renew_parser(self) -> None:
        """Expect a new request, after a body that the parser has not seen to its end."""
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    # The request whose headers are being read.

    @property
    def _target(self) -> bytes:
        return self.url

    @property
    def _http_version(self) -> str:
        return self.parser.get_http_version()

    @property
    def _received_headers(self) -> list[tuple[bytes, bytes]]:
        """Their names in small letters."""
        return self.headers

    @property
    def _asks_upgrade(self) -> bool:
        return self.parser.should_upgrade()

    @property
    def _waits_for_continue(self) -> bool:
        """Whether its body comes only after a "100 Continue"."""
        return self.expect_100_continue

    # The newest request, and those before it.

    @property
    def _queued(self) -> int:
        """How many requests wait for the answer to an earlier one."""
        return len(self.pipeline)

    @property
    def _is_body_due(self) -> bool:
        """Whether the newest request's body has not come to its end."""
        return self.cycle.more_body

    @property
    def _is_reply_begun(self) -> bool:
        return self.cycle.response_started

    @property
    def _is_reply_complete(self) -> bool:
        return self.cycle.response_complete

    @property
    def _is_current(self) -> bool:
        """Whether the headers read last are those of a request that is being answered."""
        cycle = self.cycle
        return cycle is not None and cycle.scope is self.scope

    def _take_received(self) -> bytes | bytearray:
        """The part of the newest request's body that has come; `receive` gives it no more."""
        received, self.cycle.body = self.cycle.body, bytearray()
        return received

    def _end_body(self) -> None:
        """Let `receive` know that nothing more comes of the newest request's body."""
        self.cycle.more_body = False

    def _extend_scope(self, key: str, value: object) -> None:
        """Add to the ASGI scope of the newest request."""
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]  # a dict with any keys
        scope[key] = value


class _ReplyTransport(asyncio.Transport):
    """A connection as uvicorn sees it for one reply, of which it first writes the head, and then
    the body in one piece or more: the head waits for the body's first piece."""

    __slots__ = ("_head", "_head_sent", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""
        self._head_sent = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep the head, or send what follows with it."""
        if self._head_sent:
            self._transport.write(data)
        elif not self._head:
            self._head = bytes(data)
        elif len(data) <= _QUICKLY_COPIED:
            self._head_sent = True
            self._transport.write(b"".join((self._head, data)))
        else:
            self._send_head()
            self._transport.write(data)

    def is_closing(self) -> bool:
        """Whether the connection is being closed."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Close the connection once all of the reply that there is has been sent."""
        if self._head and not self._head_sent:
            self._send_head()
        self._transport.close()

    def _send_head(self) -> None:
        self._head_sent = True
        self._transport.write(self._head)
