"""What lies over the picture is drawn on a thread, and painted as if the window had drawn it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from backend.core.predictions import Detection, Detections, Text
from gui.views.preview.drawing_thread import DrawingThread
from gui.views.preview.look import Following, LegendRow, OverlayStyle
from gui.views.preview.overlay import Overlay
from gui.views.preview.view import PreviewView
from tests.gui.views.view_samples import image_of, plain_frame, result_for, settle
from tests.waiting import WAIT_S, wait_for

_PREDICTIONS = (
    Detections(
        (
            Detection((10, 10, 40, 30), "face", 0.9),
            Detection((5, 20, 50, 44), "hand", 0.4, index=1),
        )
    ),
    Text("a caption"),
)
_PATIENCE_MS = round(1000 * WAIT_S)
_COUNTS = (LegendRow("face", "1", "2 seen", 0), LegendRow("hand", "1", hue=1))


@pytest.fixture
def thread() -> Iterator[DrawingThread]:
    thread = DrawingThread()
    thread.start()
    yield thread
    thread.close()


def shown_view(qtbot: QtBot) -> PreviewView:
    view = PreviewView()
    qtbot.addWidget(view)
    view.resize(240, 160)
    view.show()
    settle()
    return view


@pytest.fixture
def preview(qtbot: QtBot) -> PreviewView:
    return shown_view(qtbot)


class _Held:
    """A piece of work that waits to be let go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        assert self.go.wait(WAIT_S)


def test_the_newest_work_is_done_and_what_it_replaced_is_not(thread: DrawingThread) -> None:
    held, told = _Held(), []
    done = threading.Event()
    assert thread.do(held, lambda: told.append("first"))
    assert held.begun.wait(WAIT_S)
    assert thread.do(lambda: told.append("never"), lambda: told.append("never"))
    assert thread.do(lambda: told.append("newest"), done.set)
    held.go.set()
    assert done.wait(WAIT_S)
    assert told == ["first", "newest"]


def dropped_by(thread: DrawingThread, end: Callable[[], None]) -> list[str]:
    """What is told when this is called while one piece of work is done and another waits."""
    held, told = _Held(), []
    thread.do(held, lambda: told.append("first"))
    assert held.begun.wait(WAIT_S)
    thread.do(lambda: told.append("never"), lambda: told.append("dropped"))
    ending = threading.Thread(target=end)
    ending.start()
    wait_for(lambda: thread._next is None)
    assert ending.is_alive()
    held.go.set()
    ending.join(WAIT_S)
    thread.close()
    return sorted(told)


def test_who_rests_waits_for_what_has_begun_and_drops_the_next(thread: DrawingThread) -> None:
    assert dropped_by(thread, thread.rest) == ["dropped", "first"]


def test_a_closed_thread_takes_no_work_and_says_what_it_dropped() -> None:
    thread = DrawingThread()
    assert not thread.do(lambda: None, lambda: None)
    thread.start()
    assert dropped_by(thread, thread.close) == ["dropped", "first"]
    assert not thread.do(lambda: None, lambda: None)


def test_work_that_fails_is_over_and_the_next_is_done(thread: DrawingThread) -> None:
    over, done = threading.Event(), threading.Event()

    def fail() -> None:
        raise ValueError

    thread.do(fail, over.set)
    assert over.wait(WAIT_S)
    thread.do(lambda: None, done.set)
    assert done.wait(WAIT_S)


def test_an_answer_is_drawn_before_it_is_painted(
    qtbot: QtBot, preview: PreviewView, thread: DrawingThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawers: list[threading.Thread] = []
    draw = Overlay._draw_over

    def noted(self: Overlay, *arguments: object) -> object:
        drawers.append(threading.current_thread())
        return draw(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Overlay, "_draw_over", noted)
    preview.ahead.use(thread)
    frame = plain_frame(1)
    preview.show_result(result_for(frame, *_PREDICTIONS))
    qtbot.waitUntil(lambda: bool(preview.first_paints.drain()), timeout=_PATIENCE_MS)
    assert len(drawers) == 1
    assert drawers[0] is not threading.main_thread()


@pytest.mark.parametrize(
    "change",
    [
        lambda view: view.set_style(OverlayStyle(threshold=0.5)),
        lambda view: view.set_mirror(mirror=True),
        lambda view: view.set_rotation(90),
        lambda view: view.resize(300, 200),
        lambda view: view.set_emphasis(2.0),
        lambda view: view.set_exact(exact=True),
        lambda view: view.show_result(result_for(plain_frame(2), *_PREDICTIONS)),
        lambda view: view.show_result(None),
    ],
)
def test_it_looks_as_if_the_window_had_drawn_it_whatever_changes(
    qtbot: QtBot, thread: DrawingThread, change: Callable[[PreviewView], None]
) -> None:
    pictures: list[QImage] = []
    for ahead in (True, False):
        view = shown_view(qtbot)
        if ahead:
            view.ahead.use(thread)
        view.show_frame(plain_frame(1))
        result = result_for(plain_frame(1), *_PREDICTIONS)
        view.show_result(result, Following(counts=_COUNTS))
        change(view)
        pictures.append(image_of(view))
        settle()
        pictures.append(image_of(view))
    assert all(picture == pictures[0] for picture in pictures)
