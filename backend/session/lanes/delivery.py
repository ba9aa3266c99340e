"""Where answers come together: counted, measured, ordered and published."""

from __future__ import annotations

import math
import threading

import numpy as np

from backend.core.choices import MAX_IN_FLIGHT, RunSettings, Transport
from backend.core.errors import ConsoleError, ReplyMismatch
from backend.core.histogram import DurationHistogram
from backend.core.ledger import DropPlace, Ledger
from backend.core.rings import RateMeter, TraceRing
from backend.core.samples import Sample
from backend.core.status import (
    REQUEST_ALERT,
    Failure,
    Loss,
    Notice,
    Quantiles,
    Result,
    Sent,
    Severity,
    Word,
)
from backend.core.timing import SPANS, Stage, Timeline, contradict
from backend.core.traffic import Traffic, TrafficMeter
from backend.profiles.model_profile import ModelProfile
from backend.session.lanes.outages import Outages
from backend.session.lanes.word_spotter import WordSpotter
from backend.session.sinks import FAILURES, LOSSES, NOTICES, RESULTS, SENT, WORDS, Subscriptions

_RECENT = 60
_NOTHING = Traffic()

TRACE_COLUMNS = ("at_s", *SPANS, "latency", "bytes_out", "bytes_in", "lane")
"""Columns of the trace ring: `at_s` is the monotonic time of the reply, spans are milliseconds.

`lane` is the number of the connection and settings that the answer belongs to.
"""

TRACES_KEPT = 16_384
_MISMATCHES_REPORTED = 16
"""A server whose every reply is wrong in another way causes no more notices than this."""


