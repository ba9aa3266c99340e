"""Hand-overs lose nothing without counting it, and nobody waits forever."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from backend.core.flow import Credits, DrainLog, LatestSlot
from backend.core.rings import RateMeter, TraceRing
from backend.core.timing import ServerTiming, Stage, Timeline, contradict, percentiles


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


def test_a_rate_forgets_its_oldest_events_beyond_so_many() -> None:
    meter = RateMeter(window_s=100.0)
    for thousandth in range(10_000):
        meter.add(3.0, now_ns=thousandth * 1_000_000)
    assert meter.per_second(now_ns=9_999_000_000) == pytest.approx(3000.0)
    assert meter.per_second(now_ns=300_000_000_000) == 0.0
    meter.add(5.0, now_ns=300_000_000_000)
    meter.add(5.0, now_ns=300_500_000_000)
    assert meter.per_second(now_ns=300_500_000_000) == pytest.approx(10.0)


MS = 1_000_000
MARKS = {
    Stage.CAPTURED: 0,
    Stage.HANDED_OVER: MS // 2,
    Stage.TAKEN: 1 * MS,
    Stage.PREPARED: 2 * MS,
    Stage.ENCODED: 4 * MS,
    Stage.RECEIVED: 14 * MS,
    Stage.DECODED: 15 * MS,
}
SEEN = {**MARKS, Stage.SENT: 5 * MS, Stage.REPLIED: 13 * MS}
WHOLE = ServerTiming(1000, 500, 3000, 500, decode_us=700, encode_us=300)


def test_the_parts_of_an_exchange_add_up_to_its_latency() -> None:
    spans = Timeline(SEEN, WHOLE).spans_ms()
    assert spans == {
        "source": 0.5,
        "wait": 0.5,
        "prepare": 1.0,
        "encode": 2.0,
        "send": 1.0,
        "wire": 2.0,
        "server_decode": 0.7,
        "server_queue": 1.0,
        "server_input": 0.5,
        "server_infer": 3.0,
        "server_output": 0.5,
        "server_encode": 0.3,
        "receive": 1.0,
        "decode": 1.0,
        "latency": 15.0,
    }
    assert sum(spans.values()) - spans["latency"] == pytest.approx(spans["latency"])
    assert not contradict(spans)


def test_what_a_server_does_not_report_is_one_block_with_the_wire() -> None:
    silent = Timeline(SEEN).spans_ms()
    assert silent["server_and_network"] == 8.0
    assert silent["send"] == silent["receive"] == 1.0
    partly = Timeline(SEEN, ServerTiming(1000, 500, 3000, 500)).spans_ms()
    assert partly["server_and_network"] == 3.0
    assert partly["server_infer"] == 3.0
    assert "wire" not in silent | partly


def test_what_a_transport_does_not_show_is_in_the_wire() -> None:
    spans = Timeline(MARKS, WHOLE).spans_ms()
    assert spans["wire"] == 4.0
    assert "send" not in spans
    assert "receive" not in spans


def test_a_thread_that_looked_late_has_not_been_sending_while_the_server_worked() -> None:
    spans = Timeline({**SEEN, Stage.SENT: 12 * MS}, WHOLE).spans_ms()
    assert (spans["send"], spans["wire"]) == (3.0, 0.0)
    assert not contradict(spans)


def test_a_server_that_claims_more_than_there_was_is_a_contradiction() -> None:
    spans = Timeline(SEEN, ServerTiming(0, 0, 10_000, 0, 0, 0)).spans_ms()
    assert spans["wire"] == -1.0
    assert spans["latency"] == 15.0
    assert contradict(spans)


@pytest.mark.parametrize("nonsense", [float("nan"), float("inf"), 1e300])
def test_a_server_that_talks_nonsense_says_nothing(nonsense: float) -> None:
    assert Timeline(SEEN, ServerTiming(nonsense, 0, 0, 0, 0, 0)).spans_ms() == (
        Timeline(SEEN).spans_ms()
    )


def test_percentiles_ignore_what_was_not_measured() -> None:
    values = np.array([1.0, np.nan, 2.0, 3.0])
    assert percentiles(values) is not None
    assert percentiles(values)[0] == 2.0  # type: ignore[index]
    assert percentiles(np.array([np.nan])) is None
    for many in (1, 2, 5, 100):
        values = np.random.default_rng(many).gamma(2.0, 3.0, many)
        assert percentiles(values) == pytest.approx(np.percentile(values, (50, 95, 99)).tolist())
