"""What sources promise, by a rate or a length, against what they give."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass

from backend.core.samples import MediaKind
from backend.core.status import SourceInfo


@dataclass(slots=True)
class _Opening:
    """A source from when it was opened."""

    info: SourceInfo
    first_at: float | None = None
    given: int = 0

    def promised(self, now: float, *, ended: bool) -> int:
        """Frames that were due: of a live source until now, of a file once it has ended."""
        if self.info.kind is not MediaKind.IMAGE:
            return self.given
        if not self.info.live:
            return (self.info.items or self.given) if ended else self.given
        if not self.info.rate or self.first_at is None:
            return self.given
        # A frame is missing once the one after it is due.
        return 1 + math.floor(max(0.0, (now - self.first_at) * self.info.rate - 1))


class Promise:
    """Counts the frames of a run's sources; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: _Opening | None = None
        self._never_made = 0

    def opened(self, info: SourceInfo) -> None:
        """A source is open and gives frames from now on."""
        self.closed()
        with self._lock:
            self._open = _Opening(info)

    def given(self) -> None:
        """It gave one."""
        with self._lock:
            if self._open is not None:
                self._open.given += 1
                if self._open.first_at is None:
                    self._open.first_at = time.monotonic()

    def closed(self, *, ended: bool = False) -> None:
        """It gives no more; `ended` if it came to its end."""
        with self._lock:
            self._never_made += self._missing(ended=ended)
            self._open = None

    @property
    def never_made(self) -> int:
        """Frames that were due and never came."""
        with self._lock:
            return self._never_made + self._missing(ended=False)

    def _missing(self, *, ended: bool) -> int:
        """A source that gives more than it promised owes nothing."""
        if self._open is None:
            return 0
        return max(0, self._open.promised(time.monotonic(), ended=ended) - self._open.given)
