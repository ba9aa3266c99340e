"""The REST port: uvicorn on a loop that is not its own."""

from __future__ import annotations

import asyncio
import logging
import socket
import time

import uvicorn
from starlette.types import ASGIApp

from backend.server.limits import Limits
from backend.server.options import ServerOptions
from backend.server.ports import listen
from backend.server.rest_whole_body import WholeBodies
from backend.server.tls import check_tls

_SILENT = logging.CRITICAL + 1
_KEEP_ALIVE_S = 75
_TICK_S = 0.01
_CANCEL_S = 0.5


class BoundedHttp(WholeBodies):
    """uvicorn's parser keeps any amount of headers; this one takes so many and no more."""

    max_header_bytes = Limits().header_bytes
    max_headers = Limits().headers
    _header_bytes = 0
    _headers = 0

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of it: uvicorn's timer would keep a connection that was reset in memory."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._header_bytes = self._headers = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count the request line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._headers += 1
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def _count(self, size: int) -> None:
        self._header_bytes += size
        # The parser stops and the connection is answered with 400 and closed.
        if self._header_bytes > self.max_header_bytes:
            raise ValueError(f"headers over {self.max_header_bytes} bytes")
        if self._headers > self.max_headers:
            raise ValueError(f"more than {self.max_headers} headers")


class _Server(uvicorn.Server):
    """uvicorn's server, which is told when to end and how long to wait for the last replies.

    uvicorn's own looks ten times a second whether to end, and waits for replies in whole seconds
    and for connections that never close without limit.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leaving = asyncio.Event()
        self.grace_s = 0.0

    async def main_loop(self) -> None:
        """Wait for the end."""
        await self.leaving.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the port, let replies finish for `grace_s` seconds, then break them off."""
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        # A connection that was accepted just now is known only a few turns of the loop later;
        # nobody would end it, and its client would wait for a reply until its own time limit.
        await asyncio.sleep(_TICK_S)
        state = self.server_state
        for connection in tuple(state.connections):
            connection.shutdown()
        deadline = time.monotonic() + self.grace_s
        while state.connections and time.monotonic() < deadline:
            await asyncio.sleep(_TICK_S)
        tasks = tuple(state.tasks)
        for task in tasks:
            task.cancel()
        for connection in tuple(state.connections):
            connection.transport.abort()
        if tasks:
            await asyncio.wait(tasks, timeout=_CANCEL_S)


class RestListener:
    """Serves an ASGI application on one port."""

    def __init__(self, app: ASGIApp, options: ServerOptions, port: int) -> None:
        self._app = app
        self._options = options
        self._host = options.host
        self._wanted = port
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self) -> None:
        """Open the port; raises PortInUse or UsageError."""
        check_tls(self._options)
        listener = listen(self._host, self._wanted)
        self.port = int(listener.getsockname()[1])
        self._server = _Server(_config(self._app, self._options))
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="rest")
        while not self._server.started and not self._serving.done():
            await asyncio.sleep(0)
        if self._serving.done():
            listener.close()
            await self._serving

    async def stop(self, grace_s: float) -> None:
        """Close the port, let requests finish for `grace_s` seconds, then break them off."""
        if self._server is None or self._serving is None:
            return
        self._server.grace_s = grace_s
        self._server.leaving.set()
        await self._serving


def _config(app: ASGIApp, options: ServerOptions) -> uvicorn.Config:
    limits = options.limits
    bounds = {"max_header_bytes": limits.header_bytes, "max_headers": limits.headers}
    return uvicorn.Config(
        app,
        http=type("Http", (BoundedHttp,), bounds),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=_SILENT,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        limit_concurrency=limits.connections,
        timeout_keep_alive=_KEEP_ALIVE_S,
        backlog=128,
        ssl_certfile=options.certificate,
        ssl_keyfile=options.private_key,
    )
