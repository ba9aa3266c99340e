"""The models a server offers, by name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TypeAlias

from backend.core.errors import NotFound, UsageError
from backend.models.model import Model

ModelFactory: TypeAlias = Callable[[], Model]
"""Makes a model that is ready to compute; may read files."""


class ModelRegistry:
    """Models by name, in the order they were added; safe to use from several threads."""

    def __init__(self, models: Iterable[Model] = (), *, default: str = "") -> None:
        self._lock = threading.Lock()
        self._models: dict[str, Model] = {}
        self._default = default
        for model in models:
            self.add(model)

    @property
    def default(self) -> str:
        """Name of the model that answers when none is named; '' if there are no models."""
        with self._lock:
            if self._default in self._models:
                return self._default
            return next(iter(self._models), "")

    def names(self) -> tuple[str, ...]:
        """The names of all models."""
        with self._lock:
            return tuple(self._models)

    def get(self, name: str, version: str = "") -> Model:
        """The model of that name, and of that version unless it is ''; raises NotFound."""
        with self._lock:
            model = self._models.get(name)
            known = ", ".join(self._models)
        if model is None:
            raise NotFound(
                f"Request for unknown model: '{name}' is not found",
                hint=f"Models here: {known}." if known else "This server has no models.",
            )
        if version not in ("", model.version):
            raise NotFound(
                f"Request for unknown model: '{name}' version {version} is not found",
                hint=f"The version here is {model.version}.",
            )
        return model

    def add(self, model: Model) -> None:
        """Offer one more model; raises UsageError if the name is taken."""
        with self._lock:
            if model.name in self._models:
                raise UsageError(f"A model named '{model.name}' is already loaded.")
            self._models[model.name] = model

    def remove(self, name: str) -> Model:
        """Stop offering a model and return it, still open; raises NotFound."""
        with self._lock:
            model = self._models.pop(name, None)
        if model is None:
            raise NotFound(f"Request for unknown model: '{name}' is not found")
        return model

    def close(self) -> None:
        """Close and forget every model."""
        with self._lock:
            models = tuple(self._models.values())
            self._models.clear()
        for model in models:
            model.close()
