"""The history as a file to hand on: lines of JSON, the first of which says what it is."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from backend.core.errors import InvalidInput, UsageError
from backend.inspector.exchange import Exchange
from backend.inspector.exchange_record import from_record, to_record, without_secrets
from backend.inspector.history import History

FORMAT = "inferdeck-exchanges"
VERSION = 1
MAX_LINE = 512 * 1024 * 1024


def export_exchanges(path: Path, exchanges: Iterable[Exchange]) -> int:
    """Write exchanges, without secrets; returns how many. Raises UsageError if it cannot."""
    part = path.with_name(f"{path.name}.part")
    count = 0
    try:
        with part.open("w", encoding="ascii", newline="\n") as file:
            file.write(json.dumps({"format": FORMAT, "version": VERSION}) + "\n")
            for exchange in exchanges:
                record, bodies = to_record(without_secrets(exchange))
                coded = [base64.b64encode(body).decode() for body in bodies]
                file.write(json.dumps({"exchange": record, "bodies": coded}) + "\n")
                count += 1
        part.replace(path)
    except OSError as error:
        raise UsageError(f"'{path}' cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return count


def read_exchanges(path: Path) -> Iterator[Exchange]:
    """The exchanges in such a file, one by one.

    Raises UsageError for a file that is none, and InvalidInput naming a line that is damaged.
    """
    try:
        with path.open("rb") as file:
            _check_head(file.readline(1024), path)
            number = 1
            while line := file.readline(MAX_LINE):
                number += 1
                yield _exchange(line, path, number)
    except OSError as error:
        raise UsageError(f"'{path}' cannot be read: {error.strerror or error}.") from error


def import_into(history: History, path: Path) -> int:
    """Add every exchange of a file to the history; returns how many. Raises as reading does.

    A damaged file changes nothing: it is read whole before the first one is added.
    """
    count = sum(1 for _ in read_exchanges(path))
    for exchange in read_exchanges(path):
        history.add(exchange)
    return count


def _check_head(line: bytes, path: Path) -> None:
    try:
        head: Any = json.loads(line)
    except ValueError:
        head = None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise UsageError(
            f"'{path}' is not a file of exchanges.", hint="It is made by Export in the history."
        )
    if head.get("version") != VERSION:
        raise UsageError(
            f"'{path}' has version {head.get('version')}; this program reads version {VERSION}."
        )


def _exchange(line: bytes, path: Path, number: int) -> Exchange:
    try:
        value = json.loads(line)
        bodies = [base64.b64decode(body, validate=True) for body in value["bodies"]]
        return from_record(value["exchange"], bodies)
    except (ValueError, KeyError, TypeError, binascii.Error, InvalidInput) as error:
        raise InvalidInput(f"Line {number} of '{path}' is damaged: {error}.") from error
