"""How a model that is made of others finds them."""

from __future__ import annotations

from typing import Protocol

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
