"""Which models ``main.py serve`` offers, as the command line says it."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from backend.core.errors import UsageError
from backend.models.catalogue import repository_registry
from backend.models.code import ALLOWING_OPTION, AllCode, NoCode
from backend.models.repository import ModelRegistry
from backend.models.servable import ModelLoadError
from backend.server.scheduling import QUEUE_LIMIT
from backend.server.settings import UPLOAD_OPTION, ModelControl

_log = logging.getLogger("inferdeck.models")

_ALL = "*"


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that choose models and how they queue."""
    group = parser.add_argument_group("models")
    group.add_argument(
        "--model-repository",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="a folder with one folder per model, in Triton's layout; may be given several times",
    )
    group.add_argument(
        ALLOWING_OPTION,
        action="store_true",
        help="run the Python models of the repositories: they are programs, and run with your "
        "rights (without it they are refused, and the other models served)",
    )
    group.add_argument(
        "--model-control-mode",
        type=ModelControl,
        choices=list(ModelControl),
        default=ModelControl.NONE,
        help="none: load every model at start; explicit: load those of --load-model, and others "
        "on request (default: %(default)s)",
    )
    group.add_argument(
        UPLOAD_OPTION,
        action="store_true",
        help="with explicit control: take a model's files with the request to load it (file:...), "
        "into a temporary folder that goes with the model",
    )
    group.add_argument(
        "--load-model",
        action="append",
        default=[],
        metavar="NAME",
        help="with explicit control: load this model at start, * for all; may be given several "
        "times",
    )
    group.add_argument(
        "--no-bundled-models",
        action="store_true",
        help="offer only the models of the repositories",
    )
    group.add_argument(
        "--queue-limit",
        type=int,
        default=QUEUE_LIMIT,
        metavar="N",
        help="requests that may wait for a model, unless its configuration says otherwise "
        "(default: %(default)s)",
    )


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
    """Load what is to be served at once; what cannot be loaded is reported and hurts no other."""
    if not _explicit(arguments) or _ALL in arguments.load_model:
        registry.load_all()
        return
    for name in arguments.load_model:
        try:
            registry.load(name)
        except ModelLoadError as error:
            _log.warning("%s", error)


def _explicit(arguments: argparse.Namespace) -> bool:
    return bool(arguments.model_control_mode is ModelControl.EXPLICIT)
