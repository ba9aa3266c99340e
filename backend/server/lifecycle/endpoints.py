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
"""Makes a listener for an endpoint and the port it wants, 0 for any."""


class Endpoints:
    """Opens and closes listeners; used on the event loop's thread only.

    `fixed` holds the port each endpoint must have, 0 for any, and `last` the one it had before: an
    endpoint that is opened again gets its old port, unless it may have any and that one is taken.
    """

    def __init__(
        self, make: MakeListener, fixed: dict[Endpoint, int], last: dict[Endpoint, int]
    ) -> None:
        self._make = make
        self._fixed = fixed
        self._last = last
        self._open: dict[Endpoint, Listener] = {}

    async def open(self, endpoint: Endpoint) -> None:
        """Open an endpoint, if it is not; raises PortInUse or UsageError."""
        if endpoint in self._open:
            return
        try:
            listener = await self._started(
                endpoint, self._fixed[endpoint] or self._last.get(endpoint, 0)
            )
        except PortInUse:
            if self._fixed[endpoint] or not self._last.get(endpoint, 0):
                raise
            listener = await self._started(endpoint, 0)
        self._last[endpoint] = listener.port
        self._open[endpoint] = listener

    async def close(self, endpoint: Endpoint, grace_s: float) -> None:
        """Close an endpoint, if it is open."""
        listener = self._open.pop(endpoint, None)
        if listener is not None:
            await listener.stop(grace_s)

    async def close_all(self, grace_s: float) -> None:
        """Close both at the same time, even if one fails to."""
        closing = [self.close(endpoint, grace_s) for endpoint in tuple(self._open)]
        await asyncio.gather(*closing, return_exceptions=True)

    def port(self, endpoint: Endpoint) -> int:
        """The port of an open endpoint, 0 for a closed one."""
        listener = self._open.get(endpoint)
        return listener.port if listener is not None else 0

    async def _started(self, endpoint: Endpoint, port: int) -> Listener:
        listener = self._make(endpoint, port)
        await listener.start()
        return listener
