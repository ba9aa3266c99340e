"""Paths that a configuration names: they stay inside the model's folder."""

from __future__ import annotations

from pathlib import Path

from backend.models.servable import ModelLoadError


def inside(model_folder: Path, name: str) -> Path:
    """The path of a file of the model, links followed; it need not exist.

    Raises ModelLoadError for a name that leads out of the folder.
    """
    root = model_folder.resolve()
    try:
        path = (root / name).resolve()
    except (OSError, ValueError) as error:  # a loop of links, a NUL character
        raise ModelLoadError(f"'{name}' is no file name: {error}") from None
    if not path.is_relative_to(root):
        raise ModelLoadError(f"'{name}' leads out of the model's folder")
    return path
