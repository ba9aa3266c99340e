"""Percentiles of a whole run, against all of its answers."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.choices import RunSettings
from backend.core.histogram import RELATIVE_ERROR
from backend.core.ledger import Ledger
from backend.core.samples import Frame
from backend.core.status import Result
from backend.core.target import Target
from backend.core.timing import Stage, Timeline
from backend.core.traffic import Traffic
from backend.session.lanes.delivery import Delivery
from backend.session.sinks import Subscriptions


def test_they_are_of_every_answer_and_not_of_the_newest() -> None:
    """The first half is fast: what only looked at the newest would not know of it."""
    rng = np.random.default_rng(3)
    latencies_ms = np.concatenate([rng.uniform(1, 2, 20_000), rng.uniform(50, 90, 20_000)])
    ledger = Ledger()
    delivery = Delivery(ledger, Subscriptions())
    frame = Frame(0, 0, np.zeros((2, 2, 3), np.uint8))
    settings = RunSettings(Target("t"), "identity")
    for seq, latency_ms in enumerate(latencies_ms):
        ledger.captured()
        ledger.taken()
        delivery.sent(seq)
        end_ns = 10**9 + int(latency_ms * 1e6)
        marks = {Stage.CAPTURED: 10**9, Stage.RECEIVED: end_ns, Stage.DECODED: end_ns}
        delivery.answered(Result(seq, frame, (), Timeline(marks), Traffic(), settings))
    told = delivery.latency()
    assert told is not None
    assert told.count == len(latencies_ms)
    for share, value in ((0.5, told.p50), (0.95, told.p95), (0.99, told.p99)):
        exact = np.quantile(latencies_ms, share, method="inverted_cdf")
        assert value == pytest.approx(exact, rel=RELATIVE_ERROR * 1.01)
