"""Runs the embedded server for the window: every change happens off the window's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from backend.core.choices import EMBEDDED
from backend.core.errors import ConsoleError, PortInUse
from backend.core.status import Alert, Severity
from backend.core.target import Target
from backend.server.plane import RequestLog
from backend.server.settings import check_free
from gui.state.switches import LOCAL_NAME
from gui.state.tasks import Tasks
from gui.widgets.language import tr

if TYPE_CHECKING:  # the server's own modules are heavy and are imported off the window's thread
    from backend.server.plane import ModelStatus


class Server(Protocol):
    """The embedded server; its methods may block."""

    requests: RequestLog

    @property
    def running(self) -> bool:
        """Whether it runs."""
        ...

    @property
    def rest_on(self) -> bool:
        """Whether REST is switched on."""
        ...

    @property
    def grpc_on(self) -> bool:
        """Whether gRPC is switched on."""
        ...

    @property
    def rest_url(self) -> str:
        """The address, '' while closed."""
        ...

    @property
    def grpc_address(self) -> str:
        """The address, '' while closed."""
        ...

    def models(self) -> Sequence[ModelStatus]:
        """The models it offers."""
        ...

    def start(self) -> None:
        """Start; raises PortInUse or UsageError."""
        ...

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Stop; False if something is left behind."""
        ...

    def set_rest(self, on: bool) -> None:
        """Open or close REST."""
        ...

    def set_grpc(self, on: bool) -> None:
        """Open or close gRPC."""
        ...


ServerFactory = Callable[[int, int], Server]
"""Makes a server for a REST and a gRPC port, 0 for any; raises UsageError for impossible ones."""


PortCheck = Callable[[int], None]
"""Raises PortInUse or UsageError for a port that nobody could listen on now."""

_check_loopback: PortCheck = partial(check_free, "127.0.0.1")


class ServerState(StrEnum):
    """Where the embedded server stands."""

    STARTING = "starting"
    RUNNING = "running"
    CHANGING = "changing"
    STOPPED = "stopped"
    FAILED = "failed"


class ServerControl(QObject):
    """The server and its state; one change at a time, further ones are refused meanwhile.

    `holder` says in words who listens on a port, '' if that is not known.
    """

    changed = Signal()
    ready = Signal()
    """It runs (again): whoever waits for it need not wait any longer."""
    failed = Signal(object)
    """The exception that kept a change from happening."""

    refused = Signal(object)
    """The exception of ports that cannot be had; the server goes on with its own."""

    def __init__(
        self,
        tasks: Tasks,
        make: ServerFactory,
        ports: tuple[int, int] = (0, 0),
        check_port: PortCheck = _check_loopback,
        holder: Callable[[int], str] = lambda _port: "",
    ) -> None:
        super().__init__()
        self._check_port = check_port
        self._holder = holder
        self._tasks = tasks
        self._make = make
        self._ports = ports
        self._busy = False
        self.server: Server | None = None
        self.state = ServerState.STOPPED
        self.problem = ""

    @property
    def ports(self) -> tuple[int, int]:
        """The REST and gRPC ports that were asked for, 0 for any."""
        return self._ports

    def resolve(self, target: Target) -> Target:
        """The target with the server's present addresses, if it is ours; from any thread."""
        server = self.server
        if target.name != EMBEDDED or server is None:
            return target
        return Target(LOCAL_NAME, rest=server.rest_url, grpc=server.grpc_address)

    def alerts(self) -> tuple[Alert, ...]:
        """What is wrong with the server."""
        if self.state is ServerState.FAILED:
            return (Alert("server", Severity.ERROR, tr("The local server is down"), self.problem),)
        return ()

    def start(self) -> None:
        """Make a server, if there is none, and start it."""

        def work() -> None:
            server = self.server or self._make(*self._ports)
            self.server = server
            server.start()

        self._do(ServerState.STARTING, work)

    def stop(self) -> None:
        """Stop it; its ports are kept for the next start."""
        server = self.server
        if server is not None:
            self._do(ServerState.CHANGING, server.stop)

    def restart(self) -> None:
        """Stop and start."""
        server = self.server
        if server is None:
            self.start()
            return

        def work() -> None:
            server.stop()
            server.start()

        self._do(ServerState.STARTING, work)

    def use_ports(self, rest: int, grpc: int) -> None:
        """Listen on other ports, 0 for any; the server is made anew.

        What runs is stopped only once both ports are known to be free, and goes on if the new one
        does not come up.
        """
        old = self.server
        own = open_ports(old)

        def work() -> None:
            new = self._make(rest, grpc)
            for port in (rest, grpc):
                if port and port not in own:
                    self._check_port(port)
            was_running = old is not None and old.running
            if old is not None:
                old.stop()
            try:
                new.start()
            except Exception:
                if old is not None and was_running:
                    old.start()
                raise
            self._ports = (rest, grpc)
            self.server = new

        self._do(ServerState.STARTING, work)

    def set_rest(self, *, on: bool) -> None:
        """Open or close the REST port."""
        server = self.server
        if server is not None:
            self._do(ServerState.CHANGING, lambda: server.set_rest(on))

    def set_grpc(self, *, on: bool) -> None:
        """Open or close the gRPC port."""
        server = self.server
        if server is not None:
            self._do(ServerState.CHANGING, lambda: server.set_grpc(on))

    def look(self) -> None:
        """Notice a server that has ended without being asked to; for twice a second."""
        gone = self.server is not None and not self.server.running
        if gone and self.state is ServerState.RUNNING and not self._busy:
            self.state = ServerState.FAILED
            self.problem = tr("It has ended by itself.")
            self.changed.emit()

    def _do(self, state: ServerState, work: Callable[[], object]) -> None:
        if self._busy:
            self.changed.emit()
            return
        self._busy = True
        self.state = state
        self.problem = ""
        self.changed.emit()

        def explained() -> object:
            try:
                return work()
            except PortInUse as error:
                error.message = f"{error.message} {self._holder(error.port)}".rstrip()
                raise

        self._tasks.start("server", explained, self._done, partial(self._undone, state))

    def _done(self, _result: object) -> None:
        self._busy = False
        running = self.server is not None and self.server.running
        self.state = ServerState.RUNNING if running else ServerState.STOPPED
        self.problem = ""
        self.changed.emit()
        if running:
            self.ready.emit()

    def _undone(self, state: ServerState, error: Exception) -> None:
        self._busy = False
        running = self.server is not None and self.server.running
        self.state = ServerState.RUNNING if running else ServerState.FAILED
        self.problem = error.message if isinstance(error, ConsoleError) else str(error)
        self.changed.emit()
        if running and state is ServerState.STARTING:
            self.refused.emit(error)
        else:
            self.failed.emit(error)


def open_ports(server: Server | None) -> frozenset[int]:
    """The ports that a server listens on; they are free once it has stopped."""
    if server is None:
        return frozenset()
    ends = (address.rpartition(":")[2] for address in (server.rest_url, server.grpc_address))
    return frozenset(int(end) for end in ends if end.isdecimal())
