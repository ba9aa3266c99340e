"""The file that lists targets: read with care, written at once or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.core.errors import UsageError
from backend.core.target import Target
from backend.targets.rules import check_name, check_target
from backend.targets.target_json import from_json, to_json

SCHEMA = 1
_LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Contents:
    """The good targets of a file, and in words what was wrong with the others."""

    targets: tuple[Target, ...] = ()
    problems: tuple[str, ...] = ()


def read_targets(path: Path) -> Contents:
    """What a file holds; raises UsageError if it is not one of ours, or of a newer program."""
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"{path.name} is too large for a list of targets.")
        value: Any = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path.name} cannot be read: {error.strerror or error}.") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path.name} is not a list of targets: it is not JSON.") from None
    if not isinstance(value, dict) or not isinstance(value.get("targets"), list):
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
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number, written = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(written).replace(path)
        except BaseException:
            Path(written).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(
            f"The targets cannot be saved to {path}: {error.strerror or error}."
        ) from None


def set_aside(path: Path) -> Path:
    """Copy a file that is not wholly understood to NAME.bad; an older one is not lost."""
    number = 1
    aside = path.with_name(f"{path.name}.bad")
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.bad{number}")
    aside.touch(mode=0o600)  # it may hold secrets that were written by hand
    aside.write_bytes(path.read_bytes())
    return aside


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
