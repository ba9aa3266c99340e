"""What all edges of one server share: the data plane and what stands around it."""

from __future__ import annotations

from dataclasses import dataclass

from backend.server.log_settings import LogSettings
from backend.server.options import ServerOptions
from backend.server.plane import DataPlane
from backend.server.readiness import Readiness
from backend.server.shared_memory import SharedMemory, shared_memory_works
from backend.server.trace_settings import TraceSettings
from backend.wire.reading_limits import ReadingLimits


@dataclass(frozen=True, slots=True, eq=False)
class Hall:
    """`memory` is None where no shared memory is offered."""

    plane: DataPlane
    readiness: Readiness
    memory: SharedMemory | None
    reading: ReadingLimits
    log: LogSettings
    trace: TraceSettings

    def close(self) -> None:
        """Let go of the shared memory, and log again as before."""
        self.log.close()
        if self.memory is not None:
            self.memory.unregister_all()


def make_hall(plane: DataPlane, options: ServerOptions) -> Hall:
    """The hall of a server; only programs on this machine may share memory with it."""
    shares = shared_memory_works() and options.loopback
    memory = SharedMemory(options.message_limit) if shares else None
    return Hall(plane, Readiness(), memory, options.limits.reading, LogSettings(), TraceSettings())
