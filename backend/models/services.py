"""What a model reaches of the server around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from backend.models.calls import ModelCalls
from backend.models.code import CodePermission, NoCode
from backend.models.custom_metrics import CustomMetrics
from backend.models.loads import Loads
from backend.models.servable import Servable


class Directory(Protocol):
    """Knows which models are loaded; from any thread."""

    def find(self, name: str, version: str) -> Servable | None:
        """The loaded version, or the newest for '', whether or not it can take requests now."""
        ...

    def why_absent(self, name: str) -> str | None:
        """Why a model has no loaded version, '' if there is no reason; None if it is unknown."""
        ...


class LoadedModels:
    """The models of a registry, which is made after the runtimes that ask for them."""

    def __init__(self) -> None:
        self._directory: Directory | None = None

    def look_in(self, directory: Directory) -> None:
        """From now on they are found there."""
        self._directory = directory

    def find(self, name: str, version: str) -> Servable | None:
        """What `Directory.find` does."""
        return self._directory.find(name, version) if self._directory else None

    def why_absent(self, name: str) -> str | None:
        """What `Directory.why_absent` does."""
        return self._directory.why_absent(name) if self._directory else None


@dataclass(frozen=True, slots=True)
class ModelServices:
    """The way to other models, which of them are loaded or being loaded, and where to measure.

    `code` says whether a model that is a program may run.
    """

    calls: ModelCalls = field(default_factory=ModelCalls)
    metrics: CustomMetrics = field(default_factory=CustomMetrics)
    models: LoadedModels = field(default_factory=LoadedModels)
    loads: Loads = field(default_factory=Loads)
    code: CodePermission = field(default_factory=NoCode)
