"""What can be done on the live page."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from gui.views.overlay import Layer
from gui.widgets.language import tr
from gui.workspace.commands import Command

if TYPE_CHECKING:
    from gui.live.page import LivePage


def live_commands(page: LivePage) -> Iterator[Command]:
    """The picture's commands, then one for each panel."""
    yield from _picture(page)
    yield from _panels(page)


def _picture(page: LivePage) -> Iterator[Command]:
    pane = page.pane
    yield Command(
        "view.locked",
        tr("Show results on their own frames"),
        pane.toggle_locked,
        "View",
        ("Ctrl+Shift+F",),
        checked=lambda: pane.locked,
        aliases="locked live",
    )
    yield Command(
        "view.mirror",
        tr("Mirror"),
        pane.toggle_mirror,
        "View",
        ("Ctrl+Shift+M",),
        checked=lambda: pane.memory.mirror,
    )
    yield Command("view.rotate", tr("Rotate by 90°"), pane.rotate, "View", ("Ctrl+Shift+E",))
    for layer in Layer:
        yield Command(
            f"view.layer.{layer}",
            tr("Show {layer}", layer=tr(str(layer))),
            partial(pane.toggle_layer, layer),
            "View/layers",
            checked=partial(pane.shows, layer),
            aliases="overlay layer",
        )


def _panels(page: LivePage) -> Iterator[Command]:
    for name, title in page.panel_titles():
        yield Command(
            f"panel.{name}",
            tr("Show {panel}", panel=title.lower()),
            partial(page.open_dock, name),
            "Panels",
            aliases="panel dock",
        )
    yield Command(
        "panels.lock",
        tr("Lock panels"),
        page.toggle_locked_docks,
        "Panels/layout",
        checked=lambda: page.locked,
    )
    yield Command("panels.reset", tr("Reset panels"), page.reset, "Panels/layout")
