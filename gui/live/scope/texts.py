"""What the trigger says of itself."""

from __future__ import annotations

from collections.abc import Callable

from gui.live.scope.quantity import line_of
from gui.state.trigger import Edge, Trigger, TriggerState
from gui.views.moments import clock_text
from gui.views.plots import Item
from gui.widgets.language import tr

ARROWS = {Edge.RISING: "↑", Edge.FALLING: "↓", Edge.EITHER: "↕"}


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
