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
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QTabWidget, QWidget

from backend.core.status import RunState, RunStatus
from gui.compare import ComparePage
from gui.gallery import GalleryPage
from gui.inspect.acts import CallPhase
from gui.inspect.call_controller import Outcome
from gui.inspect.page import InspectPage
from gui.live.strip import state_text
from gui.shell import app, assembly
from gui.shell.later_page import LaterPage
from gui.state.run_control import Phase
from gui.state.trigger import TriggerMode
from gui.widgets.fitting_tabs import FittingTabs
from tests.gui.layout.by_hand import BY_HAND, MEASURED
from tests.gui.layout.faults import faults_of

_POLL_MS = 20
_SMALLEST = (1, 1)
"""The window makes it as small as it can be."""
_PAGES = ("live", "inspect", "compare", "gallery")
_DIALOGS = (
    "app.settings",
    "app.shortcuts",
    "gallery.mirror",
    "help.about",
    "help.documents",
    "inspect.code",
    "inspect.save_request",
    "latency.slowest",
    "layouts.open",
    "model.by_name",
    "model.card",
    "model.profile",
    "source.open_address",
    "target.list",
    "target.new",
)
"""Commands that open one; those that need a camera, a cluster or a program are made by hand."""
_MENUS = ("source.choose", "model.choose", "target.choose")
_RETRYING = RunStatus(RunState.RECONNECTING, retry_in_s=8.0, attempt=12)
_LONGEST_RECORDING = "9:59:59 999.9 MB"


