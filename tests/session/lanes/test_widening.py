"""More in flight are tried where there are replicas, and kept only where they pay."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backend.core.choices import MAX_IN_FLIGHT
from backend.session.lanes import Widening


class Run:
    """A run by the clock of the test: `rate` says how many answers a second a number in flight
    brings."""

    def __init__(self, rate: Callable[[int], float]) -> None:
        self.widening = Widening()
        self.rate = rate
        self.now_s = 100.0
        self.answered = 0.0
        self.limits: list[int] = []

    def go(self, seconds: int, replicas: int, narrow: int = 1) -> int:
        """Ask every second; the number in force at the end."""
        for _ in range(seconds):
            limit = self.widening.limit(narrow, replicas, int(self.answered), self.now_s)
            self.limits.append(limit)
            self.now_s += 1.0
            self.answered += self.rate(limit)
        return self.limits[-1]


def test_what_pays_is_kept() -> None:
    run = Run(lambda limit: 20.0 * limit)
    assert run.go(120, replicas=2) == 2
    assert run.limits.index(2) <= 5
    assert 1 not in run.limits[run.limits.index(2) :]


def test_what_does_not_pay_is_given_up_and_tried_again() -> None:
    run = Run(lambda _limit: 20.0)
    assert run.go(20, replicas=2) == 1
    assert 0 < run.limits.count(2) < 6
    run.rate = lambda limit: 20.0 * limit
    assert run.go(60, replicas=2) == 2


@pytest.mark.parametrize("replicas", [0, 1])
def test_without_replicas_nothing_is_tried(replicas: int) -> None:
    run = Run(lambda limit: 20.0 * limit)
    run.go(60, replicas)
    assert set(run.limits) == {1}


def test_a_number_that_is_large_enough_already_stays() -> None:
    run = Run(lambda limit: 20.0 * limit)
    run.go(60, replicas=2, narrow=3)
    assert set(run.limits) == {3}


def test_there_is_a_bound() -> None:
    run = Run(lambda limit: 20.0 * limit)
    assert run.go(30, replicas=100) == MAX_IN_FLIGHT


def test_replicas_that_come_and_go_are_followed() -> None:
    run = Run(lambda limit: 20.0 * limit)
    assert run.go(20, replicas=2) == 2
    assert run.go(20, replicas=3) == 3
    assert run.go(20, replicas=1) == 1


def test_a_slow_model_is_watched_until_it_can_be_told() -> None:
    run = Run(lambda limit: 0.7 * limit)
    assert run.go(40, replicas=2) == 2


def test_nothing_answered_is_no_reason_for_more() -> None:
    assert Run(lambda _limit: 0.0).go(25, replicas=2) == 1
