"""The window does nothing for what cannot be seen, and nothing twice."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

import gui.widgets.icons
from backend.core.samples import AudioBlock, Frame
from backend.core.status import Result, Word
from gui.live.picture.ahead import PicturesAhead
from gui.live.pump import Pump
from gui.state.live_session import ShownRun
from gui.views.preview import DrawingThread
from tests.gui.shell_fakes import FakeSession
from tests.gui.shell_stage import Stage
from tests.gui.views.view_samples import plain_frame, result_for, settle

# The offscreen platform says so about every window with a smallest size.


class _Paints(QObject):
    """Counts paint events by widget."""

    def __init__(self) -> None:
        super().__init__()
        self.of: Counter[QObject] = Counter()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() is QEvent.Type.Paint:
            self.of[watched] += 1
        return False


def started(stage: Stage) -> FakeSession:
    stage.server_control.start()
    stage.live.start.toggle()
    return stage.session


def stream(stage: Stage, session: FakeSession, first: int, many: int) -> None:
    """As the pump does it for so many answers, with a reading of the numbers."""
    page = stage.live.page
    for step in range(first, first + many):
        result = session.answer(step)
        if isinstance(result.sample, Frame):
            page.show_frame(result.sample)
        page.show_result(result)
        page.plot([result], [], step * 33_000_000)
        settle()
    page.write(session, (first + many) * 33_000_000)
    stage.live.readout.refresh()
    settle()


def note_drawings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """Every icon that is drawn from now on: name, colour, size."""
    drawn: list[tuple[str, str, int]] = []
    real = gui.widgets.icons._drawn

    def draw(name: str, tint: str, pixels: int) -> QPixmap:
        drawn.append((name, tint, pixels))
        return real(name, tint, pixels)

    monkeypatch.setattr(gui.widgets.icons, "_drawn", draw)
    return drawn


def test_panels_that_are_not_shown_are_not_painted(stage: Stage, qtbot: QtBot) -> None:
    session, page = started(stage), stage.live.page
    page.open_dock("timeline")
    stream(stage, session, 0, 5)
    paints = _Paints()
    hidden = [page.throughput, page.log, page.alerts, page.sound]
    parts = [part for view in hidden for part in (view, *view.findChildren(QWidget))]
    for part in (*parts, page.pane.preview):
        part.installEventFilter(paints)
    stream(stage, session, 5, 20)
    assert paints.of.pop(page.pane.preview) >= 1
    assert not paints.of


def test_reading_the_numbers_again_draws_no_icon_and_writes_no_text(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = started(stage)
    stream(stage, session, 0, 5)
    drawn = note_drawings(monkeypatch)
    tinted: list[object] = []
    monkeypatch.setattr(stage.live.page.pane, "_tint", lambda: tinted.append(None))
    written: list[str] = []
    monkeypatch.setattr(QPushButton, "setText", lambda _self, text: written.append(text))
    for _ in range(5):
        stage.live.readout.refresh()
    assert (drawn, tinted, written) == ([], [], [])


def test_an_icon_is_drawn_once_for_each_colour(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = note_drawings(monkeypatch)
    for _ in range(3):
        for color in ("#010203", "#010204"):
            gui.widgets.icons.tinted("live", color)
    assert sorted(drawn) == [("live", "#010203", 16), ("live", "#010204", 16)]


def test_the_run_prepares_frames_and_answers_and_leaves_the_rest() -> None:
    seen: list[Frame | Result] = []

    def prepare(item: Frame | Result) -> bool:
        seen.append(item)
        return True

    thread = DrawingThread()
    sink = PicturesAhead(prepare, thread)
    assert not thread.do(lambda: None, lambda: None)
    frame = plain_frame(1)
    answer = result_for(frame)
    for item in (frame, answer):
        sink.write(item)
    assert thread.do(lambda: None, lambda: None)
    sink.close()
    assert not thread.do(lambda: None, lambda: None)
    assert seen == [frame, answer]
    assert {topic.name for topic in sink.topics} == {"frames", "results"}


class _Screen:
    """Remembers which answers it was to show, and when it was to plot and to write."""

    def __init__(self) -> None:
        self.shown: list[int] = []
        self.plotted_ns: list[int] = []
        self.written_ns: list[int] = []

    def show_frame(self, frame: Frame) -> None:
        """Is shown with its answer."""

    def show_result(self, result: Result) -> None:
        self.shown.append(result.sample.seq)

    def plot(self, results: list[Result], audio: list[AudioBlock], now_ns: int) -> None:
        """Note it."""
        self.plotted_ns.append(now_ns)

    def show_words(self, words: list[Word]) -> None:
        """Not watched."""

    def write(self, session: ShownRun, now_ns: int) -> None:
        """Note it."""
        self.written_ns.append(now_ns)


def test_numbers_are_written_twice_a_second_at_most(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, screen = started(stage), _Screen()
    pump = Pump(screen)
    pump.attach(session)
    pump._timer.stop()  # the ticks come from the test
    clock = iter(range(10_000_000_000, 11_200_000_000, 8_000_000))
    monkeypatch.setattr("gui.live.pump.time", SimpleNamespace(monotonic_ns=lambda: next(clock)))
    for _ in range(150):
        pump._tick()
    first, second, third = screen.written_ns
    assert first == 10_000_000_000
    assert all(500_000_000 <= n <= 524_000_000 for n in (second - first, third - second))
    monkeypatch.undo()
    pump.detach()


def test_a_tick_does_one_thing_unless_the_others_have_waited_long(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, screen = started(stage), _Screen()
    pump = Pump(screen)
    pump.attach(session)
    pump._timer.stop()  # the ticks come from the test
    times = range(10_000_000_000, 12_000_000_000, 8_000_000)
    clock = iter(times)
    monkeypatch.setattr("gui.live.pump.time", SimpleNamespace(monotonic_ns=lambda: next(clock)))
    together = 0
    for seq, now_ns in enumerate(times):
        session.answer(seq)
        before = len(screen.shown)
        pump._tick()
        did = len(screen.shown) - before, now_ns in screen.plotted_ns, now_ns in screen.written_ns
        together += sum(did) > 1
    assert together <= 2  # the first tick, when nothing was ever written
    assert len(screen.shown) == len(times) // 2
    assert max(np.diff(screen.plotted_ns)) <= 49_000_000
    assert max(np.diff(screen.written_ns)) <= 524_000_000
    monkeypatch.undo()
    pump.detach()


def test_answers_that_come_faster_than_the_display_are_not_all_shown(stage: Stage) -> None:
    session, screen = started(stage), _Screen()
    pump = Pump(screen)
    pump.attach(session)
    pump._timer.stop()  # the ticks come from the test
    for seq in range(5):
        session.answer(seq)
        pump._tick()
    assert screen.shown == [0, 2, 4]
    session.answer(5)
    pump.detach()
    assert screen.shown[-1] == 5
