"""The order of commands in menus, palette and shortcut sheet, whichever feature brings them."""

from __future__ import annotations

from collections.abc import Iterable

from gui.workspace.commands import Command

_ELSEWHERE = ""
_ORDER = (
    "source.",
    "target.new",
    "target.choose",
    "target.",
    "model.choose",
    "model.",
    "export.",
    "app.settings",
    "app.quit",
    "run.",
    "switch.",
    "page.",
    "view.",
    "panel.",
    "panels.",
    _ELSEWHERE,
    "layouts.",
    "theme.",
    "view.presenter",
    "view.full_screen",
    "view.escape",
    "server.",
    "models.",
    "app.",
    "help.",
    "source.use.",
    "model.use.",
    "target.use.",
    "layout.use.",
)
"""Starts of ids; the longest that fits a command counts, `_ELSEWHERE` where no other does.

The last four are entries of the palette, which come and go."""


def in_order(commands: Iterable[Command]) -> list[Command]:
    """Sorted by their ids' starts; commands with the same start stay as they come.

    A new feature needs no entry: its commands stand after those of the live page's panels.
    """
    return sorted(commands, key=_rank)


def _rank(command: Command) -> int:
    fitting = [start for start in _ORDER if command.id.startswith(start)]
    return _ORDER.index(max(fitting, key=len))
