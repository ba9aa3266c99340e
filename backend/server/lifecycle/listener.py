"""What the REST and the gRPC side of a server have in common: an open port."""

from __future__ import annotations

from typing import Protocol


class Listener(Protocol):
    """A port that answers; used on the event loop's thread only, started and stopped once."""

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
