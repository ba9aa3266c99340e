"""The target `embedded`, on the command line: a server of our own for as long as it takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from backend.core.choices import EMBEDDED
from backend.core.errors import UsageError
from backend.core.target import Target

if TYPE_CHECKING:
    from backend.server.lifecycle import EmbeddedServer


class OwnServer:
    """Starts a server if the target is `embedded`, and stops it afterwards.

    `model` is the name under which it serves the model file, '' without one.
    """

    def __init__(self, target: Target, model_file: Path | None = None) -> None:
        """Load the file; raises UsageError or ModelLoadError if it cannot be served."""
        self.model = ""
        self.labels: tuple[str, ...] | None = None
        """The class names beside the file; None without a file."""
        self._server: EmbeddedServer | None = None
        if target.name != EMBEDDED:
            if model_file is not None:
                raise UsageError(
                    "--model-file is for the embedded server.", hint="Leave --target out."
                )
            return
        # Neither another target nor `--help` has to wait for a server's imports.
        from backend.models.catalogue import bundled_registry
        from backend.server.lifecycle import EmbeddedServer
        from backend.server.settings import ServerOptions

        registry = bundled_registry()
        if model_file is not None:
            self.model = registry.add_file(model_file)
            registry.load(self.model)
            self.labels = next(iter(registry.get(self.model).labels.values()), ())
        self._server = EmbeddedServer(registry, ServerOptions())

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
