"""A model file comes into a repository: checked, tried, and copied into a folder of its own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import text_format

from backend.core.errors import UsageError, mebibytes
from backend.core.files.private import private_folder
from backend.core.files.regular import open_regular
from backend.models.config import CONFIG_FILE, check_config
from backend.models.repository.adoption import Adoption
from backend.models.repository.label_files import add_labels, labels_beside
from backend.models.repository.model_files import check_model_file, free_name, model_name
from backend.models.repository.own_config import own_config
from backend.models.repository.places import ModelPlace, places_in
from backend.models.repository.weights import weight_files
from backend.models.runtimes.choice import Runtime, runtime_for
from backend.models.servable import ModelLoadError
from backend.profiles.label_file import read_label_file
from backend.wire.generated import open_inference_pb2 as pb

_LABELS = "labels.txt"
_STAGING = ".adopted-"
_LEFTOVER_S = 24 * 3600.0
_CHUNK = 1 << 20
_SPARE_BYTES = 64 << 20
"""Left free on the disk."""

Content = Mapping[str, tuple[int, str]]
"""Size and SHA-256 of each file by its path; that of the model is ``model`` and its suffix."""


class NotServable(ModelLoadError):
    """A file that no runtime can load; `reason` is the message without the file."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file.name} cannot be served: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Adopted:
    """What came in: the model's name and folder, and the files that were made for it.

    `configured`: it came from a folder with a configuration, which it has now too. `reused`: a
    model of the same content was there already, and nothing was made.
    """

    name: str
    folder: Path
    files: tuple[Path, ...] = ()
    """Paths below the folder."""
    configured: bool = False
    reused: bool = False


def adopt(
    file: Path,
    repository: Path,
    runtimes: Sequence[Runtime],
    taken: Collection[str] = (),
    adoption: Adoption | None = None,
) -> Adopted:
    """Copy a model file to ``repository/NAME/1``, with a configuration made from its tensors.

    The file is loaded once before anything is to be seen in the repository. Weights that an ONNX
    file keeps apart, class names beside it (`labels_beside`) and the configuration of a model's
    own folder (`own_config`) come along. NAME is made from the
    file's and is none of `taken`. Slow; safe to do several times at once. `adoption` shows how far
    it is, and ends it.

    Raises UsageError for what is no model file and a disk that is full, and ModelLoadError, with
    what is missing, for a file that no runtime can load, and once it was cancelled.
    """
    adoption = adoption or Adoption()
    file = check_model_file(file)
    weights = weight_files(file)
    try:
        private_folder(repository)
        adoption.copying(_check_space(file, weights, repository))
        staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=repository))
        try:
            return _adopted(file, weights, staging, runtimes, taken, adoption)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            _remove_leftovers(repository)
    except OSError as error:
        raise UsageError(
            f"{file.name} cannot be copied to {repository}: {error.strerror or error}."
        ) from error


def remove_adopted(adopted: Adopted) -> None:
    """Remove exactly what was made; what somebody has added to the folder stays, and the folder.

    Nothing happens for what was reused. Raises UsageError if a file cannot be removed.
    """
    folders = {adopted.folder / file.parent for file in adopted.files}
    try:
        for file in adopted.files:
            (adopted.folder / file).unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"{error.filename} cannot be removed: {error.strerror}.", hint="Unload the model first."
        ) from error
    for folder in sorted(folders, key=lambda each: len(each.parts), reverse=True):
        with contextlib.suppress(OSError):  # somebody has added something
            folder.rmdir()


