"""What all edges of one server share: the data plane and what stands around it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from backend.server.memory import SharedMemory, shared_memory_works
from backend.server.plane.data_plane import DataPlane
from backend.server.settings import LogSettings, ServerOptions, TraceSettings
from backend.wire.reading_limits import ReadingLimits


class Readiness:
    """Ready from the start, until it drains; belongs to the event loop."""

    def __init__(self) -> None:
        self._draining = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Whether requests are taken."""
        return not self._draining.is_set()

    def drain(self) -> None:
        """Take no more requests; there is no way back."""
        self._draining.set()

    async def draining(self) -> None:
        """Return once the server drains."""
        await self._draining.wait()


@dataclass(frozen=True, slots=True, eq=False)
class ServerContext:
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


def make_context(plane: DataPlane, options: ServerOptions) -> ServerContext:
    """What the edges of a server share; only programs on this machine may share memory with it."""
    shares = shared_memory_works() and options.loopback
    memory = SharedMemory(options.message_limit) if shares else None
    return ServerContext(
        plane, Readiness(), memory, options.limits.reading, LogSettings(), TraceSettings()
    )