class Delivery:
    """Takes answers from every lane and lets them out in the order of their samples.

    In a live run an answer that comes after a later one's is dropped as overtaken. In a lossless
    run (files) every answer counts: one that comes early waits for those before it, at most as
    many as there are requests in flight.

    The first reply of each kind that does not fit its request is published as a notice. Latencies
    are counted for the whole run, but for answers that lived through an outage.
    """

    def __init__(self, ledger: Ledger, subscriptions: Subscriptions) -> None:
        self._ledger = ledger
        self._subscriptions = subscriptions
        self._lock = threading.RLock()
        self._open: set[int] = set()
        self._early: dict[int, Result] = {}
        self._newest = -1
        self.lossless = False
        self._words = WordSpotter()
        self._mismatches: set[str] = set()
        self.last_failure: ConsoleError | None = None
        self.traces = TraceRing(TRACE_COLUMNS, TRACES_KEPT)
        self.answers = RateMeter()
        self.traffic = TrafficMeter()
        self.outages = Outages()
        self.clock_trouble = 0
        self._latencies = DurationHistogram()

    def latency(self) -> Quantiles | None:
        """Of all answers so far, None before the first."""
        with self._lock:
            known = self._latencies
            if not known.count:
                return None
            return Quantiles(known.count, *known.several_ms((0.5, 0.95, 0.99)))

    def wait_for_room(self, timeout_s: float) -> bool:
        """Whether every reader that must get each answer has room for more, waiting if not."""
        return self._subscriptions.wait_for_room(timeout_s)

    def expect(self, profile: ModelProfile) -> None:
        """From now on words are spotted as this profile says."""
        with self._lock:
            self._words.expect(profile)

    def finish(self) -> None:
        """No answer comes any more: let out the word that was under way."""
        with self._lock:
            self._publish_word(self._words.finish())

    def sent(self, seq: int) -> None:
        """A sample is on its way: later answers of a lossless run wait for it."""
        with self._lock:
            self._open.add(seq)

    def publish_sent(self, sent: Sent) -> None:
        """Give out a sample as it goes onto the wire."""
        self._subscriptions.publish(SENT, sent)

    def answered(self, result: Result) -> None:
        """A reply came and was understood."""
        with self._lock:
            self._open.discard(result.seq)
            if self.lossless or self._early:
                self._ledger.answered()
                self._early[result.seq] = result
                self._publish_ready()
            elif result.seq < self._newest:
                self._ledger.dropped_in_flight(DropPlace.OVERTAKEN)
                self.lost(result.seq, DropPlace.OVERTAKEN, result.sample, result.traffic)
            else:
                self._ledger.answered()
                self._publish(result)

    def failed(self, seq: int, error: ConsoleError, traffic: Traffic = _NOTHING) -> None:
        """A request got an error instead of a reply."""
        with self._lock:
            self.last_failure = error
            self._ledger.failed()
            if isinstance(error, ReplyMismatch):
                self._report_once(error)
            self._subscriptions.publish(FAILURES, Failure(seq, error, traffic))
            self._forget(seq)

    def dropped(
        self, seq: int, place: DropPlace, sample: Sample, traffic: Traffic = _NOTHING
    ) -> None:
        """A request in flight was given up."""
        with self._lock:
            self._ledger.dropped_in_flight(place)
            self.lost(seq, place, sample, traffic)
            self._forget(seq)

    def lost(self, seq: int, place: DropPlace, sample: Sample, traffic: Traffic = _NOTHING) -> None:
        """Tell readers of a sample that gets no answer; it is counted by whoever gave it up."""
        captured_ns = sample.captured_ns, sample.captured_ns
        self._subscriptions.publish(LOSSES, Loss(seq, seq, place, traffic, captured_ns))

    def _report_once(self, error: ReplyMismatch) -> None:
        reported = self._mismatches
        if error.message not in reported and len(reported) < _MISMATCHES_REPORTED:
            reported.add(error.message)
            notice = Notice(Severity.WARNING, error.message, error.hint, REQUEST_ALERT)
            self._subscriptions.publish(NOTICES, notice)

    def _forget(self, seq: int) -> None:
        self._open.discard(seq)
        self._publish_ready()

    def _publish_ready(self) -> None:
        blocker = min(self._open, default=None)
        for seq in sorted(self._early):
            if blocker is not None and seq > blocker:
                return
            self._publish(self._early.pop(seq))

    def _publish(self, result: Result) -> None:
        self._newest = result.seq
        self.answers.add()
        self.traces.append(
            {
                "at_s": result.timeline.marks[Stage.RECEIVED] / 1e9,
                **self._measured(result.timeline),
                "bytes_out": result.traffic.bytes_out,
                "bytes_in": result.traffic.bytes_in,
                "lane": result.lane,
            }
        )
        self._subscriptions.publish(RESULTS, result)
        self._publish_word(self._words.add(result))

    def _publish_word(self, word: Word | None) -> None:
        if word is not None:
            self._subscriptions.publish(WORDS, word)

    def _measured(self, timeline: Timeline) -> dict[str, float]:
        """The spans that tell of the target: after an outage neither wait nor latency does."""
        spans = timeline.spans_ms()
        self.clock_trouble += contradict(spans)
        captured = timeline.marks.get(Stage.CAPTURED)
        if captured is None or "latency" not in spans:
            return spans
        if self.outages.delayed(captured, timeline.marks[Stage.DECODED]):
            del spans["latency"]
            spans.pop("wait", None)
        elif spans["latency"] >= 0:
            self._latencies.add(spans["latency"])
        return spans


def flight_limit(settings: RunSettings, traces: TraceRing, *, sequence: bool = False) -> int:
    """The user's number; else 1 on loopback, elsewhere enough to hide the network.

    That is 1 + ceil((send + wire + receive) / service), at most 8: while one request is computed,
    so many others are on the wire. Without the server's own times nothing is known, and 2 keep it
    busy. Of a sequence there is 1, unless a stream keeps its requests in order.
    """
    if sequence and settings.transport is not Transport.GRPC_STREAM:
        return 1
    if settings.in_flight is not None:
        return settings.in_flight
    if settings.target.loopback:
        return 1
    rows = traces.window()[:, -_RECENT:]
    ends = np.nan_to_num(rows[[traces.columns["send"], traces.columns["receive"]]])
    network = rows[traces.columns["wire"]] + ends.sum(axis=0)
    service = rows[traces.columns["server_infer"]] + rows[traces.columns["server_input"]]
    known = np.isfinite(network) & np.isfinite(service) & (service > 0)
    if not known.any():
        return 2
    ratio = float(np.median(network[known]) / np.median(service[known]))
    return max(1, min(MAX_IN_FLIGHT, 1 + math.ceil(ratio)))
