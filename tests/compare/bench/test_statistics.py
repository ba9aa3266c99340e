"""What windows come to, and how certain it is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backend.compare.bench.answers import Answer, Cpu, Window
from backend.compare.bench.statistics import Sampling, is_stable, outliers
from backend.core.traffic import Traffic
from tests.compare.bench.made import window


def answer(decoded_ms: float) -> Answer:
    """One that came so many ms after the window's start, and took 20."""
    at_ns = round(decoded_ms * 1e6)
    due_ns = at_ns - 20_000_000
    return Answer(due_ns, due_ns, due_ns, due_ns, at_ns, at_ns, Traffic())


def test_the_interval_holds_the_true_median_nineteen_times_of_twenty() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(100):
        shifts = rng.normal(0, 0.05, 12)  # a machine is busy for a window, not for a request
        windows = [window(rng.lognormal(2 + shift, 0.2, 60)) for shift in shifts]
        found = Sampling(windows).latency_ms(0.5)
        assert found.low <= found.value <= found.high
        held += found.low <= math.exp(2) <= found.high
    assert 85 <= held <= 100


def test_more_spread_windows_give_wider_intervals() -> None:
    rng = np.random.default_rng(2)

    def width(spread: float) -> float:
        shifts = rng.normal(0, spread, 10)
        found = Sampling([window(rng.lognormal(s, 0.1, 100)) for s in shifts]).latency_ms(0.5)
        return found.high - found.low

    assert width(0.3) > 2 * width(0.02)


def test_a_rate_is_the_mean_of_the_windows() -> None:
    found = Sampling([window([1.0], 90.0), window([1.0], 110.0)]).rate()
    assert found.value == 100.0
    assert 90.0 <= found.low <= found.high <= 110.0


def test_nothing_answered_is_not_known() -> None:
    found = Sampling([window([], 0.0)])
    assert math.isnan(found.latency_ms(0.5).value)
    assert found.rate().value == 0.0


def test_three_windows_within_ten_percent_are_stable() -> None:
    close = [window([value] * 10, rate) for value, rate in ((10, 99), (10.5, 101), (9.6, 100))]
    assert is_stable(close)
    assert not is_stable(close[:2])
    assert not is_stable([*close[:2], window([13.0] * 10, 100)])
    assert not is_stable([*close[:2], window([10.0] * 10, 140)])
    assert is_stable([window([99.0] * 10, 5), *close])


@pytest.mark.parametrize(("far", "count"), [(10.0, 0), (10.4, 0), (30.0, 1)])
def test_a_window_far_off_is_counted(far: float, count: int) -> None:
    near = [window([value]) for value in (10.0, 10.1, 9.9, 10.05, 9.95)]
    assert outliers([*near, window([far])]) == count


@pytest.mark.parametrize("in_flight", [1, 4])
def test_the_rate_of_a_slow_model_loses_no_answer_at_the_end_of_the_window(in_flight: int) -> None:
    """A model of 20 ms, in a window of 0.19 s, in which 9 answers come and the 10th is due."""
    answers = [answer((number // in_flight + 1) * 20.0) for number in range(10 * in_flight)]
    found = Window.of(answers, {}, 0, 0.19, Cpu())
    assert found.rate == pytest.approx(50 * in_flight)


def test_a_stall_at_the_end_counts_and_a_clock_that_sends_is_not_stretched() -> None:
    stalled = Window.of([answer(10.0), answer(20.0), answer(500.0)], {}, 0, 0.1, Cpu())
    assert stalled.rate == pytest.approx(3 / 0.5)
    clocked = Window.of([answer(5.0), answer(105.0), answer(205.0)], {}, 0, 0.3, Cpu())
    assert clocked.rate == pytest.approx(10.0)
    assert Window.of([], {}, 0, 0.3, Cpu()).rate == 0.0
