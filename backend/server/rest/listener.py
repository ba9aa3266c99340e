"""The REST port: uvicorn's protocol on connections that are accepted, counted and ended here."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import sys
from typing import Any

from starlette.types import ASGIApp

from backend.server.connections import ConnectionTable, Use, Worth, client_key
from backend.server.rest.connection import RestConnection
from backend.server.rest.uvicorn_compat import Config, ServerState
from backend.server.settings import ServerOptions, check_tls, listen

_SILENT = logging.CRITICAL + 1
_TICK_S = 0.01
_CANCEL_S = 0.5
_ACCEPTED_AT_ONCE = 8
"""So many connections are accepted before whatever else there is to do gets its turn: a request
that has come must be read before a flood of newer connections takes its place."""
_OUT_OF_DESCRIPTORS_S = 0.1
_SURPLUS = 32
"""Connections above the limit that are kept for as long as it takes to answer them 503."""
_UNFINISHED_MESSAGES = 16
"""Bodies that have not come to their end, and replies that are not read, may take as much memory as
so many messages of the largest size."""


class RestListener:
    """Serves an ASGI application on one port."""

    def __init__(self, app: ASGIApp, options: ServerOptions, port: int) -> None:
        self._options = options
        self._wanted = port
        self._config = _config(app, options)
        self._state = ServerState()
        limits = options.limits
        self._table = ConnectionTable(limits.connections, limits.connections_per_address)
        self._surplus: set[RestConnection] = set()
        self._listener: socket.socket | None = None
        self._working: list[asyncio.Task[None]] = []
        self.port = 0

    async def start(self) -> None:
        """Open the port; raises PortInUse or UsageError."""
        check_tls(self._options)
        self._listener = listener = listen(self._options.host, self._wanted)
        listener.settimeout(0)
        self._config.load()
        self.port = int(listener.getsockname()[1])
        self._working = [
            asyncio.create_task(self._accept(listener), name="rest-accept"),
            asyncio.create_task(self._close_overdue(), name="rest-timeouts"),
        ]

    async def stop(self, grace_s: float) -> None:
        """Close the port, let replies finish for `grace_s` seconds, then break them off."""
        if self._listener is None:
            return
        working, self._working = self._working, []
        for task in working:
            task.cancel()
        await asyncio.wait(working)
        self._listener.close()
        # One that was accepted just now is connected only a few turns of the loop later; nobody
        # would end it, and its client would wait for a reply until its own time limit.
        await asyncio.sleep(_TICK_S)
        state = self._state
        for connection in tuple(state.connections):
            connection.shutdown()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace_s
        while state.connections and loop.time() < deadline:
            await asyncio.sleep(_TICK_S)
        await self._break_off()

    async def _break_off(self) -> None:
        tasks = tuple(self._state.tasks)
        for task in tasks:
            task.cancel()
        for connection in self._all():
            connection.break_off()
        if tasks:
            await asyncio.wait(tasks, timeout=_CANCEL_S)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                for _ in range(_ACCEPTED_AT_ONCE):
                    accepted, host = await _accepted(listener)
                    self._take(accepted, client_key(host))
            except ConnectionError:
                pass  # it was gone before it was accepted
            except OSError:
                # The system has no more descriptors, or no memory.
                self._table.give_up_any(loop.time())
                await asyncio.sleep(_OUT_OF_DESCRIPTORS_S)
            # Accepting does not wait while there is somebody to accept.
            await asyncio.sleep(0)

    def _take(self, accepted: socket.socket, address: str) -> None:
        now = asyncio.get_running_loop().time()
        surplus = not self._table.make_room(address, now)
        if surplus and len(self._surplus) >= _SURPLUS:
            accepted.close()
            return
        connection = RestConnection(
            self._config, self._state, self._options, address, self._lost, surplus=surplus
        )
        if surplus:
            self._surplus.add(connection)
        else:
            self._table.add(connection)
        connection.opening = asyncio.create_task(self._open(connection, accepted))
        connection.opening.add_done_callback(lambda task: self._opened(task, connection, accepted))

    async def _open(self, connection: RestConnection, accepted: socket.socket) -> None:
        await asyncio.get_running_loop().connect_accepted_socket(
            lambda: connection, accepted, **self._tls()
        )

    def _opened(
        self, task: asyncio.Task[None], connection: RestConnection, accepted: socket.socket
    ) -> None:
        connection.opening = None
        if task.cancelled() or task.exception() is not None:
            accepted.close()
            self._lost(connection)

    def _tls(self) -> dict[str, Any]:
        context: ssl.SSLContext | None = self._config.ssl
        if context is None:
            return {}
        limit = self._options.timeouts.handshake_s
        return {"ssl": context, "ssl_handshake_timeout": limit, "ssl_shutdown_timeout": limit}

    def _lost(self, connection: RestConnection) -> None:
        self._table.discard(connection)
        self._surplus.discard(connection)

    def _all(self) -> list[RestConnection]:
        held = [one for one in self._table if isinstance(one, RestConnection)]
        return [*held, *self._surplus]

    async def _close_overdue(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._options.timeouts.look_every_s)
            now = loop.time()
            for connection in self._all():
                connection.close_overdue(now)
            self._bound_memory(now)

    def _bound_memory(self, now: float) -> None:
        """Give up the slowest of those that hold memory for what is not finished, if it is much."""
        sizes = {one: size for one in self._all() if (size := one.unfinished_bytes())}
        excess = sum(sizes.values()) - _UNFINISHED_MESSAGES * self._options.message_limit
        if excess <= 0:
            return
        in_use = Worth(Use.IDLE, 0.0)
        for connection in sorted(sizes, key=lambda one: one.worth(now) or in_use):
            if excess <= 0:
                return
            excess -= sizes[connection]
            self._table.discard(connection)
            connection.give_up()


async def _accepted(listener: socket.socket) -> tuple[socket.socket, str]:
    """The next connection and the host it is from."""
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":  # its loop tells of no readable sockets
        accepted, peer = await loop.sock_accept(listener)
        return accepted, str(peer[0])
    # Not by sock_accept: what that has accepted when its task is cancelled is lost, not closed.
    while True:
        try:
            accepted, peer = listener.accept()
        except BlockingIOError:
            await _readable(loop, listener)
        else:
            accepted.settimeout(0.0)
            return accepted, str(peer[0])


async def _readable(loop: asyncio.AbstractEventLoop, listener: socket.socket) -> None:
    ready = asyncio.Event()
    loop.add_reader(listener, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(listener)


def _config(app: ASGIApp, options: ServerOptions) -> Config:
    return Config(
        app,
        http=RestConnection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=_SILENT,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ssl_certfile=options.certificate,
        ssl_keyfile=options.private_key,
    )
