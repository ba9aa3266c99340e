"""The model server as a part of this process: one thread, one event loop, two ports."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeAlias, TypeVar

from backend.core.defaults import SERVER_START_S, SERVER_STOP_S
from backend.core.errors import ConsoleError
from backend.models.repository import ModelRegistry
from backend.server.lifecycle.endpoints import Endpoint, Endpoints
from backend.server.lifecycle.listeners import listener_factory
from backend.server.plane import (
    Engine,
    LocalDataPlane,
    ModelStatus,
    RequestLog,
    make_context,
    model_rows,
)
from backend.server.scheduling import QUEUE_LIMIT, SerialExecutor
from backend.server.settings import ServerOptions, address

_log = logging.getLogger("inferdeck.server")

_SWITCH_GRACE_S = 0.3
_INTERRUPT_S = 1.0
"""How long a model that is broken off may take to end."""
_WAITING_CONVERSIONS = QUEUE_LIMIT

T = TypeVar("T")

MakePlane: TypeAlias = Callable[[ModelRegistry, ServerOptions], Engine]
"""Makes what stands behind the edges, for each start of a server anew."""


def local_plane(registry: ModelRegistry, options: ServerOptions) -> Engine:
    """The engine in this process."""
    return LocalDataPlane(
        registry,
        queue_limit=options.queue_limit,
        control=options.model_control,
        takes_files=options.model_upload,
    )


class EmbeddedServer:
    """Serves the models of a registry over REST and gRPC, on a thread named "server".

    May be started and stopped again and again, from any thread. The registry stays the caller's:
    it is not closed. What answers is what `make_plane` makes of it at each start: an engine in this
    process, or another one.
    """

    def __init__(
        self,
        registry: ModelRegistry,
        options: ServerOptions,
        make_plane: MakePlane = local_plane,
    ) -> None:
        self._registry = registry
        self._make_plane = make_plane
        self._options = options
        self._changing = threading.Lock()
        self._wanted = {Endpoint.REST: True, Endpoint.GRPC: True}
        self._last_ports: dict[Endpoint, int] = {}
        self._ports = {Endpoint.REST: 0, Endpoint.GRPC: 0}
        self._thread: _ServerThread | None = None
        self.requests = RequestLog()

    @property
    def options(self) -> ServerOptions:
        """What it was made with; the real ports are in the addresses."""
        return self._options

    @property
    def running(self) -> bool:
        """Whether its thread runs, even if both ports are switched off."""
        return self._thread is not None

    @property
    def rest_on(self) -> bool:
        """Whether REST is switched on; its port is open while the server runs."""
        return self._wanted[Endpoint.REST]

    @property
    def grpc_on(self) -> bool:
        """Whether gRPC is switched on; its port is open while the server runs."""
        return self._wanted[Endpoint.GRPC]

    @property
    def rest_url(self) -> str:
        """``http://127.0.0.1:8000``, or '' while the port is closed."""
        port = self._ports[Endpoint.REST]
        return f"{self._options.scheme}://{address(self._options.host, port)}" if port else ""

    @property
    def grpc_address(self) -> str:
        """``127.0.0.1:8001``, or '' while the port is closed."""
        port = self._ports[Endpoint.GRPC]
        return address(self._options.host, port) if port else ""

    def models(self) -> tuple[ModelStatus, ...]:
        """The models it offers; those of the registry while it does not run."""
        thread = self._thread
        if thread is None:
            return model_rows(self._registry.names(), self._registry.get)
        return model_rows(thread.plane.names(), thread.plane.model)

    def start(self) -> None:
        """Start and return when requests are answered; nothing happens if it runs already.

        Raises PortInUse or UsageError; then it does not run.
        """
        with self._changing:
            if self._thread is not None:
                return
            thread = _ServerThread(
                self._make_plane(self._registry, self._options),
                self._options,
                self.requests,
                self._last_ports,
            )
            thread.start()
            try:
                for endpoint, on in self._wanted.items():
                    if on:
                        self._ports[endpoint] = thread.open(endpoint)
            except BaseException:
                self._stop_thread(thread, 2.0)
                raise
            self._thread = thread
            for warning in self._options.warnings:
                _log.warning("%s", warning)

    def stop(self, timeout_s: float = SERVER_STOP_S, *, drain_s: float = 0.0) -> bool:
        """Stop within `timeout_s` seconds, breaking off what is not done by then.

        A model that computes for longer is interrupted, which may take a second more. With
        `drain_s` the requests that have been taken may first finish, for so many seconds more.
        True if nothing is left behind; False if a model still computes on its thread.
        """
        with self._changing:
            thread, self._thread = self._thread, None
            return thread is None or self._stop_thread(thread, timeout_s, drain_s)

    def set_rest(self, on: bool) -> None:
        """Open or close the REST port; while the server is stopped, choose for the next start.

        Raises PortInUse or UsageError; then it stays off.
        """
        self._set(Endpoint.REST, on=on)

    def set_grpc(self, on: bool) -> None:
        """Open or close the gRPC port, as `set_rest` does for REST."""
        self._set(Endpoint.GRPC, on=on)

    def _set(self, endpoint: Endpoint, *, on: bool) -> None:
        with self._changing:
            self._wanted[endpoint] = False
            if self._thread is None:
                self._wanted[endpoint] = on
            elif on:
                self._ports[endpoint] = self._thread.open(endpoint)
                self._wanted[endpoint] = True
            else:
                self._ports[endpoint] = 0
                self._thread.close(endpoint)

    def _stop_thread(self, thread: _ServerThread, timeout_s: float, drain_s: float = 0.0) -> bool:
        self._ports = {Endpoint.REST: 0, Endpoint.GRPC: 0}
        return thread.stop(timeout_s, drain_s)


