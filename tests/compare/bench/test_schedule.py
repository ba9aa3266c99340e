"""When requests are due."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from backend.compare.bench.schedule import Load, Schedule
from backend.core.bench_choices import Arrivals
from backend.core.errors import UsageError

SECOND = 1_000_000_000


def moments(schedule: Schedule) -> list[int]:
    found = []
    while (due := schedule.next_due(0)) is not None:
        found.append(due)
    return found


def test_a_closed_loop_is_due_at_once_until_its_end() -> None:
    schedule = Schedule(Load(), 1000, 500)
    assert schedule.next_due(1200) == 1200
    assert schedule.next_due(1499) == 1499
    assert schedule.next_due(1500) is None


def test_a_clock_is_due_at_equal_distances_whenever_it_is_asked() -> None:
    load = Load(Arrivals.FIXED, 100.0)
    found = moments(Schedule(load, 7 * SECOND, SECOND))
    assert len(found) == 100
    assert {later - earlier for earlier, later in pairwise(found)} == {SECOND // 100}
    late = Schedule(load, 7 * SECOND, SECOND)
    assert [late.next_due(20 * SECOND) for _ in range(100)] == found


def test_poisson_has_the_rate_and_the_spread_of_independent_clients() -> None:
    load = Load(Arrivals.POISSON, 1000.0, seed=3)
    found = np.array(moments(Schedule(load, 0, 10 * SECOND)))
    distances = np.diff(found) / SECOND
    assert len(found) == pytest.approx(10_000, rel=0.05)
    assert distances.std() == pytest.approx(distances.mean(), rel=0.05)


def test_a_seed_gives_the_same_moments_and_every_window_others() -> None:
    load = Load(Arrivals.POISSON, 50.0, seed=3)
    assert moments(Schedule(load, 0, SECOND, 4)) == moments(Schedule(load, 0, SECOND, 4))
    assert moments(Schedule(load, 0, SECOND, 4)) != moments(Schedule(load, 0, SECOND, 5))


@pytest.mark.parametrize(
    ("arrivals", "rate"),
    [
        (Arrivals.CLOSED, 10.0),
        (Arrivals.FIXED, 0.0),
        (Arrivals.POISSON, -1.0),
        (Arrivals.FIXED, 1e6),
    ],
)
def test_a_rate_that_does_not_fit_is_refused(arrivals: Arrivals, rate: float) -> None:
    with pytest.raises(UsageError, match="rate"):
        Load(arrivals, rate)
