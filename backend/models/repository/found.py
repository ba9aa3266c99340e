"""What a path that a person names has of models: a file, a folder with one, or a repository."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from backend.models.config import CONFIG_FILE
from backend.models.repository.places import BARE_FILES, FILE_SUFFIXES, ModelPlace, places_in
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb

_PROGRAM = "model.py"
_MOST_FOLDERS = 256
"""Looked into for models; a folder of more that hold none is no repository."""


@dataclass(frozen=True, slots=True)
class FoundModels:
    """A model file; or, without one, a repository, a folder that holds several models."""

    path: Path
    file: Path | None = None


def find_models(path: Path) -> FoundModels | None:
    """What is there, None if it is no model or cannot be looked at; a file is known by its suffix.

    A folder can be a model's own (with its newest version), hold one model file by itself, or be a
    repository: then it is `path` that matters. May be slow.
    """
    with contextlib.suppress(OSError, ValueError):
        return _found(path)
    return None


def _found(path: Path) -> FoundModels | None:
    if path.suffix.lower() in FILE_SUFFIXES and not path.is_dir():
        return FoundModels(path, path)
    if not path.is_dir():
        return None
    place = ModelPlace(path.name, path)
    if (own := next(iter(_files(place)), None)) is not None:
        return FoundModels(path, own)
    places = places_in(path).values()
    files = [place.file for place in places if place.file is not None]
    folders = (place for place in places if place.file is None)
    holds_folders = any(_is_model(folder) for folder in islice(folders, _MOST_FOLDERS))
    if len(files) == 1 and not holds_folders:
        return FoundModels(path, files[0])
    return FoundModels(path) if files or holds_folders else None


def _is_model(place: ModelPlace) -> bool:
    """Not only by version folders: those of pictures may be called by numbers too."""
    return (place.folder / CONFIG_FILE).is_file() or any(_files(place, (*BARE_FILES, _PROGRAM)))


def _files(place: ModelPlace, names: Sequence[str] = BARE_FILES) -> Iterator[Path]:
    """The files of those names in a model's folder, those of the newest version first."""
    versions: list[int] = []
    with contextlib.suppress(ModelLoadError, OSError):
        versions = place.versions(pb.ModelConfig())
    folders = [place.folder / str(version) for version in reversed(versions)]
    for path in (folder / name for folder in (*folders, place.folder) for name in names):
        if path.is_file():
            yield path
