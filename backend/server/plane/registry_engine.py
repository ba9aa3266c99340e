"""The half of an engine that its registry answers: which models there are, load and unload."""

from __future__ import annotations

from backend.core.errors import InvalidInput, NotReady, Unsupported
from backend.core.inference import ModelMetadata
from backend.models.repository import IndexEntry, LoadedModel, ModelRegistry
from backend.models.servable import ModelDeclaration, Servable
from backend.server.plane.about import model_metadata
from backend.server.plane.data_plane import Engine
from backend.server.plane.live_repository import LiveRepository
from backend.server.plane.load_parameters import NO_TERMS, LoadTerms
from backend.server.settings import ModelControl


class RegistryEngine(Engine):
    """An engine whose models are a registry's; who inherits computes them."""

    def __init__(
        self,
        registry: ModelRegistry,
        control: ModelControl = ModelControl.NONE,
        *,
        takes_files: bool = False,
    ) -> None:
        self._registry = registry
        self._repository = LiveRepository(registry, control, takes_files=takes_files)

    @property
    def default(self) -> str:
        """The registry's default model."""
        return self._registry.default

    def names(self) -> tuple[str, ...]:
        """The names of the models that are loaded."""
        return self._registry.names()

    def model(self, name: str, version: str = "") -> Servable:
        """The loaded version; raises NotFound, InvalidInput or NotReady."""
        return self._registry.get(name, version)

    def metadata(self, name: str, version: str = "") -> ModelMetadata:
        """Its declaration and which versions are loaded; raises what `model` raises."""
        model = self._registry.get(name, version)
        return model_metadata(model, self._registry.versions(model.name))

    def check_ready(self, name: str, version: str = "") -> None:
        """Raise what `model` raises, and NotReady for a model that is in trouble."""
        model = self._registry.get(name, version)
        if model.trouble:
            raise NotReady(f"model '{model.name}' is not ready: {model.trouble}")

    async def load(self, name: str, terms: LoadTerms = NO_TERMS) -> None:
        """Load a model beside the event loop."""
        await self._repository.load(name, terms)

    async def unload(self, name: str, *, dependents: bool = False) -> None:
        """Unload a model beside the event loop."""
        await self._repository.unload(name, dependents=dependents)

    def index(self) -> tuple[IndexEntry, ...]:
        """The registry's index."""
        return self._registry.index()

    def close(self) -> None:
        """Refuse what waits to be loaded or unloaded."""
        self._repository.close()

    def _loaded(self, name: str, version: str) -> list[LoadedModel]:
        """The loaded versions of one model, or of all for ''; raises InvalidInput for none."""
        found = [
            model
            for model in self._registry.all_loaded()
            if name in ("", model.servable.name) and version in ("", model.servable.version)
        ]
        if name and not found:
            raise InvalidInput(
                f"requested model version is not available for model '{name}'"
                if name in self._registry.names()
                else f"requested model '{name}' is not available"
            )
        return found


def check_answers_once(model: ModelDeclaration) -> None:
    """Raise Unsupported for a model that answers a request any number of times."""
    if model.decoupled:
        raise Unsupported(
            f"model '{model.name}' answers a request any number of times (decoupled "
            "transaction policy): it is asked over a gRPC stream"
        )
