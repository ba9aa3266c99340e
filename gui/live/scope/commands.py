"""Cursors, freezing and the trigger as commands."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from gui.live.scope.controller import ScopeController
from gui.live.scope.popover import TriggerPopover
from gui.state.trigger import TriggerMode
from gui.widgets.language import tr
from gui.workspace.commands import Command


def scope_commands(scope: ScopeController, popover: TriggerPopover) -> Iterator[Command]:
    """What an oscilloscope has keys for."""

    def why_none() -> str:
        return "" if scope.cursors else tr("There is no cursor.")

    def why_off() -> str:
        return "" if scope.trigger.mode is not TriggerMode.OFF else tr("The trigger is off.")

    for name in ("A", "B"):
        yield Command(
            f"plots.cursor.{name.lower()}",
            tr("Place cursor {name}", name=name),
            partial(scope.place, name),
            "View/plots",
            aliases="measure delta difference oscilloscope",
        )
    yield Command(
        "plots.cursors.remove",
        tr("Remove the cursors"),
        scope.remove_cursors,
        "View/plots",
        blocked=why_none,
    )
    yield Command(
        "plots.freeze",
        tr("Freeze the plots"),
        scope.toggle_freeze,
        "View/plots",
        checked=lambda: scope.frozen,
        aliases="stop hold pause oscilloscope",
    )
    yield Command(
        "plots.trigger",
        tr("Trigger..."),
        popover.open,
        "View/plots",
        aliases="level edge single shot oscilloscope capture",
    )
    yield Command("plots.arm", tr("Arm the trigger"), scope.arm, "View/plots", blocked=why_off)
