"""Hand-overs lose nothing without counting it, and nobody waits forever."""

from __future__ import annotations

import threading

import numpy as np

from backend.core.flow import Credits, DrainLog, LatestSlot
from backend.core.rings import RateMeter, TraceRing
from backend.core.timing import ServerTiming, Stage, Timeline, percentiles


def test_the_newest_item_wins_and_the_loss_is_counted() -> None:
    slot = LatestSlot[int]()
    slot.put(1)
    slot.put(2)
    assert slot.take(timeout_s=0) == 2
    assert slot.take(timeout_s=0) is None
    assert slot.dropped == 1


def test_a_waiting_reader_can_be_woken() -> None:
    slot = LatestSlot[int]()
    answers: list[int | None] = []
    reader = threading.Thread(target=lambda: answers.append(slot.take(timeout_s=30)))
    reader.start()
    while reader.is_alive():
        slot.wake()
        reader.join(0.01)
    assert answers == [None]


def test_a_wait_for_a_credit_can_be_cut_short() -> None:
    permits = Credits(1)
    assert permits.take(0)
    answers: list[bool] = []
    taker = threading.Thread(target=lambda: answers.append(permits.take(timeout_s=30)))
    taker.start()
    while taker.is_alive():
        permits.wake()
        taker.join(0.01)
    assert answers == [False]


def test_credits_follow_a_limit_that_changes_while_they_are_out() -> None:
    permits = Credits(2)
    assert permits.take(0)
    assert permits.take(0)
    assert not permits.take(0)
    permits.limit = 1
    permits.refund()
    assert not permits.take(0), "one is out and one is allowed"
    permits.refund()
    assert permits.take(0)
    assert permits.out == 1


def test_a_full_log_loses_its_oldest_and_says_so() -> None:
    log = DrainLog[int](2)
    for item in range(5):
        log.put(item)
    assert log.drain() == [3, 4]
    assert log.drain() == []
    assert log.dropped == 3


def test_a_trace_window_is_the_newest_rows_in_order() -> None:
    ring = TraceRing(("a", "b"), capacity=4)
    for number in range(6):
        ring.append({"a": float(number)})
    window = ring.window()
    assert window[0].tolist() == [2, 3, 4, 5]
    assert np.isnan(window[1]).all()
    assert ring.count == 6


def test_a_short_trace_window_holds_only_what_came() -> None:
    ring = TraceRing(("a",), capacity=4)
    ring.append({"a": 1.0})
    assert ring.window().tolist() == [[1.0]]


def test_rates_are_counted_over_the_window_and_fall_to_zero() -> None:
    meter = RateMeter(window_s=2.0)
    for tenth in range(21):
        meter.add(10.0, now_ns=tenth * 100_000_000)
    assert meter.per_second(now_ns=2_000_000_000) == 100.0
    assert meter.per_second(now_ns=2_050_000_000) == 100.0, "not lower between two events"
    assert meter.per_second(now_ns=2_900_000_000) < 80.0, "lower once one is overdue"
    assert meter.per_second(now_ns=9_000_000_000) == 0.0
    assert meter.total == 210.0


def test_the_round_trip_is_split_by_the_servers_durations() -> None:
    marks = {
        Stage.CAPTURED: 0,
        Stage.TAKEN: 1_000_000,
        Stage.PREPARED: 2_000_000,
        Stage.ENCODED: 4_000_000,
        Stage.RECEIVED: 14_000_000,
        Stage.DECODED: 15_000_000,
    }
    spans = Timeline(marks, ServerTiming(1000, 500, 5000, 500)).spans_ms()
    assert spans["network"] == 3.0
    assert spans["server_infer"] == 5.0
    assert spans["total"] == 15.0
    parts = sum(value for name, value in spans.items() if name != "total")
    assert parts == spans["total"]
    silent = Timeline(marks).spans_ms()
    assert silent["server_and_network"] == 10.0
    assert "network" not in silent


def test_percentiles_ignore_what_was_not_measured() -> None:
    values = np.array([1.0, np.nan, 2.0, 3.0])
    assert percentiles(values) is not None
    assert percentiles(values)[0] == 2.0  # type: ignore[index]
    assert percentiles(np.array([np.nan])) is None
