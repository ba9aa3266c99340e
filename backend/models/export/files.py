"""Copies what belongs to a model, and nothing that a link leads to elsewhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from backend.core.files.regular import check_regular
from backend.models.config import inside
from backend.models.servable import ModelLoadError

_PROGRAMS = Path(__file__).resolve().parents[3] / "assets" / "export"
_CACHE = "__pycache__"


def copy_program(name: str, target: Path) -> None:
    """One of the programs that go with exported models; raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_PROGRAMS / name, target)


def copy_file(root: Path, name: str | Path, target: Path) -> None:
    """A regular file below a model's folder; raises ModelLoadError, and OSError of the target."""
    path = inside(root, str(name))
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        check_regular(path)
        path.open("rb").close()
    except OSError as error:
        raise ModelLoadError(f"'{name}' cannot be read: {error.strerror}") from None
    shutil.copyfile(path, target)


def copy_folder(root: Path, target: Path) -> None:
    """All of a model's folder but what Python compiled; raises what `copy_file` does."""
    for place, folders, files in os.walk(root, onerror=_raise):
        folders[:] = sorted(name for name in folders if name != _CACHE)
        below = Path(place).relative_to(root)
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        if links:
            raise ModelLoadError(
                f"'{below / links[0]}' is a link to a folder: put the folder there"
            )
        (target / below).mkdir(parents=True, exist_ok=True)
        for name in files:
            copy_file(root, below / name, target / below / name)


def _raise(error: OSError) -> None:
    raise ModelLoadError(f"'{error.filename}' cannot be read: {error.strerror}")
