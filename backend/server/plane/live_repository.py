"""The models of a running server: loaded and unloaded on request, beside the event loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from backend.core.errors import NotReady, Overloaded, Unsupported
from backend.models.repository import ModelRegistry
from backend.server.plane.load_parameters import NO_TERMS, LoadTerms
from backend.server.scheduling import SerialExecutor
from backend.server.settings import UPLOAD_OPTION, ModelControl

_MOST_AT_ONCE = 8


class LiveRepository:
    """Loads and unloads the models of a registry; belongs to the event loop."""

    def __init__(
        self, registry: ModelRegistry, control: ModelControl, *, takes_files: bool = False
    ) -> None:
        self._takes_files = takes_files
        self._registry = registry
        self._control = control
        self._busy: set[SerialExecutor] = set()

    async def load(self, name: str, terms: LoadTerms = NO_TERMS) -> None:
        """Load a model, or load it anew; what was served goes on until then.

        Raises ModelLoadError with the reason, NotReady if that is not allowed, Unsupported for
        files where none are taken, and InvalidInput for files that cannot be a model's.
        """
        self._check_allowed()
        if terms.files and not self._takes_files:
            raise Unsupported(
                f"model '{name}' cannot be loaded from files that are sent along: this server "
                "loads models from its repositories only",
                hint=f"Start it with {UPLOAD_OPTION} to allow that.",
            )

        def load() -> None:
            if terms.files:
                self._registry.load_uploaded(name, terms.config, terms.decoded())
            else:
                self._registry.load(name, terms.config)

        await self._beside(f"load-{name}", load)

    async def unload(self, name: str, *, dependents: bool = False) -> None:
        """Stop serving a model; requests that wait are still answered.

        With `dependents`, also the models that were only loaded because an ensemble needed them.
        A model that is not loaded is no error. Raises NotReady if that is not allowed.
        """
        self._check_allowed()
        await self._beside(
            f"unload-{name}", partial(self._registry.unload, name, dependents=dependents)
        )

    def close(self) -> None:
        """Refuse what waits; what is being loaded is finished, and nobody is told."""
        for thread in self._busy:
            thread.close()

    def _check_allowed(self) -> None:
        if self._control is ModelControl.NONE:
            raise NotReady(
                "explicit model load / unload is not allowed if polling is enabled",
                hint="Start the server with --model-control-mode explicit.",
            )

    async def _beside(self, name: str, function: Callable[[], None]) -> None:
        if len(self._busy) >= _MOST_AT_ONCE:
            raise Overloaded(f"{_MOST_AT_ONCE} models are being loaded or unloaded already")
        thread = SerialExecutor(name, "the repository", queue_limit=1)
        self._busy.add(thread)
        try:
            await thread.run(function)
        finally:
            self._busy.discard(thread)
            thread.close()
