"""What was asked and answered, kept in one SQLite file, bounded in number and in bytes."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from backend.core.errors import InvalidInput, NotFound, UsageError, mebibytes
from backend.inspector.calls import Exchange
from backend.inspector.history.exchange_record import (
    from_record,
    model_of,
    searched_text,
    status_text,
    storable,
    to_record,
    without_secrets,
)
from backend.inspector.history.file import (
    HistoryUnavailable,
    identity_of,
    open_file,
    set_aside,
)

MOST_EXCHANGES = 1000
MOST_BYTES = 200 * 1024 * 1024
SHARED_FROM = 1024 * 1024
"""Bodies above this many bytes are kept once, however many exchanges hold them."""

_UNDO_NS = 60_000_000_000
"""What another process cleared may be brought back by it for this long."""


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One exchange in the list; `status` as in '0 OK', sizes in bytes."""

    id: int
    started_at: datetime
    target: str
    method: str
    model: str
    status: str
    ok: bool
    total_ns: int
    sent: int
    received: int
    sent_bytes: int
    received_bytes: int
    pinned: bool


_COLUMNS = tuple(field.name for field in fields(HistoryRow))


class History:
    """The exchanges of the past; safe to use from any thread, and each call may wait for the disk.

    Beyond `most` exchanges or `most_bytes` the oldest that are not pinned are forgotten. `notice`
    says what became of a file that was of no use, or ''. Every method raises HistoryUnavailable
    if the file fails. Secrets are replaced by variables before anything is written.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        most: int = MOST_EXCHANGES,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._path = path
        self._most = most
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._cleared = 0
        self._db, self.notice = open_file(path)
        self._identity = identity_of(path) if path is not None else None
        self._forget_cleared(1, time.time_ns() - _UNDO_NS)

    def add(self, exchange: Exchange) -> int:
        """Keep an exchange; returns its number.

        What would fill more than half of the room is kept without its replies, or even without
        its messages, which are counted as left out.
        """
        with self._writing() as db:
            return self._add(db, exchange)

    def add_all(self, exchanges: Iterable[Exchange]) -> int:
        """Keep them all or, if `exchanges` raises before its end, none; returns how many."""
        count = 0
        with self._writing() as db:
            for exchange in exchanges:
                if self._closing.is_set():
                    raise HistoryUnavailable("The history is being closed.")
                self._add(db, exchange)
                count += 1
        return count

    def _add(self, db: sqlite3.Connection, exchange: Exchange) -> int:
        kept = _within(without_secrets(exchange), self._most_bytes // 2)
        record, bodies = to_record(kept)
        text, words = json.dumps(record), searched_text(kept)
        inline = sum(len(body) for body in bodies if len(body) <= SHARED_FROM)
        request = kept.request
        values = (
            kept.started_at.astimezone(UTC).isoformat(),
            storable(request.target),
            storable(request.method),
            storable(model_of(request)),
            storable(status_text(kept)),
            kept.ok,
            kept.total_ns,
            len(exchange.request.messages) + exchange.sent_left_out,
            len(exchange.replies) + exchange.replies_left_out,
            exchange.request.size,
            exchange.reply_size,
            inline + len(text) + len(words.encode()),
            words,
            text,
        )
        number = int(
            db.execute(
                "INSERT INTO exchanges (started_at, target, method, model, status, ok, "
                "total_ns, sent, received, sent_bytes, received_bytes, weight, words, record) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            ).lastrowid
            or 0
        )
        _insert_bodies(db, number, bodies)
        self._forget_oldest(db, number)
        return number

    def rows(self, text: str = "", most: int = MOST_EXCHANGES) -> tuple[HistoryRow, ...]:
        """The newest first; with words only those that hold every one of them somewhere.

        Words are looked for in target, method, model, status and the beginning of the bodies.
        """
        words = storable(text).casefold().split()
        found = "".join(" AND words LIKE ? ESCAPE '\\'" for _ in words)
        query = (
            f"SELECT {', '.join(_COLUMNS)} FROM exchanges WHERE NOT cleared{found} "  # noqa: S608 - constants
            "ORDER BY started_at DESC, id DESC LIMIT ?"
        )
        with self._reading() as db:
            rows = db.execute(query, (*map(_pattern, words), most)).fetchall()
        found_rows = [_row(row) for row in rows]
        if None in found_rows:
            self.notice = f"{found_rows.count(None)} exchanges in the history cannot be read."
        return tuple(row for row in found_rows if row is not None)

    def get(self, number: int) -> Exchange:
        """An exchange as it was, its bodies to the byte; raises NotFound."""
        with self._reading() as db:
            found = db.execute(
                "SELECT record FROM exchanges WHERE id = ? AND NOT cleared", (number,)
            ).fetchone()
            if found is None:
                raise NotFound(f"Exchange {number} is no longer in the history.")
            bodies = db.execute(
                "SELECT coalesce(parts.data, bodies.data) FROM parts LEFT JOIN bodies "
                "USING (hash) WHERE exchange = ? ORDER BY place",
                (number,),
            ).fetchall()
        try:
            return from_record(json.loads(found[0]), [bytes(body) for (body,) in bodies])
        except (ValueError, TypeError, RecursionError) as error:
            raise InvalidInput(f"Exchange {number} of the history is damaged: {error}.") from error

    def pin(self, number: int, *, pinned: bool = True) -> None:
        """Keep an exchange until it is unpinned or deleted; raises NotFound.

        Raises UsageError if pinned ones would then take more than half of the room.
        """
        with self._writing() as db:
            changed = db.execute(
                "UPDATE exchanges SET pinned = ? WHERE id = ? AND NOT cleared", (pinned, number)
            )
            if not changed.rowcount:
                raise NotFound(f"Exchange {number} is no longer in the history.")
            count, size = _pinned(db)
            if pinned and (count > self._most // 2 or size > self._most_bytes // 2):
                raise UsageError(
                    f"{count} pinned exchanges with {mebibytes(size)} would take more than half "
                    "of the history.",
                    hint="Unpin or export others first.",
                )

    def delete(self, number: int) -> None:
        """Forget an exchange, pinned or not; nothing happens if it is not there."""
        with self._writing() as db:
            db.execute("DELETE FROM exchanges WHERE id = ?", (number,))
            _delete_unused_bodies(db)

    def clear(self) -> int:
        """Hide all that are not pinned; returns how many.

        `undo_clear` brings them back until `forget_cleared` or `close` removes them for good; if
        the program dies before, the next one that opens the file does so.
        """
        with self._writing() as db:
            self._cleared = time.time_ns()
            return db.execute(
                "UPDATE exchanges SET cleared = ? WHERE NOT pinned AND NOT cleared",
                (self._cleared,),
            ).rowcount

    def undo_clear(self) -> int:
        """Show again what was cleared here last and is still there; returns how many."""
        with self._writing() as db:
            return db.execute(
                "UPDATE exchanges SET cleared = 0 WHERE cleared = ? AND cleared", (self._cleared,)
            ).rowcount

    def forget_cleared(self) -> None:
        """Remove what was cleared here, and give its room back to the disk."""
        if self._cleared:
            self._forget_cleared(self._cleared, self._cleared)

    def _forget_cleared(self, first_ns: int, last_ns: int) -> None:
        """Remove what was cleared between two moments."""
        with self._writing() as db:
            moments = (first_ns, last_ns)
            if db.execute("DELETE FROM exchanges WHERE cleared BETWEEN ? AND ?", moments).rowcount:
                _delete_unused_bodies(db)
        with self._reading() as db:
            # As a script: `execute` would stop after the first page.
            db.executescript("PRAGMA incremental_vacuum")

    @property
    def size(self) -> tuple[int, int]:
        """How many exchanges are kept, hidden ones included, and their bytes."""
        with self._reading() as db:
            return _totals(db)

    def close(self) -> None:
        """Let go of the file; nothing may be called after it but `close`.

        An import under way is given up, and then adds nothing.
        """
        again = self._closing.is_set()
        self._closing.set()
        if not again:
            with suppress(HistoryUnavailable):
                self.forget_cleared()
        with self._lock:
            self._db.close()

    def __enter__(self) -> History:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _forget_oldest(self, db: sqlite3.Connection, newest: int) -> None:
        count, size = _totals(db)
        while count > self._most or size > self._most_bytes:
            oldest = db.execute(
                "SELECT id FROM exchanges WHERE NOT pinned AND id != ? "
                "ORDER BY cleared DESC, id LIMIT 1",
                (newest,),
            ).fetchone()
            if oldest is None:
                return
            db.execute("DELETE FROM exchanges WHERE id = ?", oldest)
            _delete_unused_bodies(db)
            count, size = _totals(db)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """All or nothing."""
        with self._reading() as db, db:
            yield db

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._follow_file()
                yield self._db
            except sqlite3.OperationalError as error:
                raise HistoryUnavailable(f"The history cannot be used: {error}.") from error
            except sqlite3.DatabaseError as error:
                self._begin_anew(error)
            except sqlite3.Error as error:
                raise HistoryUnavailable(f"The history cannot be used: {error}.") from error

    def _follow_file(self) -> None:
        """Go on with the file that stands there now, if another process set ours aside."""
        if self._path is None or self._closing.is_set():
            return
        if identity_of(self._path) != self._identity:
            self._open_again()

    def _open_again(self) -> None:
        assert self._path is not None
        self._db.close()
        self._db, notice = open_file(self._path)
        self._identity = identity_of(self._path)
        self.notice = notice or self.notice

    def _begin_anew(self, error: sqlite3.DatabaseError) -> None:
        """Set the damaged file aside and go on with an empty one; always raises."""
        if self._path is None or isinstance(error, sqlite3.ProgrammingError):
            raise HistoryUnavailable(f"The history cannot be used: {error}.") from error
        self._db.close()
        if kept := set_aside(self._path, self._identity):
            self.notice = f"The history was set aside as '{kept}': it is damaged ({error})."
        self._open_again()
        raise HistoryUnavailable(self.notice, "A new one begins; do it again.") from error


def _within(exchange: Exchange, most: int) -> Exchange:
    """The exchange, or what of it fits: the rest is counted as left out."""
    if exchange.request.size + exchange.reply_size > most:
        left_out = exchange.replies_left_out + len(exchange.replies)
        exchange = replace(exchange, replies=(), replies_left_out=left_out)
    if exchange.request.size > most:
        left_out = exchange.sent_left_out + len(exchange.request.messages)
        request = replace(exchange.request, messages=())
        exchange = replace(exchange, request=request, sent_ns=(), sent_left_out=left_out)
    return exchange


def _insert_bodies(db: sqlite3.Connection, number: int, bodies: Sequence[bytes]) -> None:
    for place, body in enumerate(bodies):
        if len(body) <= SHARED_FROM:
            db.execute("INSERT INTO parts VALUES (?, ?, ?, NULL)", (number, place, body))
            continue
        digest = hashlib.sha256(body).digest()
        db.execute("INSERT OR IGNORE INTO bodies VALUES (?, ?, ?)", (digest, len(body), body))
        db.execute("INSERT INTO parts VALUES (?, ?, NULL, ?)", (number, place, digest))


def _delete_unused_bodies(db: sqlite3.Connection) -> None:
    db.execute(
        "DELETE FROM bodies WHERE NOT EXISTS (SELECT 1 FROM parts WHERE parts.hash = bodies.hash)"
    )


def _totals(db: sqlite3.Connection) -> tuple[int, int]:
    count, weight = db.execute("SELECT count(*), total(weight) FROM exchanges").fetchone()
    (shared,) = db.execute("SELECT total(size) FROM bodies").fetchone()
    return count, int(weight + shared)


def _pinned(db: sqlite3.Connection) -> tuple[int, int]:
    count, weight = db.execute(
        "SELECT count(*), total(weight) FROM exchanges WHERE pinned"
    ).fetchone()
    (shared,) = db.execute(
        "SELECT total(size) FROM bodies WHERE hash IN (SELECT hash FROM parts "
        "JOIN exchanges ON exchange = id WHERE pinned AND hash IS NOT NULL)"
    ).fetchone()
    return count, int(weight + shared)


def _pattern(word: str) -> str:
    plain = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"


def _row(values: Sequence[Any]) -> HistoryRow | None:
    """None for a row that this program has not written."""
    try:
        # SQLite has no truth values: theirs are 0 and 1.
        return msgspec.convert(dict(zip(_COLUMNS, values, strict=True)), HistoryRow, strict=False)
    except msgspec.ValidationError:
        return None
