"""The REST port: uvicorn on a loop that is not its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from backend.server.ports import listen

_SILENT = logging.CRITICAL + 1
_MAX_HEADER_BYTES = 64 * 1024
_MAX_CONNECTIONS = 256
_KEEP_ALIVE_S = 75


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's parser keeps any amount of headers; this one takes so many bytes and no more."""

    _header_bytes = 0

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._header_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count the request line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > _MAX_HEADER_BYTES:
            # The parser stops and the connection is answered with 400 and closed.
            raise ValueError(f"headers over {_MAX_HEADER_BYTES} bytes")


class _Server(uvicorn.Server):
    """uvicorn looks ten times a second whether to end; this one is told."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leaving = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait for the end."""
        await self.leaving.wait()


class RestListener:
    """Serves an ASGI application on one port."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        self._app = app
        self._host = host
        self._wanted = port
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self) -> None:
        """Open the port; raises PortInUse or UsageError."""
        listener = listen(self._host, self._wanted)
        self.port = int(listener.getsockname()[1])
        self._server = _Server(_config(self._app))
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
        # uvicorn waits this long for requests, and then only cancels their tasks.
        self._server.config.timeout_graceful_shutdown = max(1, math.ceil(grace_s))
        self._server.leaving.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._serving), grace_s)
        self._server.force_exit = True
        self._break_off(self._server.server_state)
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(self._serving, grace_s)

    @staticmethod
    def _break_off(state: Any) -> None:
        for task in tuple(state.tasks):
            task.cancel()
        for connection in tuple(state.connections):
            connection.transport.abort()


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=BoundedHttp,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=_SILENT,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_S,
        backlog=128,
    )
