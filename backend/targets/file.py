"""The file that lists targets: read with care, written at once or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.core.errors import UsageError
from backend.core.files.private import read_file, write_file
from backend.core.target import Target
from backend.targets.json_form import from_json, to_json
from backend.targets.rules import check_name, check_target
from backend.wire.json.stored import read_stored, stored_bytes

VERSION = 1
LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _File:
    """Each target is read by itself, so that one that is wrong costs no other."""

    targets: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """The good targets of a file, and in words what was wrong with the others."""

    targets: tuple[Target, ...] = ()
    problems: tuple[str, ...] = ()


def read_targets(path: Path) -> Contents | None:
    """What a file holds, None if there is none.

    Raises UsageError if it is not one of ours, and NewerFile if it is of a newer program.
    """
    data = read_file(path, LARGEST)
    if data is None:
        return None
    return _good_ones(read_stored(_File, data, path.name, VERSION).targets)


def write_targets(path: Path, targets: Sequence[Target]) -> None:
    """Replace the file in one step, readable by its owner only; raises UsageError."""
    file = _File(tuple(to_json(target) for target in targets))
    write_file(path, stored_bytes(file, VERSION))


def _good_ones(values: Sequence[Any]) -> Contents:
    targets: list[Target] = []
    problems: list[str] = []
    for index, value in enumerate(values):
        try:
            target = from_json(value)
            check_name(target.name, [other.name for other in targets])
            check_target(target)
        except UsageError as error:
            problems.append(f"Target {index + 1}: {error.message}")
        else:
            targets.append(target)
    return Contents(tuple(targets), tuple(problems))
