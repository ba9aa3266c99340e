"""Which models `main.py serve` offers, as the command line says it."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterable
from typing import Protocol

from backend.cli.serve.options import EngineChoice
from backend.core.errors import UsageError
from backend.engines.ray import RayModels, ray_serve
from backend.models.catalogue import repository_registry
from backend.models.code import AllCode, NoCode
from backend.models.repository import ModelRegistry
from backend.models.servable import ModelLoadError
from backend.server.lifecycle import local_plane
from backend.server.plane import Engine
from backend.server.settings import ModelControl, ServerOptions

_log = logging.getLogger("inferdeck.models")

_ALL = "*"


class ServedModels(Protocol):
    """The models, and what makes the engine that computes them."""

    @property
    def registry(self) -> ModelRegistry:
        """Every model; those of repositories are known and not loaded yet."""
        ...

    def plane(self, registry: ModelRegistry, options: ServerOptions) -> Engine:
        """What stands behind the edges."""
        ...

    def open(self) -> None:
        """Bring up what the models run on, before any is loaded; raises ConsoleError."""
        ...

    def close(self) -> None:
        """End the models and what they run on."""
        ...


class _LocalModels:
    """Models that run in this process."""

    def __init__(self, registry: ModelRegistry) -> None:
        self.registry = registry

    def plane(self, registry: ModelRegistry, options: ServerOptions) -> Engine:
        """The engine in this process."""
        return local_plane(registry, options)

    def open(self) -> None:
        """There is nothing to bring up."""

    def close(self) -> None:
        """Unload all."""
        self.registry.close()


def models_of(arguments: argparse.Namespace) -> ServedModels:
    """The models, on the engine that the command line names.

    Raises UsageError for options that do not go together, or an engine that is not installed.
    """
    if arguments.engine is EngineChoice.RAY:
        _check(arguments)
        models = RayModels(
            tuple(arguments.model_repository),
            tuple(arguments.model),
            bundled=not arguments.no_bundled_models,
            runs_code=arguments.allow_python_models,
        )
        return ray_serve(arguments.address, models, queue_limit=arguments.queue_limit)
    if arguments.address:
        raise UsageError("--address is of a Ray cluster.", hint="Add --engine ray.")
    return _LocalModels(registry_of(arguments))


def registry_of(arguments: argparse.Namespace) -> ModelRegistry:
    """The models of this process; those of repositories are known and not loaded yet.

    Raises UsageError for options that do not go together.
    """
    _check(arguments)
    return repository_registry(
        arguments.model_repository,
        bundled=not arguments.no_bundled_models,
        code=AllCode() if arguments.allow_python_models else NoCode(),
    )


def _check(arguments: argparse.Namespace) -> None:
    if arguments.load_model and not _explicit(arguments):
        raise UsageError(
            "--load-model needs --model-control-mode explicit.",
            hint="Without it, every model is loaded at start.",
        )


def load_at_start(registry: ModelRegistry, arguments: argparse.Namespace) -> None:
    """Load what is to be served at once; what cannot be loaded is reported and hurts no other.

    Raises UsageError or ModelLoadError for a file that was named by itself.
    """
    if not _explicit(arguments) or _ALL in arguments.load_model:
        registry.load_all()
    else:
        _load_named(registry, arguments.load_model)
    for file in arguments.model:
        registry.load(registry.add_file(file))


def _load_named(registry: ModelRegistry, names: Iterable[str]) -> None:
    for name in names:
        try:
            registry.load(name)
        except ModelLoadError as error:
            _log.warning("%s", error)


def _explicit(arguments: argparse.Namespace) -> bool:
    return bool(arguments.model_control_mode is ModelControl.EXPLICIT)
