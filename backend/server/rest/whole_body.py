"""Large bodies of HTTP requests, read from the socket straight into the one buffer they end in.

uvicorn hands a body on in pieces, each copied several times on its way. Once its parser has seen
the headers of a request whose length is known, the rest needs no parser: here the socket fills one
buffer, and the parser begins anew with the next request.
"""

from __future__ import annotations

import asyncio

import numpy as np

from backend.server.rest.uvicorn_compat import Config, ServerState, UvicornProtocol

WHOLE_BODY = "inferdeck.body"
"""Key of the scope: a future of the whole body, None if the client left before it was complete."""

_SMALLEST = 64 * 1024
_LARGEST = 32 * 1024 * 1024
"""Above this, memory is taken only for what has really come."""
_PIECE = 64 * 1024
"""Read at once while the parser works; uvicorn stops reading above that."""


class WholeBodies(UvicornProtocol, asyncio.BufferedProtocol):
    """uvicorn's protocol, but that it takes large bodies whole; ASGI apps find them in the scope.

    `receive` gives such a request an empty body; it still tells when the client leaves.
    """

    # Used for one read at a time by all connections: what it holds is copied at once.
    _piece = memoryview(bytearray(_PIECE))

    def __init__(self, config: Config, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(config, state, loop)
        self._begun = False
        self._body: memoryview | None = None
        self._filled = 0
        self._whole: asyncio.Future[memoryview | None] | None = None

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go."""
        del sizehint
        return self._piece if self._body is None else self._body[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes have come."""
        if self._body is None:
            self._begun = False
            self.data_received(bytes(self._piece[:nbytes]))
            # Only at once: later its request may have read a part of the body.
            if self._begun:
                self._take_over()
            return
        self._filled += nbytes
        if self._filled == len(self._body):
            self._complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits for the rest any more."""
        self._tell(None)
        self._body = None
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        """A request begins."""
        super().on_headers_complete()
        self._begun = True

    def _take_over(self) -> None:
        """Read the rest of a body without the parser, if that is worth it."""
        if not self._is_current or not self._is_body_due:
            return
        if self._is_reply_complete or self._queued or self.transport.is_closing():
            return
        length = self._body_length()
        if not _SMALLEST <= length <= _LARGEST or self._waits_for_continue:
            return
        begun = self._take_received()
        body = np.empty(length, np.uint8).data  # not zeroed first, unlike a bytearray
        body[: len(begun)] = begun
        self._body, self._filled = body, len(begun)
        self._whole = self.loop.create_future()
        self._extend_scope(WHOLE_BODY, self._whole)

    def _body_length(self) -> int:
        """How long the newest request says its body is, 0 if it does not say so."""
        length = b""
        for name, value in self._received_headers:
            if name == b"transfer-encoding":
                return 0
            if name == b"content-length":
                length = value
        return int(length) if length.isdigit() and len(length) < 20 else 0

    def _complete(self) -> None:
        body, self._body = self._body, None
        self._renew_parser()
        if not self._is_reply_complete:
            self._end_body()
        self._tell(body)

    def _tell(self, body: memoryview | None) -> None:
        whole, self._whole = self._whole, None
        if whole is not None and not whole.done():
            whole.set_result(body)
