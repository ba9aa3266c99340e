"""Paths that a configuration names: they stay inside the model's folder."""

from __future__ import annotations

from pathlib import Path

from backend.models.servable import ModelLoadError


def legible(text: str) -> str:
    """Text that can be sent and shown: what of a name is not UTF-8 is written as ``\\xff``."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half a pair of UTF-16, in a name of Windows
        return text.encode("utf-8", "backslashreplace").decode()


def inside(model_folder: Path, name: str) -> Path:
    """The path of a file of the model, links followed; it need not exist.

    Raises ModelLoadError for a name that leads out of the folder.
    """
    root = model_folder.resolve()
    try:
        path = (root / name).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a NUL character
        raise ModelLoadError(f"'{name}' is no file name: {error}") from None
    if not path.is_relative_to(root):
        raise ModelLoadError(f"'{name}' leads out of the model's folder")
    return path
