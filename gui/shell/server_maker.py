"""The embedded server, made when it is first wanted, over models that stay as it comes and goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core.worker import Worker

if TYPE_CHECKING:
    from backend.models.code import RememberedCode
    from backend.models.repository import ModelRegistry
    from gui.state.server_control import Server


class ServerMaker:
    """Makes the embedded server, again for other ports, always over the same models.

    `make` is called off the window's thread, since its imports are heavy.
    """

    def __init__(self, code: RememberedCode) -> None:
        self._code = code
        self._registry: ModelRegistry | None = None

    def make(self, rest_port: int, grpc_port: int) -> Server:
        """A server for these ports; raises UsageError for impossible ones."""
        import backend.session.run  # noqa: F401 - so that the first run need not wait for it
        from backend.models.catalogue import bundled_registry
        from backend.server.lifecycle import EmbeddedServer
        from backend.server.settings import ServerOptions

        options = ServerOptions(rest_port=rest_port, grpc_port=grpc_port)
        if self._registry is None:
            self._registry = bundled_registry(self._code)
        return EmbeddedServer(self._registry, options)

    def models(self) -> ModelRegistry | None:
        """The models, None before there is a server."""
        return self._registry

    def close(self, timeout_s: float) -> bool:
        """End the models, children of theirs included; False if one has not ended in time."""
        registry = self._registry
        if registry is None:
            return True
        return Worker("models-close", lambda _stop: registry.close()).start().join(timeout_s)
