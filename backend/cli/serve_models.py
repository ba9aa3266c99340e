"""Which models `main.py serve` offers, as the command line says it."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterable

from backend.core.errors import UsageError
from backend.models.catalogue import repository_registry
from backend.models.code import AllCode, NoCode
from backend.models.repository import ModelRegistry
from backend.models.servable import ModelLoadError
from backend.server.settings import ModelControl

_log = logging.getLogger("inferdeck.models")

_ALL = "*"


def registry_of(arguments: argparse.Namespace) -> ModelRegistry:
    """The models; those of repositories are known and not loaded yet.

    Raises UsageError for options that do not go together.
    """
    if arguments.load_model and not _explicit(arguments):
        raise UsageError(
            "--load-model needs --model-control-mode explicit.",
            hint="Without it, every model is loaded at start.",
        )
    return repository_registry(
        arguments.model_repository,
        bundled=not arguments.no_bundled_models,
        code=AllCode() if arguments.allow_python_models else NoCode(),
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