P = TypeVar("P")


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
                self._look(f"{_text(size)} {page}", window)
            yield from self._panels(size)
            yield from self._live(size)
            yield from self._request(size)
            yield from self._stream(size)
            yield from self._comparison(size)
            yield from self._gallery(size)
            window.deck.show_page("live")
            yield from self._dialogs(size)

    def _panels(self, size: tuple[int, int]) -> Iterator[Callable[[], bool]]:
        self._made.window.deck.show_page("live")
        for name, _ in self._made.live.page.panel_titles():
            self._made.live.page.open_dock(name)
            yield _rested()
            self._look(f"{_text(size)} panel {name}", self._made.window)
        self._made.live.page.open_dock("timeline")

    def _live(self, size: tuple[int, int]) -> Iterator[Callable[[], bool]]:
        """What lies over the live page or in place of it, and menus and popovers."""
        window, live = self._made.window, self._made.live
        window.deck.show_page("live")
        live.strip.show_recording(_LONGEST_RECORDING, "")
        yield _rested()
        self._look(f"{_text(size)} recording", window)
        live.strip.show_recording("", "")
        live.strip.show_status(_RETRYING, None, state_text(_RETRYING, ""))
        self._look(f"{_text(size)} retrying", window)
        live.scope.set_mode(TriggerMode.NORMAL)
        for name, command in (("popover", "switch.open"), ("trigger", "plots.trigger")):
            window.commands.run(command)
            yield _rested()
            self._look_at_popup(f"{_text(size)} {name}")
        live.scope.set_mode(TriggerMode.OFF)
        for name in _MENUS:
            window.commands.run(name)
            yield _rested()
            self._look_at_popup(f"{_text(size)} {name}")
        window.commands.run("app.palette")
        yield _rested()
        self._look(f"{_text(size)} palette", window)
        window._command_palette.hide()
        window.commands.run("view.presenter")
        yield _rested()
        self._look(f"{_text(size)} presenter", window)
        window.commands.run("view.escape")
        window.showNormal()
        window.resize(*size)
        yield _rested()

    def _request(self, size: tuple[int, int]) -> Iterator[Callable[[], bool]]:
        """The inspect page with a request and a reply, each in each of its forms."""
        window, page = self._made.window, self._page("inspect", InspectPage)
        window.deck.show_page("inspect")
        yield lambda: page.calls.phase is CallPhase.IDLE and bool(page.methods.methods)
        page.methods.choose("inference.GRPCInferenceService/ModelInfer")
        yield lambda: page.request.draft() is not None
        ended: list[object] = []
        page.calls.ended.connect(ended.append)
        window.commands.run("inspect.send")
        yield lambda: bool(ended)
        yield from self._tabs(f"{_text(size)} reply", window, page.reply.tabs)
        yield from self._tabs(f"{_text(size)} request", window, page.request._tabs)
        page.request.body._mode.button("text").click()
        yield lambda: page.request.body._mode.value == "text"
        yield _rested()
        self._look(f"{_text(size)} request message", window)
        page.request.body._mode.button("form").click()
        yield lambda: page.request.body._mode.value == "form"
        yield from self._tabs(f"{_text(size)} side", window, page.side)
        page.find_method()

    def _stream(self, size: tuple[int, int]) -> Iterator[Callable[[], bool]]:
        """The inspect page while a stream is open, and two of its answers beside each other."""
        window, page = self._made.window, self._page("inspect", InspectPage)
        page.methods.choose("inference.GRPCInferenceService/ModelStreamInfer")
        yield lambda: page.request.draft() is not None
        window.commands.run("inspect.send")
        yield lambda: page.calls.phase is CallPhase.OPEN
        window.commands.run("inspect.send")
        yield lambda: page.reply.feed.rows.rowCount() > 1
        ended: list[Outcome] = []
        page.calls.ended.connect(ended.append)
        yield from self._tabs(f"{_text(size)} stream", window, page.reply.tabs)
        window.commands.run("inspect.finish")
        yield lambda: bool(ended)
        page.replies.compare(ended[0].exchange, ended[0].exchange)
        yield page.reply.diff.isVisible
        yield _rested()
        self._look(f"{_text(size)} comparison of replies", window)

    def _comparison(self, size: tuple[int, int]) -> Iterator[Callable[[], bool]]:
        """The compare page with a result, beside an older one, and while it measures."""
        window, page = self._made.window, self._page("compare", ComparePage)
        window.deck.show_page("compare")
        page._show(MEASURED, "run.json")
        yield from self._tabs(f"{_text(size)} result", window, page.view.charts)
        page.view.show_result(MEASURED, name="b.json", before=MEASURED, before_name="a.json")
        yield _rested()
        self._look(f"{_text(size)} result beside another", window)

    def _gallery(self, size: tuple[int, int]) -> Iterator[Callable[[], bool]]:
        """The gallery with all about a model."""
        window, page = self._made.window, self._page("gallery", GalleryPage)
        window.deck.show_page("gallery")
        yield lambda: bool(page.controller.items)
        page.grid.choose(next(iter(page.controller.items)))
        yield page.pane.isVisible
        yield _rested()
        self._look(f"{_text(size)} gallery details", window)

    def _dialogs(self, size: tuple[int, int]) -> Iterator[Callable[[], bool]]:
        window = self._made.window
        openers = {name: partial(window.commands.run, name) for name in _DIALOGS}
        openers |= {name: partial(show, window) for name, show in BY_HAND.items()}
        for name, open_it in openers.items():
            before = set(_open_dialogs())
            open_it()
            yield partial(_is_opened_beside, before)
            yield _rested()
            opened = set(_open_dialogs()) - before
            for dialog in opened:
                where = f"{_text(size)} {name}"
                self._look(where, dialog)
                for tabs in dialog.findChildren(QTabWidget):
                    yield from self._tabs(where, dialog, tabs)
                large, room = dialog.frameSize(), dialog.screen().availableSize()
                if large != large.boundedTo(room):
                    self.faults.append(f"{where} is {large.toTuple()}, has {room.toTuple()}")
                dialog.close()
            yield _rested()

    def _tabs(self, where: str, root: QWidget, tabs: QTabWidget) -> Iterator[Callable[[], bool]]:
        for tab in range(tabs.count()):
            if tabs.isTabVisible(tab) or (isinstance(tabs, FittingTabs) and tabs.offers(tab)):
                tabs.setCurrentIndex(tab)
                yield _rested()
                self._look(f"{where} {tabs.tabText(tab)}", root)

    def _page(self, name: str, kind: type[P]) -> P:
        later = next(page for page in self._made.window.deck.pages if page.name == name)
        assert isinstance(later, LaterPage)
        assert isinstance(later.page, kind)
        return later.page

    def _look_at_popup(self, where: str) -> None:
        popup = QApplication.activePopupWidget()
        if popup is None:
            self.faults.append(f"{where} opens nothing")
            return
        self._look(where, popup)
        popup.close()

    def _look(self, where: str, root: QWidget) -> None:
        self.seen.append(where)
        print(where, file=sys.stderr, flush=True)  # how far it came, if it comes no further
        self.faults += [f"{where}: {fault}" for fault in faults_of(root)]


def _text(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


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


def _is_opened_beside(before: set[QWidget]) -> bool:
    return bool(set(_open_dialogs()) - before)


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
