"""What can be done on the live page."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from gui.live.preview_pane import PreviewPane
from gui.views.overlay import Layer
from gui.widgets.language import tr
from gui.workspace.commands import Command
from gui.workspace.docks import DockArea


def picture_commands(pane: PreviewPane) -> Iterator[Command]:
    """How the picture is shown, and what is drawn over it."""
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


def panel_commands(docks: DockArea) -> Iterator[Command]:
    """One for each panel, then where they all are."""
    for name, title in docks.panel_titles():
        yield Command(
            f"panel.{name}",
            tr("Show {panel}", panel=title.lower()),
            partial(docks.open_dock, name),
            "Panels",
            aliases="panel dock",
        )
    yield Command(
        "panels.lock",
        tr("Lock panels"),
        docks.toggle_locked_docks,
        "Panels/layout",
        checked=lambda: docks.locked,
    )
    yield Command("panels.reset", tr("Reset panels"), docks.reset, "Panels/layout")
