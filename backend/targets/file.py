"""The file that lists targets: read with care, written at once or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.core.errors import UsageError
from backend.core.files.json import json_bytes, json_object
from backend.core.files.private import read_file, write_file
from backend.core.target import Target
from backend.targets.json_form import from_json, to_json
from backend.targets.rules import check_name, check_target

SCHEMA = 1
LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Contents:
    """The good targets of a file, and in words what was wrong with the others."""

    targets: tuple[Target, ...] = ()
    problems: tuple[str, ...] = ()


def read_targets(path: Path) -> Contents | None:
    """What a file holds, None if there is none.

    Raises UsageError if it is not one of ours, or of a newer program.
    """
    data = read_file(path, LARGEST)
    if data is None:
        return None
    value = json_object(data, path.name)
    if not isinstance(value.get("targets"), list):
        raise UsageError(f"{path.name} is not a list of targets.")
    schema = value.get("schema")
    if schema != SCHEMA:
        raise UsageError(
            f"{path.name} was written by a newer program."
            if isinstance(schema, int) and schema > SCHEMA
            else f"{path.name} has no version that is known."
        )
    return _good_ones(value["targets"])


def write_targets(path: Path, targets: Sequence[Target]) -> None:
    """Replace the file in one step, readable by its owner only; raises UsageError."""
    value = {"schema": SCHEMA, "targets": [to_json(target) for target in targets]}
    write_file(path, json_bytes(value))


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
