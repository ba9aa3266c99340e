"""The target `embedded`, on the command line: a server of our own for as long as it takes."""

from __future__ import annotations

from backend.core.choices import EMBEDDED
from backend.core.target import Target
from backend.models.catalogue import bundled_registry
from backend.server.lifecycle import EmbeddedServer
from backend.server.settings import ServerOptions


class OwnServer:
    """Starts a server if the target is `embedded`, and stops it afterwards."""

    def __init__(self, target: Target) -> None:
        wanted = target.name == EMBEDDED
        self._server = EmbeddedServer(bundled_registry(), ServerOptions()) if wanted else None

    def __enter__(self) -> OwnServer:
        if self._server is not None:
            self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.stop()

    def resolve(self, target: Target) -> Target:
        """The target with the server's addresses, if it is ours."""
        if self._server is None or target.name != EMBEDDED:
            return target
        return Target(EMBEDDED, rest=self._server.rest_url, grpc=self._server.grpc_address)
