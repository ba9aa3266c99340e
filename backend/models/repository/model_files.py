"""Model files that a person names: what is one, and what its model is called."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from backend.core.errors import UsageError
from backend.core.files.regular import check_regular
from backend.models.repository.places import FILE_SUFFIXES

_LONGEST_NAME = 64
_OTHER = re.compile(r"[^A-Za-z0-9_.-]+")
_SAYS_NOTHING = re.compile(r"model|\d+", re.IGNORECASE)
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""What Windows keeps for devices."""


def check_model_file(file: Path) -> Path:
    """The whole path of a model file; raises UsageError for what is none."""
    file = file.expanduser()
    if file.suffix.lower() not in FILE_SUFFIXES:
        raise UsageError(
            f"{file} is no model file.", hint=f"Give one that ends in {' or '.join(FILE_SUFFIXES)}."
        )
    try:
        check_regular(file)
        if not file.stat().st_size:
            raise UsageError(f"{file} is empty.", hint="Fetch or export it again.")
        return file.resolve()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{file} cannot be read: {why}.") from None


def model_name(file: Path) -> str:
    """A name for the model of a file, good on every system and in every address.

    It is that of the file, or of the nearest folder that says more than ``model.onnx``.
    """
    steps = (file.stem, *(parent.name for parent in file.parents))
    telling = next((step for step in steps if not _SAYS_NOTHING.fullmatch(step)), file.stem)
    name = _OTHER.sub("_", telling or file.stem).strip("._-")[:_LONGEST_NAME].strip("._-")
    if not name:
        return "model"
    return f"{name}_model" if _RESERVED.fullmatch(name) else name


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, or the first of ``name_2``, ``name_3`` that differs not only by upper case."""
    used = {other.casefold() for other in taken}
    free, number = name, 1
    while free.casefold() in used:
        number += 1
        free = f"{name}_{number}"
    return free
