"""Who decides whether the code of a Python model may run: it runs with the rights of the user."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from backend.core.options.common import ALLOW_PYTHON_MODELS
from backend.models.servable import ModelLoadError

ALLOWING_OPTION = ALLOW_PYTHON_MODELS.flag


class CodePermission(Protocol):
    """Asked before each start of a model's process."""

    def check(self, model_folder: Path) -> None:
        """Raise ModelLoadError unless what is in the folder now may run; may be slow."""
        ...


class AllCode:
    """Whoever started the server said that the code in its repositories may run."""

    def check(self, model_folder: Path) -> None:
        """It may."""


class NoCode:
    """Nobody said so."""

    def check(self, model_folder: Path) -> None:  # noqa: ARG002 - whatever it is
        """Say which option allows it."""
        raise ModelLoadError(
            "it is a Python model, a program that runs with your rights: it is served only with "
            f"{ALLOWING_OPTION}"
        )
