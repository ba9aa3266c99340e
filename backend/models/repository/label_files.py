"""The class names that stand beside a model file."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

from backend.core.errors import UsageError
from backend.models.repository.places import FILE_SUFFIXES
from backend.profiles.label_file import read_label_file
from backend.wire.generated import open_inference_pb2 as pb

_MOST = 100_000
_MOST_BESIDE = 1000
"""Files of a folder; one with more is no model's."""
_CALLED_LIKE_NAMES = re.compile(r"[^.].*\.names|.*(labels?|classes)\.txt", re.IGNORECASE)
_BESIDES = (0, 1, 4, 5)
"""What an output may have beside a score for each class: nothing, a background, a box, a box and
a score for it."""


def labels_beside(file: Path) -> Path | None:
    """The file with class names for a model file: ``NAME.txt``, ``NAME.names`` or ``labels.txt``.

    In a folder with no other model also the only one that is called like class names
    (``coco.names``, ``imagenet_labels.txt``, ``classes.txt``). None if there is none that holds
    names, one on each line.
    """
    names = (f"{file.stem}.txt", f"{file.stem}.names", f"{file.stem}.labels.txt", "labels.txt")
    for name in (*names, *_only_names(file)):
        path = file.with_name(name)
        if _is_beside(path, file) and 1 < len(_names(path)) <= _MOST:
            return path
    return None


def _only_names(file: Path) -> tuple[str, ...]:
    """The only file that is called like class names, where they can be of this model alone."""
    try:
        names = [path.name for path in islice(file.parent.iterdir(), _MOST_BESIDE)]
    except OSError:
        return ()
    models = [name for name in names if name.lower().endswith(FILE_SUFFIXES)]
    found = tuple(name for name in names if _CALLED_LIKE_NAMES.fullmatch(name))
    alone = len(models) == 1 and len(found) == 1 and len(names) < _MOST_BESIDE
    return found if alone else ()


def _is_beside(path: Path, file: Path) -> bool:
    try:
        return path.is_file() and path.resolve().parent == file.parent.resolve()
    except OSError:
        return False


def _names(path: Path) -> tuple[str, ...]:
    """One on each line: a configuration's label files know no other form."""
    try:
        names = read_label_file(path)
        first = path.read_bytes()[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    except (UsageError, OSError):
        return ()
    return () if first.startswith((b"[", b"{")) else names


def add_labels(config: pb.ModelConfig, labels: Path | None, name: str = "") -> None:
    """Name the file as that of the output it is for, by `name` where it will stand so.

    That is the first output with a dimension for the classes, else the first; nothing happens
    where the configuration names a file already.
    """
    if labels is None or any(output.label_filename for output in config.output):
        return
    count = len(read_label_file(labels))
    sizes = {count + more for more in _BESIDES}
    fitting = [output for output in config.output if sizes & set(output.dims)]
    for output in (fitting or list(config.output))[:1]:
        output.label_filename = name or labels.name
