"""Files of a model's folder: where a configuration may name them, class names, the profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from backend.core.errors import UsageError
from backend.core.files.regular import read_regular
from backend.core.tensors import TensorSpec
from backend.models.servable import ModelLoadError
from backend.profiles.file import PROFILE_FILE, is_for_engines_only, read_profile
from backend.profiles.model_profile import ModelProfile
from backend.wire.generated import open_inference_pb2 as pb

MAX_LABELS_BYTES = 16 << 20


def legible(text: str) -> str:
    """Text that can be sent and shown: what of a name is not UTF-8 is written as ``\\xff``."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half a pair of UTF-16, in a name of Windows
        return text.encode("utf-8", "backslashreplace").decode()


def file_of_version(version_folder: Path, name: str) -> Path:
    """The path of a version's file, as `inside` gives it.

    Where there is no folder of that number, the file stands in the model's folder, and where there
    is none of these either, beside it: the only version of a model that has no folders.
    """
    place = version_folder
    while place != version_folder.parents[1] and not place.is_dir():
        place = place.parent
    return inside(place, name)


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


def read_labels(config: pb.ModelConfig, folder: Path) -> Mapping[str, tuple[str, ...]]:
    """The class names per output that has a label file: one on each line, the first is class 0.

    Without a folder, for a model that is a file by itself, they stand beside that.
    Raises ModelLoadError for a file that cannot be read or is outside the model's folder.
    """
    place = folder if folder.is_dir() else folder.parent
    return {
        output.name: _lines(inside(place, output.label_filename))
        for output in config.output
        if output.label_filename
    }


def profile_in(
    folder: Path,
    model: str,
    inputs: tuple[TensorSpec, ...],
    outputs: tuple[TensorSpec, ...],
    labels: Mapping[str, tuple[str, ...]],
) -> ModelProfile | None:
    """The profile in a model's folder, for the model as it is; None where there is none.

    Without labels of its own it takes those of the model's outputs, if they are one list. Raises
    ModelLoadError for a file that is wrong.
    """
    path = inside(folder, PROFILE_FILE)
    if not path.exists():
        return None
    try:
        if is_for_engines_only(path):
            return None
        profile = read_profile(path)
    except UsageError as error:
        raise ModelLoadError(str(error)) from None
    lists = tuple(labels.values())
    own = profile.labels or (lists[0] if len(lists) == 1 else ())
    return replace(profile, model=model, inputs=inputs, outputs=outputs, labels=own)


def _lines(path: Path) -> tuple[str, ...]:
    try:
        lines = read_regular(path, MAX_LABELS_BYTES).decode("utf-8-sig").rstrip("\r\n").split("\n")
        return tuple(line.strip() for line in lines)
    except OSError as error:
        raise ModelLoadError(f"label file {path.name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ModelLoadError(f"label file {path.name} is not UTF-8") from error
