"""When a value crosses a level: the trigger of an oscilloscope, without anything drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

GAP_S = 2.0
"""After a pause this long nobody knows on which side the value was in between."""
_HYSTERESIS_SHARE = 0.01
"""Of the range that the value can have: so far back it must go before it counts as on its side."""


class Edge(StrEnum):
    """Which crossings count."""

    RISING = "rising"
    FALLING = "falling"
    EITHER = "either"


class TriggerMode(StrEnum):
    """What happens after it fired: nothing ever, it is armed again, it waits to be armed."""

    OFF = "off"
    NORMAL = "normal"
    SINGLE = "single"


class TriggerState(StrEnum):
    """`FILLING`: it fired, and what comes after that moment is still awaited."""

    OFF = "off"
    ARMED = "armed"
    FILLING = "filling"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Condition:
    """`quantity` names the value, which may lie in a range of `span`."""

    quantity: str
    level: float
    edge: Edge = Edge.RISING
    span: float = 1.0

    @property
    def band(self) -> tuple[float, float]:
        """At or below the first the value is below the level, at or above the second above it.

        In between it stays on its side, so that noise at the level counts once; the edge that
        counts is at the level itself.
        """
        width = _HYSTERESIS_SHARE * self.span
        match self.edge:
            case Edge.RISING:
                return self.level - width, self.level
            case Edge.FALLING:
                return self.level, self.level + width
            case _:
                return self.level - width / 2, self.level + width / 2


class Crossing:
    """Tells of one value after another whether it crossed the level; noise at it counts once."""

    def __init__(self, condition: Condition) -> None:
        self._condition = condition
        self._above: bool | None = None
        self._last_s = -math.inf

    def feed(self, at_s: float, value: float) -> bool:
        """Whether the value crossed at that moment; a value that is no number says nothing."""
        if not math.isfinite(value) or at_s < self._last_s:
            return False
        if at_s - self._last_s > GAP_S:
            self._above = None
        self._last_s = at_s
        before, (below, above) = self._above, self._condition.band
        if value >= above:
            self._above = True
        elif value <= below:
            self._above = False
        if before is None or before is self._above:
            return False
        now = Edge.RISING if self._above else Edge.FALLING
        return self._condition.edge in (Edge.EITHER, now)


class Trigger:
    """Fires on a condition, keeps the moment, and is armed again as its mode says.

    `after_s` is how long values are awaited after the moment; what crosses meanwhile is left out.
    """

    def __init__(self) -> None:
        self.mode = TriggerMode.OFF
        self.condition: Condition | None = None
        self.state = TriggerState.OFF
        self.fired_s: float | None = None
        self._until_s = -math.inf
        self._crossing: Crossing | None = None

    def set(self, mode: TriggerMode, condition: Condition | None) -> None:
        """Watch for this from now on; armed unless the mode is off or there is no condition."""
        self.mode, self.condition = mode, condition
        self.arm()

    def change(self, condition: Condition) -> None:
        """Watch for this from now on; one that holds what it fired on goes on holding it."""
        self.condition = condition
        if self.state is TriggerState.ARMED:
            self._watch()

    def arm(self) -> None:
        """Wait for the next crossing, and forget the one before."""
        self.fired_s = None
        self._watch()

    def feed(self, at_s: float, value: float) -> bool:
        """Whether it fires now; values come in the order of their moments."""
        if self.state is not TriggerState.ARMED or self._crossing is None:
            return False
        if not self._crossing.feed(at_s, value):
            return False
        self.fired_s, self.state, self._until_s = at_s, TriggerState.FILLING, math.inf
        return True

    def hold_until(self, end_s: float) -> None:
        """What comes up to then belongs to the crossing that it fired on."""
        self._until_s = end_s

    def advance(self, now_s: float) -> bool:
        """Let time pass; whether all that was awaited has come."""
        if self.state is not TriggerState.FILLING or now_s < self._until_s:
            return False
        if self.mode is TriggerMode.NORMAL:
            self._watch()
        else:
            self.state = TriggerState.HELD
        return True

    def _watch(self) -> None:
        on = self.mode is not TriggerMode.OFF and self.condition is not None
        self.state = TriggerState.ARMED if on else TriggerState.OFF
        self._crossing = Crossing(self.condition) if on and self.condition is not None else None
