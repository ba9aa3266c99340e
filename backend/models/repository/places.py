"""Where the models of a repository are: folders, and model files that stand there by themselves."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backend.models.config import legible, versions_in
from backend.wire.generated import open_inference_pb2 as pb

FILE_SUFFIXES = (".onnx", ".tflite")
BARE_FILES = ("model.onnx", "model.tflite")
"""Looked for in a model's folder that has no version folders."""
_ONLY_VERSION = 1


@dataclass(frozen=True, slots=True)
class ModelPlace:
    """Where one model is, under the name that clients say.

    That of a file by itself has a folder that does not exist; it is version 1.
    """

    name: str
    folder: Path
    file: Path | None = None
    versioned: bool = False
    """Whether only version folders count, as for files that come over the network."""

    @classmethod
    def of_file(cls, file: Path, name: str = "") -> ModelPlace:
        """That of a file by itself; without a name it is called as the file is."""
        return cls(name or legible(file.stem), file.with_name(f".{file.name}"), file)

    def versions(self, config: pb.ModelConfig) -> list[int]:
        """The versions that are there, smallest first; raises ModelLoadError."""
        if self.file is not None:
            return [_ONLY_VERSION]
        found = versions_in(self.folder)
        if found or self.versioned:
            return found
        bare = (config.default_model_filename,) if config.default_model_filename else BARE_FILES
        there = any(_is(Path.is_file, self.folder / name) for name in bare)
        return [_ONLY_VERSION] if there else []


def places_in(root: Path) -> dict[str, ModelPlace]:
    """The models of a repository by name; none if it cannot be read.

    A folder whose name is not UTF-8 is there under a name that can be told; it can be no model's.
    A folder goes before a file of its name, and ``.onnx`` before ``.tflite``.
    """
    try:
        with os.scandir(root) as entries:
            found = sorted(
                (entry for entry in entries if not entry.name.startswith(".")),
                key=lambda entry: entry.name,
            )
    except OSError:
        return {}
    places: dict[str, ModelPlace] = {}
    for entry in found:
        if _is(os.DirEntry.is_dir, entry):
            name = legible(entry.name)
            if name not in places or name == entry.name:
                places[name] = ModelPlace(name, root / entry.name)
    for entry in found:
        if entry.name.lower().endswith(FILE_SUFFIXES) and _is(os.DirEntry.is_file, entry):
            place = ModelPlace.of_file(root / entry.name)
            places.setdefault(place.name, place)
    return places


def _is(kind: Callable[..., bool], entry: object) -> bool:
    try:
        return kind(entry)
    except (OSError, ValueError):  # such as a mount whose other end is gone: the others can be used
        return False
