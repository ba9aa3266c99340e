"""When a trigger fires, by values: edges, noise at the level, what is no number, pauses, modes."""

from __future__ import annotations

import math

import pytest

from gui.state.trigger import (
    GAP_S,
    Condition,
    Crossing,
    Edge,
    Trigger,
    TriggerMode,
    TriggerState,
)

STEP_S = 0.1


def fired(values: list[float], edge: Edge = Edge.RISING, level: float = 0.5) -> list[int]:
    """The places of the values at which a crossing is told."""
    crossing = Crossing(Condition("score", level, edge))
    return [n for n, value in enumerate(values) if crossing.feed(n * STEP_S, value)]


@pytest.mark.parametrize(
    ("edge", "places"),
    [(Edge.RISING, [1, 4]), (Edge.FALLING, [2]), (Edge.EITHER, [1, 2, 4])],
)
def test_only_the_wanted_edges_count(edge: Edge, places: list[int]) -> None:
    assert fired([0.2, 0.8, 0.3, 0.4, 0.9, 0.95], edge) == places


def test_the_first_value_crosses_nothing() -> None:
    assert fired([0.9, 0.9]) == []
    assert fired([0.1], Edge.FALLING) == []


def test_a_value_at_the_level_has_crossed_it() -> None:
    assert fired([0.2, 0.5]) == [1]
    assert fired([0.8, 0.5], Edge.FALLING) == [1]


def test_noise_at_the_level_counts_once() -> None:
    assert fired([0.2, 0.501, 0.497, 0.503, 0.496, 0.51]) == [1]
    assert fired([0.2, 0.501, 0.489, 0.503]) == [1, 3]
    assert fired([0.8, 0.499, 0.503, 0.497], Edge.FALLING) == [1]
    assert fired([0.2, 0.8, 0.498, 0.502], Edge.EITHER) == [1]


def test_the_band_grows_with_the_range_of_the_value() -> None:
    rising = Condition("pitch", 440.0, Edge.RISING, span=1000.0)
    assert rising.band == (430.0, 440.0)
    assert Condition("pitch", 440.0, Edge.FALLING, span=1000.0).band == (440.0, 450.0)
    assert Condition("pitch", 440.0, Edge.EITHER, span=1000.0).band == (435.0, 445.0)


@pytest.mark.parametrize("nothing", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_neither_crosses_nor_forgets(nothing: float) -> None:
    assert fired([0.2, nothing, 0.8]) == [2]
    assert fired([0.8, nothing, 0.8]) == []


def test_after_a_pause_nobody_knows_where_the_value_was() -> None:
    crossing = Crossing(Condition("score", 0.5))
    assert not crossing.feed(0.0, 0.2)
    assert not crossing.feed(GAP_S + 0.01, 0.9)
    assert not crossing.feed(GAP_S + 0.02, 0.2)
    assert crossing.feed(2 * GAP_S, 0.9)


def test_a_value_of_before_is_left_out() -> None:
    crossing = Crossing(Condition("score", 0.5))
    crossing.feed(1.0, 0.2)
    assert not crossing.feed(0.5, 0.9)
    assert crossing.feed(1.1, 0.9)


def crossed(trigger: Trigger, at_s: float) -> bool:
    """Whether it fires on a crossing at that moment."""
    return not trigger.feed(at_s - 0.1, 0.1) and trigger.feed(at_s, 0.9)


def state_of(trigger: Trigger) -> tuple[TriggerState, float | None]:
    """Its state, and the moment it fired at."""
    return trigger.state, trigger.fired_s


def test_an_unset_trigger_never_fires() -> None:
    trigger = Trigger()
    assert not crossed(trigger, 1.0)
    trigger.set(TriggerMode.SINGLE, None)
    assert trigger.state is TriggerState.OFF
    assert not crossed(trigger, 2.0)
    trigger.set(TriggerMode.OFF, Condition("score", 0.5))
    assert not crossed(trigger, 3.0)


def test_a_single_shot_stays_until_it_is_armed_again() -> None:
    trigger = Trigger()
    trigger.set(TriggerMode.SINGLE, Condition("score", 0.5))
    assert crossed(trigger, 1.0)
    trigger.hold_until(3.0)
    assert state_of(trigger) == (TriggerState.FILLING, 1.0)
    assert not crossed(trigger, 2.0)
    assert not trigger.advance(2.9)
    assert trigger.advance(3.0)
    assert state_of(trigger) == (TriggerState.HELD, 1.0)
    assert not trigger.advance(3.1)
    assert not crossed(trigger, 4.0)
    assert state_of(trigger) == (TriggerState.HELD, 1.0)
    trigger.arm()
    assert state_of(trigger) == (TriggerState.ARMED, None)
    assert crossed(trigger, 5.0)


def test_a_normal_trigger_is_armed_again_once_the_plot_is_full() -> None:
    trigger = Trigger()
    trigger.set(TriggerMode.NORMAL, Condition("score", 0.5))
    assert crossed(trigger, 1.0)
    trigger.hold_until(3.0)
    assert not crossed(trigger, 2.0)
    assert trigger.advance(3.0)
    assert state_of(trigger) == (TriggerState.ARMED, 1.0)
    assert crossed(trigger, 4.0)
    assert trigger.fired_s == 4.0


def test_another_level_leaves_what_is_held() -> None:
    trigger = Trigger()
    trigger.set(TriggerMode.SINGLE, Condition("score", 0.5))
    assert crossed(trigger, 1.0)
    trigger.hold_until(2.0)
    trigger.change(Condition("score", 0.95))
    trigger.advance(2.0)
    assert state_of(trigger) == (TriggerState.HELD, 1.0)
    trigger.arm()
    assert not crossed(trigger, 3.0)
    assert trigger.feed(3.1, 0.96)
