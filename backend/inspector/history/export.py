"""The history as a file to hand on: lines of JSON, the first of which says what it is."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from backend.core.errors import ConsoleError, InvalidInput, UsageError, mebibytes
from backend.core.files.json import json_object
from backend.core.files.regular import open_regular
from backend.inspector.calls import Exchange
from backend.inspector.history.exchange_record import from_record, to_record, without_secrets
from backend.inspector.history.store import History
from backend.wire.json.stored import typed

FORMAT = "inferdeck-exchanges"
VERSION = 1
MAX_LINE = 160 * 1024 * 1024
"""An exchange takes at most half of the history's room, here in base64."""
MAX_FILE = 1024 * 1024 * 1024


class _Head(msgspec.Struct):
    format: str = ""
    version: int = 0


class _Line(msgspec.Struct):
    exchange: Any
    bodies: tuple[bytes, ...]


def export_exchanges(path: Path, exchanges: Iterable[Exchange]) -> int:
    """Write exchanges, without secrets; returns how many. Raises UsageError if it cannot."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
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

    Raises UsageError for a file that is none, and InvalidInput naming the line that is damaged and
    the field of it.
    """
    try:
        with open_regular(path) as file:
            if os.fstat(file.fileno()).st_size > MAX_FILE:
                raise UsageError(f"'{path}' is larger than {mebibytes(MAX_FILE)}.")
            _check_head(file.readline(1024), path)
            number = 1
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    raise _damaged(path, number, f"it is longer than {mebibytes(MAX_LINE)}")
                yield _exchange(line, path, number)
    except OSError as error:
        raise UsageError(f"'{path}' cannot be read: {error.strerror or error}.") from error


def import_into(history: History, path: Path) -> int:
    """Add every exchange of a file to the history; returns how many. Raises as reading does.

    A damaged file changes nothing.
    """
    return history.add_all(read_exchanges(path))


def _check_head(line: bytes, path: Path) -> None:
    try:
        head = typed(_Head, json_object(line, path.name), "")
    except UsageError:
        head = _Head()
    if head.format != FORMAT:
        raise UsageError(
            f"'{path}' is not a file of exchanges.", hint="It is made by Export in the history."
        )
    if head.version != VERSION:
        raise UsageError(
            f"'{path}' has version {head.version}; this program reads version {VERSION}.",
            hint="Export it again with this version of the program.",
        )


def _exchange(line: bytes, path: Path, number: int) -> Exchange:
    try:
        read = typed(_Line, json_object(line, "it"), "")
        return from_record(read.exchange, read.bodies)
    except ConsoleError as error:
        raise _damaged(path, number, error.message.rstrip(".")) from error


def _damaged(path: Path, number: int, why: str) -> InvalidInput:
    return InvalidInput(f"Line {number} of '{path}' is damaged: {why}.", "Nothing was imported.")
