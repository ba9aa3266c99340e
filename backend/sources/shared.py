"""One source for several readers: each gets every item, and none runs ahead of the others."""

from __future__ import annotations

import threading
from dataclasses import replace

from backend.core.samples import Captured
from backend.core.status import SourceInfo
from backend.sources.source import Source

_POLL_S = 0.1


class SharedSource:
    """Reads its source once for all its taps.

    The next item is read when every tap has taken the one before: a slow reader slows the others,
    and what a live source gives meanwhile is not read. A tap that is closed holds nobody up. The
    source is opened by the first tap, by the thread of which it is also read and closed by, one at
    a time.
    """

    def __init__(self, source: Source, count: int) -> None:
        self._source = source
        self._changed = threading.Condition()
        self._item: Captured | None = None
        self._error: Exception | None = None
        self._number = 0
        self._reading = False
        self._info: SourceInfo | None = None
        self.taps = tuple(Tap(self) for _ in range(count))

    @property
    def info(self) -> SourceInfo:
        """The source's, of which nothing is dropped."""
        return replace(self._info or self._source.info, live=False)

    def open(self, stop: threading.Event) -> SourceInfo:
        """Open the source once; raises what it raises, to every tap."""
        with self._changed:
            if self._error is not None:
                raise self._error
            if self._info is None:
                try:
                    self._info = self._source.open(stop)
                except Exception as error:
                    self._error = error
                    raise
            return self.info

    def read(self, tap: Tap, stop: threading.Event) -> Captured | None:
        """The tap's next item, None if there is none yet."""
        with self._changed:
            if tap.taken < self._number:
                return self._take(tap)
            if self._error is not None:
                raise self._error
            if self._reading or any(each.behind(self._number) for each in self.taps):
                self._changed.wait(_POLL_S)
                return self._take(tap) if tap.taken < self._number else None
            self._reading = True
        return self._read(tap, stop)

    def _read(self, tap: Tap, stop: threading.Event) -> Captured | None:
        item, failed = None, None
        try:
            item = self._source.read(stop)
        except Exception as error:  # noqa: BLE001 - the end as well: it is every tap's
            failed = error
        with self._changed:
            self._reading, self._error = False, failed
            if item is not None:
                self._item, self._number = item, self._number + 1
            self._changed.notify_all()
            if failed is not None:
                raise failed
            return self._take(tap) if item is not None else None

    def _take(self, tap: Tap) -> Captured | None:
        tap.taken = self._number
        self._changed.notify_all()
        return self._item

    def close(self, tap: Tap) -> None:
        """One reader less; with the last one the source is closed."""
        with self._changed:
            tap.closed = True
            self._changed.notify_all()
            if all(each.closed for each in self.taps):
                self._source.close()


class Tap:
    """One reader's source; see `SharedSource`. It is opened once."""

    def __init__(self, shared: SharedSource) -> None:
        self._shared = shared
        self.taken = 0
        self.closed = False

    @property
    def info(self) -> SourceInfo:
        """What the source turned out to be."""
        return self._shared.info

    def behind(self, number: int) -> bool:
        """Whether the item of that number is still to be taken."""
        return not self.closed and self.taken < number

    def open(self, stop: threading.Event) -> SourceInfo:
        """See `Source.open`."""
        return self._shared.open(stop)

    def read(self, stop: threading.Event) -> Captured | None:
        """See `Source.read`."""
        return self._shared.read(self, stop)

    def close(self) -> None:
        """See `Source.close`."""
        self._shared.close(self)
