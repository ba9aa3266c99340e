"""The two ports of a server, opened and closed one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol, TypeAlias

from backend.core.errors import PortInUse


class Listener(Protocol):
    """An open port of the REST or the gRPC side; used on the event loop's thread only.

    Started and stopped once.
    """

    @property
    def port(self) -> int:
        """The real port, once started."""
        ...

    async def start(self) -> None:
        """Open the port; raises PortInUse or UsageError."""
        ...

    async def stop(self, grace_s: float) -> None:
        """Close the port, let requests finish for `grace_s` seconds, then break them off."""
        ...


class Endpoint(StrEnum):
    """A way into the server."""

    REST = "REST"
    GRPC = "gRPC"


MakeListener: TypeAlias = Callable[[Endpoint, int], Listener]
"""Makes a listener for a door and the port it wants, 0 for any."""


class Endpoints:
    """Opens and closes listeners; used on the event loop's thread only.

    `ports` holds the port each door wants, and afterwards the one it has had: a door that is opened
    again gets its old port, unless that was the system's choice and is taken by now.
    """

    def __init__(
        self, make: MakeListener, fixed: dict[Endpoint, int], last: dict[Endpoint, int]
    ) -> None:
        self._make = make
        self._fixed = fixed
        self._last = last
        self._open: dict[Endpoint, Listener] = {}

    async def open(self, door: Endpoint) -> None:
        """Open a door, if it is not; raises PortInUse or UsageError."""
        if door in self._open:
            return
        try:
            listener = await self._started(door, self._fixed[door] or self._last.get(door, 0))
        except PortInUse:
            if self._fixed[door] or not self._last.get(door, 0):
                raise
            listener = await self._started(door, 0)
        self._last[door] = listener.port
        self._open[door] = listener

    async def close(self, door: Endpoint, grace_s: float) -> None:
        """Close a door, if it is open."""
        listener = self._open.pop(door, None)
        if listener is not None:
            await listener.stop(grace_s)

    async def close_all(self, grace_s: float) -> None:
        """Close both at the same time, even if one fails to."""
        closing = [self.close(door, grace_s) for door in tuple(self._open)]
        await asyncio.gather(*closing, return_exceptions=True)

    def port(self, door: Endpoint) -> int:
        """The port of an open door, 0 for a closed one."""
        listener = self._open.get(door)
        return listener.port if listener is not None else 0

    async def _started(self, door: Endpoint, port: int) -> Listener:
        listener = self._make(door, port)
        await listener.start()
        return listener
