"""What can be done with a file that is played."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from gui.live.playback.bar import SPEEDS, speed_text
from gui.live.playback.controller import PlaybackController
from gui.widgets.language import tr
from gui.workspace.commands import Command


def playback_commands(controller: PlaybackController) -> Iterator[Command]:
    """The bar's buttons and menus; the keys are those of the picture."""
    for name, title, act in (
        ("toggle", tr("Play or pause the file"), controller.toggle),
        ("forward", tr("One sample on"), partial(controller.step, 1)),
        ("back", tr("One sample back"), partial(controller.step, -1)),
        ("start", tr("To the start of the file"), controller.to_start),
        ("span_start", tr("Begin the repeated stretch here"), controller.begin_span),
        ("span_end", tr("End the repeated stretch here"), controller.end_span),
        ("whole", tr("Play the whole file again"), controller.clear_span),
    ):
        blocked = controller.why_no_file if name == "toggle" else controller.why_not
        yield Command(
            f"playback.{name}",
            title,
            act,
            blocked=blocked,
            aliases="replay recording video file transport",
        )
    for speed in SPEEDS:
        yield Command(
            f"playback.speed.{speed}",
            tr("Playback speed: {speed}", speed=speed_text(speed)),
            partial(controller.use_speed, speed),
            blocked=controller.why_no_file,
            checked=partial(_is_chosen, controller, speed),
            aliases="replay recording video file transport",
        )


def _is_chosen(controller: PlaybackController, speed: float | None) -> bool:
    return controller.speed == speed
