"""The history's database: its tables, its versions, and what happens to a file that is broken."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from backend.core.errors import ConsoleError

SCHEMA_VERSION = 1

_BUSY_S = 5.0
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

    None is a history in memory. A damaged or newer file is renamed to ``.bad``; raises
    HistoryUnavailable if the file can neither be opened nor renamed.
    """
    if path is None:
        return _connected(":memory:"), ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _connected(str(path)), ""
        except _Unusable as error:
            reason = str(error)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            reason = f"it is damaged ({error})"
        kept = set_aside(path)
        return _connected(str(path)), f"The history was set aside as '{kept}': {reason}."
    except (OSError, sqlite3.Error) as error:
        raise HistoryUnavailable(
            f"The history '{path}' cannot be opened: {error}.",
            hint="Exchanges are not kept until it can.",
        ) from error


def set_aside(path: Path) -> Path:
    """Rename a database to ``.bad``, an older one of that name being lost; raises OSError."""
    kept = path.with_name(f"{path.name}.bad")
    path.replace(kept)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return kept


class _Unusable(Exception):
    """The file is a database, but not one of ours or of this version."""


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
    elif version != SCHEMA_VERSION:
        raise _Unusable(f"it has version {version}, this is version {SCHEMA_VERSION}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("SELECT sum(weight), sum(length(record)) FROM exchanges").fetchone()
    db.execute("SELECT sum(size) FROM bodies").fetchone()
    db.execute("SELECT count(*) FROM parts WHERE hash IS NULL").fetchone()