class _ServerThread:
    """One life of the server, from its thread's start to its end."""

    def __init__(
        self,
        plane: Engine,
        options: ServerOptions,
        requests: RequestLog,
        last_ports: dict[Endpoint, int],
    ) -> None:
        self.plane = plane
        self._server_context = make_context(self.plane, options)
        self._side = SerialExecutor(
            "server-convert", "the server", queue_limit=_WAITING_CONVERSIONS
        )
        self._endpoints = Endpoints(
            listener_factory(self._server_context, self._side, requests, options),
            fixed={Endpoint.REST: options.rest_port, Endpoint.GRPC: options.grpc_port},
            last=last_ports,
        )
        self._thread = threading.Thread(target=self._run, name="server", daemon=True)
        self._began: Future[asyncio.AbstractEventLoop] = Future()
        self._ending = asyncio.Event()
        self._grace_s = 0.0
        self._drain_s = 0.0

    def start(self) -> None:
        """Start the thread and its loop; no port is open yet."""
        self._thread.start()
        self._loop = self._began.result(SERVER_START_S)

    def open(self, endpoint: Endpoint) -> int:
        """Open an endpoint and return its port."""
        self._do(self._endpoints.open(endpoint))
        return self._endpoints.port(endpoint)

    def close(self, endpoint: Endpoint) -> None:
        """Close an endpoint."""
        self._do(self._endpoints.close(endpoint, _SWITCH_GRACE_S))

    def stop(self, timeout_s: float, drain_s: float) -> bool:
        """End the thread and those of the models; True if all have ended in time."""
        deadline = time.monotonic() + drain_s + timeout_s
        self._grace_s, self._drain_s = timeout_s / 4, drain_s
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(drain_s + timeout_s)
        ended = self.plane.join(max(0.0, deadline - time.monotonic()))
        if not ended:
            self.plane.interrupt()
            ended = self.plane.join(_INTERRUPT_S)
        ended &= self._side.join(max(0.0, deadline - time.monotonic()))
        ended &= not self._thread.is_alive()
        if not ended:
            _log.warning("The server stopped, but a model still computes on its thread")
        return ended

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SERVER_START_S)

    def _run(self) -> None:
        try:
            # grpc.aio needs a loop that watches sockets, which is not the usual one on Windows.
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(self._live())
        except BaseException as error:
            if not self._began.done():
                self._began.set_exception(error)
            raise

    async def _live(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_note_quietly)
        self.plane.open(loop)
        self._began.set_result(loop)
        try:
            await self._ending.wait()
        finally:
            self._server_context.readiness.drain()
            if self._drain_s:
                await self._endpoints.close_all(self._drain_s)
            # Work that waits is refused first: then its requests end by themselves.
            self.plane.close()
            await self._endpoints.close_all(self._grace_s)
            self._side.close()
            self._server_context.close()


def _note_quietly(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Connections that break are no errors of ours; grpc.aio reports them all the same."""
    error = context.get("exception")
    level = logging.WARNING if isinstance(error, ConsoleError) else logging.DEBUG
    _log.log(level, "Event loop: %s", context.get("message"), exc_info=error)
