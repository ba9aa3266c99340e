"""Where answers come together: counted, ordered and handed to whoever shows them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from backend.core.errors import ConsoleError, ReplyMismatch
from backend.core.flow import DrainLog, LatestSlot
from backend.core.ledger import DropPlace, Ledger
from backend.core.rings import RateMeter, TraceRing
from backend.core.status import Result
from backend.core.timing import SPANS, Stage

TRACE_COLUMNS = ("at_s", *SPANS, "total", "bytes_out", "bytes_in", "lane")
"""Columns of the trace ring: `at_s` is the monotonic time of the reply, spans are milliseconds.

`lane` is the number of the connection and settings that the answer belongs to.
"""

_TRACES_KEPT = 4096
_MISMATCHES_TOLD = 16
"""A server whose every reply is wrong in another way is not listened to any further."""


class Delivery:
    """Takes answers from every lane and lets them out in the order of their samples.

    In a live run an answer that comes after a later one's is dropped as overtaken. In a patient
    run (files) every answer counts: one that comes early waits for those before it, at most as
    many as there are requests in flight.

    `mismatches` holds the first reply of each kind that was not what was asked for.
    """

    def __init__(self, ledger: Ledger, on_result: Callable[[Result], None] | None) -> None:
        self._ledger = ledger
        self._on_result = on_result
        self._lock = threading.RLock()
        self._open: set[int] = set()
        self._early: dict[int, Result] = {}
        self._newest = -1
        self.patient = False
        self._mismatches: set[str] = set()
        self.last_failure: ConsoleError | None = None
        self.mismatches: DrainLog[ReplyMismatch] = DrainLog(_MISMATCHES_TOLD)
        self.latest: LatestSlot[Result] = LatestSlot()
        self.results: DrainLog[Result] = DrainLog(64)
        self.traces = TraceRing(TRACE_COLUMNS, _TRACES_KEPT)
        self.answers = RateMeter()
        self.bytes_out = RateMeter()
        self.bytes_in = RateMeter()

    def sent(self, seq: int) -> None:
        """A sample is on its way: later answers of a patient run wait for it."""
        with self._lock:
            self._open.add(seq)

    def answered(self, result: Result) -> None:
        """A reply came and was understood."""
        with self._lock:
            self._open.discard(result.seq)
            if self.patient:
                self._ledger.answered()
                self._early[result.seq] = result
                self._let_out()
            elif result.seq < self._newest:
                self._ledger.dropped_in_flight(DropPlace.OVERTAKEN)
            else:
                self._ledger.answered()
                self._publish(result)

    def failed(self, seq: int, error: ConsoleError) -> None:
        """A request got an error instead of a reply."""
        with self._lock:
            self.last_failure = error
            self._ledger.failed()
            if isinstance(error, ReplyMismatch):
                self._tell_once(error)
            self._forget(seq)

    def dropped(self, seq: int, place: DropPlace) -> None:
        """A request in flight was given up."""
        with self._lock:
            self._ledger.dropped_in_flight(place)
            self._forget(seq)

    def _tell_once(self, error: ReplyMismatch) -> None:
        told = self._mismatches
        if error.message not in told and len(told) < _MISMATCHES_TOLD:
            told.add(error.message)
            self.mismatches.put(error)

    def _forget(self, seq: int) -> None:
        self._open.discard(seq)
        self._let_out()

    def _let_out(self) -> None:
        blocker = min(self._open, default=None)
        for seq in sorted(self._early):
            if blocker is not None and seq > blocker:
                return
            self._publish(self._early.pop(seq))

    def _publish(self, result: Result) -> None:
        self._newest = result.seq
        self.answers.add()
        self.bytes_out.add(result.bytes_out)
        self.bytes_in.add(result.bytes_in)
        self.traces.append(
            {
                "at_s": result.timeline.marks[Stage.RECEIVED] / 1e9,
                **result.timeline.spans_ms(),
                "bytes_out": result.bytes_out,
                "bytes_in": result.bytes_in,
                "lane": result.lane,
            }
        )
        self.latest.put(result)
        self.results.put(result)
        if self._on_result is not None:
            self._on_result(result)
