"""Walks every page and dialog of the program's own window and prints what cannot be read.

Run as `python -m tests.gui.layout.walk LANGUAGE WIDTHxHEIGHT...` in a process of its own, which Qt
asks for the scale factor; it prints one JSON list of faults. The window is the one that the program
makes, with its server, its pages and a run of the test pattern.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from gui.inspect.page import InspectPage
from gui.live.bar.popover import Popover
from gui.shell import app, assembly
from gui.shell.later_page import LaterPage
from gui.state.run_control import Phase
from tests.gui.layout.faults import faults_of

_POLL_MS = 20
_SMALLEST = (1, 1)
"""The window makes it as small as it can be."""
_PAGES = ("live", "inspect", "compare", "gallery")
_DIALOGS = (
    "app.settings",
    "app.shortcuts",
    "gallery.mirror",
    "inspect.code",
    "layouts.open",
    "model.by_name",
    "model.card",
    "model.profile",
    "source.open_address",
    "target.list",
    "target.new",
)
"""Commands that open one."""


class Walk:
    """Steps through the window, each step when the window has come to rest."""

    def __init__(self, made: assembly.Assembly, sizes: list[tuple[int, int]]) -> None:
        self._made = made
        self._sizes = sizes
        self.faults: list[str] = []
        self.seen: list[str] = []
        self._steps = self._script()
        self._wait: Callable[[], bool] = lambda: True
        self._timer = QTimer(made.window, interval=_POLL_MS)
        self._timer.timeout.connect(self._poll)
        self._timer.start()

    def _poll(self) -> None:
        if self._wait():
            wait = next(self._steps, None)
            if wait is None:
                self._timer.stop()
                self._made.window.close()
            else:
                self._wait = wait

    def _script(self) -> Iterator[Callable[[], bool]]:
        made, window = self._made, self._made.window
        yield lambda: made.live.start.ready
        yield made.live.page.pane.cards.isVisible
        for size in (_SMALLEST, *self._sizes):
            window.resize(*size)
            yield _rested()
            self._look(f"{window.width()}x{window.height()} start", window)
        made.live.start.toggle()
        yield lambda: made.live.run.phase is Phase.RUNNING and made.live.page.has_picture
        yield lambda: bool(made.live.page.top.summary)
        for size in self._sizes:
            window.resize(*size)
            if (window.width(), window.height()) != size:
                self.faults.append(f"The window is no smaller than {window.size().toTuple()}")
            for page in _PAGES:
                window.deck.show_page(page)
                yield _rested()
                self._look(f"{size[0]}x{size[1]} {page}", window)
            yield from self._panels(size)
            yield from self._reply(size)
            window.deck.show_page("live")
            yield from self._popover(size)
            yield from self._dialogs(size)

    def _panels(self, size: tuple[int, int]) -> Iterator[Callable[[], bool]]:
        self._made.window.deck.show_page("live")
        for name, _ in self._made.live.page.panel_titles():
            self._made.live.page.open_dock(name)
            yield _rested()
            self._look(f"{size[0]}x{size[1]} panel {name}", self._made.window)
        self._made.live.page.open_dock("timeline")

    def _reply(self, size: tuple[int, int]) -> Iterator[Callable[[], bool]]:
        """The inspect page with a reply, in each of its forms."""
        window = self._made.window
        window.deck.show_page("inspect")
        later = next(page for page in window.deck.pages if page.name == "inspect")
        assert isinstance(later, LaterPage)
        page = later.page
        assert isinstance(page, InspectPage)
        yield lambda: page.request.draft() is not None
        ended: list[object] = []
        page.calls.ended.connect(ended.append)
        window.commands.run("inspect.send")
        yield lambda: bool(ended)
        for tab in range(page.reply.tabs.count()):
            if page.reply.tabs.isTabVisible(tab):
                page.reply.tabs.setCurrentIndex(tab)
                yield _rested()
                self._look(f"{size[0]}x{size[1]} reply {page.reply.tabs.tabText(tab)}", window)
        page.show_history()
        yield _rested()
        self._look(f"{size[0]}x{size[1]} history", window)
        page.find_method()

    def _popover(self, size: tuple[int, int]) -> Iterator[Callable[[], bool]]:
        bar = self._made.live.bar
        bar.open_wire()
        yield _rested()
        popover = bar.findChild(Popover)
        if popover is not None:
            self._look(f"{size[0]}x{size[1]} popover", popover)
            popover.hide()

    def _dialogs(self, size: tuple[int, int]) -> Iterator[Callable[[], bool]]:
        window = self._made.window
        for name in _DIALOGS:
            before = set(_open_dialogs())
            window.commands.run(name)
            yield _rested()
            opened = set(_open_dialogs()) - before
            if not opened:
                self.faults.append(f"{name} opens nothing")
            for dialog in opened:
                self._look(f"{size[0]}x{size[1]} {name}", dialog)
                dialog.close()
            yield _rested()

    def _look(self, where: str, root: QWidget) -> None:
        self.seen.append(where)
        self.faults += [f"{where}: {fault}" for fault in faults_of(root)]


def _rested() -> Callable[[], bool]:
    """True once the layouts have had a few rounds of the event loop."""
    rounds = iter(range(6))
    return lambda: next(rounds, None) is None


def _open_dialogs() -> list[QWidget]:
    return [
        widget
        for widget in QApplication.topLevelWidgets()
        if isinstance(widget, QDialog) and widget.isVisible()
    ]


def _fail(_kind: type[BaseException], error: BaseException, _trace: object) -> None:
    """A step that raises ends the walk: the event loop would go on without it."""
    traceback.print_exception(error)
    sys.stderr.flush()
    os._exit(1)


def main(arguments: list[str]) -> None:
    """Walk, print the faults and leave at once."""
    language, *rest = arguments
    sizes = [(int(width), int(height)) for width, _, height in (a.partition("x") for a in rest)]
    walks: list[Walk] = []
    assemble = assembly.assemble

    def walked(parts: assembly.Parts) -> assembly.Assembly:
        made = assemble(parts)
        walks.append(Walk(made, sizes))
        return made

    assembly.assemble = walked
    sys.excepthook = _fail
    code = app.main(["--source", "pattern", "--model", "shapes", "--language", language])
    print(json.dumps({"code": code, "seen": walks[0].seen, "faults": walks[0].faults}))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
