"""What happened in a call, for a page to draw as it happens: bounded, and cheap to add to."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from backend.inspector.calls.exchange import Exchange

DEFAULT_ROWS = 1000
MAX_BODY_BYTES = 32 * 1024 * 1024
"""Most bytes of messages the log holds; the oldest rows lose theirs first."""


class Direction(StrEnum):
    """Which way a row of the log points."""

    SENT = "sent"
    RECEIVED = "received"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One row: a message with its bytes, or a note in words such as 'Finished'.

    `number` counts every row from 0, so a gap shows what was dropped. `body` is None where the
    bytes of so many rows would be too much to keep; `size` is right all the same.
    """

    number: int
    direction: Direction
    offset_ns: int
    size: int = 0
    body: bytes | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Drained:
    """The rows since the last look, oldest first, and how many more there were before them."""

    events: tuple[StreamEvent, ...] = ()
    dropped: int = 0


class StreamLog:
    """The newest rows nobody has looked at yet; safe to use from several threads."""

    def __init__(self, rows: int = DEFAULT_ROWS) -> None:
        self._lock = threading.Lock()
        self._rows = rows
        self._events: deque[StreamEvent] = deque()
        self._bytes = 0
        self._dropped = 0
        self._count = 0

    def add(
        self, direction: Direction, offset_ns: int, body: bytes | None = None, text: str = ""
    ) -> None:
        """One more row; the oldest unread one makes room if need be."""
        size = len(body or b"")
        kept = body if size <= MAX_BODY_BYTES else None
        with self._lock:
            number, self._count = self._count, self._count + 1
            self._events.append(StreamEvent(number, direction, offset_ns, size, kept, text))
            self._bytes += len(kept or b"")
            while len(self._events) > self._rows or self._bytes > MAX_BODY_BYTES:
                gone = self._events.popleft()
                self._bytes -= len(gone.body or b"")
                self._dropped += 1

    def drain(self) -> Drained:
        """Take every row."""
        with self._lock:
            taken = Drained(tuple(self._events), self._dropped)
            self._events.clear()
            self._bytes = self._dropped = 0
        return taken


def events_of(exchange: Exchange) -> tuple[StreamEvent, ...]:
    """An exchange of the past as rows, in the order of their moments."""
    moments = exchange.sent_ns or (0,) * len(exchange.request.messages)
    sent = zip(moments, exchange.request.messages, strict=False)
    rows = [(at, Direction.SENT, message) for at, message in sent]
    rows += [(reply.offset_ns, Direction.RECEIVED, reply.body) for reply in exchange.replies]
    rows.sort(key=lambda row: row[0])
    return tuple(
        StreamEvent(number, direction, at, len(body), body)
        for number, (at, direction, body) in enumerate(rows)
    )
