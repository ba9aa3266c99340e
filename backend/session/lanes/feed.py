"""The hand-over from capture to connection: one sample at a time, to the lane of the moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from backend.core.ledger import DropPlace, Ledger
from backend.core.samples import Sample


@dataclass(frozen=True, slots=True, eq=False)
class NumberedSample:
    """A sample with its number in this run; numbers rise by one and are never used twice.

    `handed_over_ns` is when the source gave it.
    """

    seq: int
    sample: Sample
    handed_over_ns: int


class Feed:
    """A one-place mailbox that knows whose turn it is to write and to read.

    A live writer replaces the unread item, at once or after some patience; a lossless one waits
    until it is taken. Changing the writer (another source) or the reader (another connection)
    takes effect at once: the one before can neither put nor take any more, so that no sample
    reaches a connection it was not meant for.
    `on_loss` is called with the number of every sample that is given up here, and the sample.
    """

    def __init__(
        self, ledger: Ledger, on_loss: Callable[[int, DropPlace, Sample], object] = lambda *_: None
    ) -> None:
        self._ledger = ledger
        self._on_loss = on_loss
        self._changed = threading.Condition()
        self._item: NumberedSample | None = None
        self._next_seq = 0
        self._writer = 0
        self._reader = 0
        self._closed = False

    def new_writer(self) -> int:
        """Take over writing; what the writer before left unread is dropped as switched."""
        with self._changed:
            self._writer += 1
            self._discard(DropPlace.SWITCHED)
            self._changed.notify_all()
            return self._writer

    def new_reader(self) -> int:
        """Take over reading, including what lies unread."""
        with self._changed:
            self._reader += 1
            self._changed.notify_all()
            return self._reader

    def leave(self, reader: int) -> None:
        """Let that reader take nothing more, not even what it waits for now."""
        with self._changed:
            if reader == self._reader:
                self._reader += 1
                self._changed.notify_all()

    def close(self) -> None:
        """Shut both ends; what lies unread is dropped as stopped."""
        with self._changed:
            self._closed = True
            self._writer += 1
            self._reader += 1
            self._discard(DropPlace.STOPPED)
            self._changed.notify_all()

    def put(
        self,
        writer: int,
        sample: Sample,
        *,
        lossless: bool,
        patience_s: float = 0.0,
        handed_over_ns: int | None = None,
    ) -> bool:
        """Hand a sample over; False if the writer has been replaced.

        A lossless writer waits for room however long it takes, or until it is replaced; a live one
        waits for `patience_s`. `handed_over_ns` is when the source gave it, if not now.
        """
        given_ns = time.monotonic_ns() if handed_over_ns is None else handed_over_ns
        with self._changed:
            if patience_s:
                self._changed.wait_for(
                    lambda: self._item is None or writer != self._writer, patience_s
                )
            if writer != self._writer:
                return False
            self._ledger.captured()
            seq, self._next_seq = self._next_seq, self._next_seq + 1
            if lossless:
                self._changed.wait_for(lambda: self._item is None or writer != self._writer)
                if writer != self._writer:
                    place = DropPlace.STOPPED if self._closed else DropPlace.SWITCHED
                    self._lose(seq, place, sample)
                    return False
            else:
                self._discard(DropPlace.WAITING)
            self._item = NumberedSample(seq, sample, given_ns)
            self._changed.notify_all()
            return True

    def take(self, reader: int, timeout_s: float) -> NumberedSample | None:
        """The next item, counted as sent; None if there was none in time or it is not our turn."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._item is not None or reader != self._reader, timeout_s
            )
            if self._item is None or reader != self._reader:
                return None
            item, self._item = self._item, None
            self._ledger.taken()
            self._changed.notify_all()
            return item

    def _discard(self, place: DropPlace) -> None:
        item, self._item = self._item, None
        if item is not None:
            self._lose(item.seq, place, item.sample)

    def _lose(self, seq: int, place: DropPlace, sample: Sample) -> None:
        self._ledger.dropped_waiting(place)
        self._on_loss(seq, place, sample)
