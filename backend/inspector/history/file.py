"""The history's database: its tables, its versions, and what happens to a file that is broken."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import TypeAlias

from backend.core.errors import ConsoleError
from backend.core.files import private as files
from backend.core.files.private import FileUnusable, locked, make_private

SCHEMA_VERSION = 1

Identity: TypeAlias = tuple[int, int] | None
"""Device and number of a file."""

_BUSY_S = 10.0
_OPEN_WAIT_S = 30.0
_MAGIC = b"SQLite format 3\0"
_TABLES = """
CREATE TABLE exchanges (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at TEXT NOT NULL,
    target TEXT NOT NULL,
    method TEXT NOT NULL,
    model TEXT NOT NULL,
    status TEXT NOT NULL,
    ok INTEGER NOT NULL,
    total_ns INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    received INTEGER NOT NULL,
    sent_bytes INTEGER NOT NULL,
    received_bytes INTEGER NOT NULL,
    pinned INTEGER NOT NULL DEFAULT 0,
    cleared INTEGER NOT NULL DEFAULT 0,
    weight INTEGER NOT NULL,
    words TEXT NOT NULL,
    record TEXT NOT NULL
);
CREATE TABLE bodies (hash BLOB PRIMARY KEY, size INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE parts (
    exchange INTEGER NOT NULL REFERENCES exchanges (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    data BLOB,
    hash BLOB REFERENCES bodies (hash),
    PRIMARY KEY (exchange, place)
) WITHOUT ROWID;
CREATE INDEX parts_by_hash ON parts (hash) WHERE hash IS NOT NULL;
"""


class HistoryUnavailable(ConsoleError):
    """The history cannot be read or written now; the exchange itself is not affected."""


def open_file(path: Path | None) -> tuple[sqlite3.Connection, str]:
    """A connection with all tables, and what happened to an old file that was no use, or ''.

    None is a history in memory, and so is that in place of a newer program's file, which stays as
    it is. A damaged file, or what else stands in its place, is set aside; raises
    HistoryUnavailable if the file can neither be opened nor set aside.
    """
    if path is None:
        return _connected(":memory:"), ""
    try:
        with locked(path.parent, _OPEN_WAIT_S):
            try:
                return _opened(path), ""
            except _Newer as error:
                return _connected(":memory:"), (
                    f"The history '{path}' stays as it is, and exchanges are kept for this run "
                    f"only: {error}."
                )
            except _Unusable as error:
                reason = str(error)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError as error:
                reason = f"it is damaged ({error})"
            kept = _set_aside(path)
            return _opened(path), f"The history was set aside as '{kept}': {reason}."
    except (OSError, sqlite3.Error, FileUnusable) as error:
        raise HistoryUnavailable(
            f"The history '{path}' cannot be opened: {str(error).rstrip('.')}.",
            hint="Exchanges are not kept until it can.",
        ) from error


def set_aside(path: Path, identity: Identity) -> str:
    """Set a damaged database aside; where it is now, or '' if another process has done so.

    Raises HistoryUnavailable.
    """
    try:
        with locked(path.parent, _OPEN_WAIT_S):
            return str(_set_aside(path)) if identity_of(path) == identity else ""
    except FileUnusable as error:
        raise HistoryUnavailable(f"The history is damaged. {error}") from error


def identity_of(path: Path) -> Identity:
    """What tells one file of this name from another, None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _Unusable(Exception):
    """The file is no database of ours, or of another version."""


class _Newer(Exception):
    """A later version of the program has written the file."""


def _opened(path: Path) -> sqlite3.Connection:
    if os.path.lexists(path) and not path.is_file():
        raise _Unusable("it is not a regular file")
    if path.is_file() and not _is_database(path):
        raise _Unusable("it is damaged (file is not a database)")
    path.touch(0o600)  # SQLite gives its other files the same rights
    for one in _all_files(path):
        make_private(one)
    return _connected(str(path))


def _is_database(path: Path) -> bool:
    """Whether it begins as one, or is empty; SQLite itself would remove the log of one that does
    not."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) in (b"", _MAGIC)


def _set_aside(path: Path) -> Path:
    """The database with what stands in its log, so that both can be read again together."""
    kept = files.set_aside(path)
    for old, new in zip(_all_files(path)[1:], _all_files(kept)[1:], strict=True):
        with contextlib.suppress(FileNotFoundError):
            old.replace(new)
    return kept


def _all_files(path: Path) -> tuple[Path, ...]:
    return path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))


def _connected(name: str) -> sqlite3.Connection:
    # Every use is behind the history's lock, so any thread may come.
    db = sqlite3.connect(name, timeout=_BUSY_S, check_same_thread=False)
    try:
        _prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version == 0 and not tables:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    elif version > SCHEMA_VERSION:
        raise _Newer(f"it has version {version}, this is version {SCHEMA_VERSION}")
    elif version != SCHEMA_VERSION:
        raise _Unusable(f"it has version {version}, this is version {SCHEMA_VERSION}")
    elif _columns(db) != _EXPECTED_COLUMNS:
        raise _Unusable(f"it has other tables than version {SCHEMA_VERSION}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("SELECT sum(weight), sum(length(record)) FROM exchanges").fetchone()
    db.execute("SELECT sum(size) FROM bodies").fetchone()
    db.execute("SELECT count(*) FROM parts WHERE hash IS NULL").fetchone()


def _columns(db: sqlite3.Connection) -> frozenset[tuple[str, str, str]]:
    """Table, column and type of all there are."""
    return frozenset(
        db.execute(
            "SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c "
            "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        )
    )


def _expected_columns() -> frozenset[tuple[str, str, str]]:
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        db.executescript(_TABLES)
        return _columns(db)


_EXPECTED_COLUMNS = _expected_columns()
