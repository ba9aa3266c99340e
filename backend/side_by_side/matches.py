"""Which sample of one recording is which of another, and how far the answers to them agree."""

from __future__ import annotations

import threading
from bisect import bisect_left
from pathlib import Path

from backend.side_by_side.pairing import Pairing, RecordedWhole
from backend.side_by_side.recordings import RecordedPairs

_NEAR_NS = 5_000_000
"""Windows so near to each other are of one stretch: resampling is not exact in time."""


class Matches:
    """Two recordings of the same samples, read from beginning to end.

    `pairing` has the figures of all pairs, and their agreements in the order of the samples; the
    samples of the pairs that differ most are those of A. Raises UsageError for recordings of other
    samples, SourceError for a file that cannot be read.
    """

    def __init__(self, a: Path, b: Path, pairing: Pairing, stop: threading.Event) -> None:
        self.a, self.b, self.pairing = a, b, pairing
        found: dict[int, int] = {}

        def matched(ours: RecordedWhole, theirs: RecordedWhole) -> None:
            found[ours.captured_ns] = theirs.captured_ns

        pairs = RecordedPairs(a, b, pairing, matched)
        pairs.run(stop)
        if pairs.error is not None:
            raise pairs.error
        pairing.finish()
        self._moments = sorted(found.items())

    def in_b(self, at_ns: int) -> int | None:
        """The moment in B of the sample that A captured then; None if B has it not."""
        moments = self._moments
        place = bisect_left(moments, (at_ns, 0))
        near = moments[max(0, place - 1) : place + 1]
        ours, theirs = min(near, key=lambda each: abs(each[0] - at_ns), default=(None, None))
        return theirs if ours is not None and abs(ours - at_ns) < _NEAR_NS else None