def _adopted(
    file: Path,
    weights: Sequence[Path],
    staging: Path,
    runtimes: Sequence[Runtime],
    taken: Collection[str],
    adoption: Adoption,
) -> Adopted:
    repository = staging.parent
    folder = staging / "new"
    content = _copy(file, weights, folder / "1", adoption)
    adoption.trying()
    known = _find(content, repository)
    if known is not None:
        return Adopted(known.name, known.file or known.folder, reused=True)
    try:
        own = own_config(file)
        if own is not None:
            own.copy_files(folder)
        labels = labels_beside(file) if own is None or not own.names_labels else None
        if labels is not None:
            text = "\n".join(read_label_file(labels)) + "\n"
            (folder / _LABELS).write_text(text, encoding="utf-8")
        given = own.config if own is not None else pb.ModelConfig()
        config = _try(folder, given, labels, runtimes, adoption)
    except ModelLoadError as error:
        adoption.check()
        raise _about(file, folder / "1", error) from error
    adoption.check()
    config.ClearField("name")  # it is the folder's
    (folder / CONFIG_FILE).write_text(text_format.MessageToString(config), encoding="utf-8")
    made = tuple(path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    settled = _settle(folder, repository, model_name(file), taken)
    return Adopted(settled.name, settled, made, configured=own is not None)


def _try(
    folder: Path,
    given: pb.ModelConfig,
    labels: Path | None,
    runtimes: Sequence[Runtime],
    adoption: Adoption,
) -> pb.ModelConfig:
    """Load the copy once, as a server does; its complete configuration."""
    runtime = runtime_for(runtimes, pb.ModelConfig(), folder)
    if not runtime.handles(given, folder):
        raise ModelLoadError(f"its {CONFIG_FILE} is that of another kind of model")
    given.name = adoption.name
    config = runtime.complete(given, folder / "1")
    add_labels(config, labels, _LABELS)
    check_config(config)
    servable = runtime.load(config, folder / "1")
    try:
        servable.make_instance(0).close()
    finally:
        servable.close()
    return config


def _about(file: Path, copies: Path, error: ModelLoadError) -> NotServable:
    """The same error in terms of the file that was given, not of its copy."""
    text = str(error).replace(f"{copies}{os.sep}", "")
    text = text.replace(f"model{file.suffix.lower()}", file.name)
    return NotServable(file, text)


def _settle(folder: Path, repository: Path, name: str, taken: Collection[str]) -> Path:
    """Give the folder its name in one step; where it is then."""
    refused: set[str] = set()
    while True:
        free = free_name(name, {*taken, *places_in(repository), *refused})
        target = repository / free
        try:
            folder.rename(target)
        except OSError:
            if not target.exists():
                raise
            refused.add(free)  # somebody else was faster
        else:
            return target


def _copy(file: Path, weights: Sequence[Path], folder: Path, adoption: Adoption) -> Content:
    name = f"model{file.suffix.lower()}"
    sources = {path.as_posix(): file.parent / path for path in weights}
    if name in sources and sources[name] != file:
        raise UsageError(f"{file.name} keeps weights in a file of the name {name}: rename that.")
    content = {}
    for path, source in {**sources, name: file}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        content[path] = _copy_file(source, target, adoption)
    return content


def _copy_file(source: Path, target: Path, adoption: Adoption) -> tuple[int, str]:
    digest = hashlib.sha256()
    with open_regular(source) as given, target.open("xb") as copy:
        while chunk := given.read(_CHUNK):
            digest.update(chunk)
            copy.write(chunk)
            adoption.copied(len(chunk))
        size = copy.tell()
        copy.flush()
        os.fsync(copy.fileno())
    return size, digest.hexdigest()


def _find(content: Content, repository: Path) -> ModelPlace | None:
    """A model of the repository with the same files."""
    name = next(path for path in content if path.startswith("model.") and "/" not in path)
    for place in places_in(repository).values():
        with contextlib.suppress(ModelLoadError, UsageError, OSError):
            for version in place.versions(pb.ModelConfig()):
                file = place.file or place.folder / str(version) / name
                if file.suffix.lower() == Path(name).suffix and _has(file, name, content):
                    return place
    return None


def _has(file: Path, name: str, content: Content) -> bool:
    if file.stat().st_size != content[name][0]:
        return False
    files = {path.as_posix(): file.parent / path for path in weight_files(file)} | {name: file}
    return files.keys() == content.keys() and all(
        (path.stat().st_size, _digest(path)) == content[each] for each, path in files.items()
    )


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _check_space(file: Path, weights: Sequence[Path], repository: Path) -> int:
    """How many bytes are to be copied; raises UsageError if there is no room for them."""
    paths = (file, *(file.parent / path for path in weights))
    needed = sum(path.stat().st_size for path in paths)
    free = shutil.disk_usage(repository).free
    if needed + _SPARE_BYTES > free:
        raise UsageError(
            f"{file.name} needs {mebibytes(needed)} in {repository}; {mebibytes(free)} are free."
        )
    return needed


def _remove_leftovers(repository: Path) -> None:
    """Remove what processes that were killed have left behind."""
    old = time.time() - _LEFTOVER_S
    for folder in repository.glob(f"{_STAGING}*"):
        with contextlib.suppress(OSError):
            if folder.lstat().st_mtime < old:
                shutil.rmtree(folder, ignore_errors=True)
