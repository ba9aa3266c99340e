"""What cursors and trigger say of themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime

from gui.live.scope.quantity import line_of
from gui.state.cursors import Cursors
from gui.state.trigger import Edge, Trigger, TriggerState
from gui.views.plots import Item, signed
from gui.widgets.language import number, tr

ARROWS = {Edge.RISING: "↑", Edge.FALLING: "↓", Edge.EITHER: "↕"}


def clock_text(at_s: float) -> str:
    """A moment of the clock of the samples as the time of day, to the millisecond."""
    shown = round((at_s + time.time() - time.monotonic()) * 1000)
    moment = datetime.fromtimestamp(shown // 1000).astimezone()
    return moment.strftime("%H:%M:%S") + number(shown % 1000 / 1000, 3)[1:]


def duration_text(seconds: float) -> str:
    """A length of time, to the millisecond below ten seconds."""
    return f"{number(seconds, 3 if seconds < 10 else 2)} s"


def cursor_items(cursors: Cursors) -> Iterator[Item]:
    """Where they are, and how far apart."""
    for name, at_s in cursors.placed:
        yield Item(f"{name} {clock_text(at_s)}")
    apart = cursors.difference_s
    if apart is not None:
        yield Item(f"Δ {signed(apart, duration_text)}")


def trigger_item(trigger: Trigger, text_of: Callable[[float], str]) -> Item:
    """What it watches, and in which state it is."""
    condition = trigger.condition
    watched = ""
    if condition is not None:
        arrow = ARROWS[condition.edge]
        watched = f"{line_of(condition.quantity)} {arrow} {text_of(condition.level)}"
    return Item(f"T  {watched}  {state_text(trigger)}")


def state_text(trigger: Trigger) -> str:
    """The state in words."""
    if trigger.state is TriggerState.OFF:
        return tr("off")
    if trigger.fired_s is None:
        return tr("armed")
    moment = clock_text(trigger.fired_s)
    if trigger.state is TriggerState.FILLING:
        return tr("triggered {time}, filling", time=moment)
    if trigger.state is TriggerState.ARMED:
        return tr("triggered {time}, armed again", time=moment)
    return tr("triggered {time}", time=moment)
