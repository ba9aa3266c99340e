"""The trace ring is read by a task, and what was read too late is not shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from backend.core.errors import Overloaded
from backend.core.rings import TraceRing
from backend.core.tensors import Array
from backend.session.lanes.delivery import TRACE_COLUMNS
from gui.live.time_spent import FrameOpener, LatencyReader
from gui.views.plots import LatencyReport, LatencyView

_NOW_S = 100.0


class _Tasks:
    """Keeps what it was given, to be run by hand."""

    def __init__(self) -> None:
        self.begun: list[tuple[Callable[[], Any], Callable[[Any], None]]] = []
        self.failed: Callable[[Exception], None] = lambda _error: None

    def start(
        self,
        name: str,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> None:
        del name
        self.begun.append((work, done))
        self.failed = failed

    def finish(self) -> None:
        work, done = self.begun.pop(0)
        done(work())


class _Drawn:
    draws: Mapping[float, float] = {}

    def with_draws(self, traces: TraceRing) -> Array:
        return traces.window()


class _Stage:
    def __init__(self, qtbot: QtBot) -> None:
        self.panel, self.tasks = LatencyView(), _Tasks()
        qtbot.addWidget(self.panel)
        self.window = QWidget()
        qtbot.addWidget(self.window)
        opener = FrameOpener(self.panel, self.window)
        self.reader = LatencyReader(self.tasks, _Drawn(), self.panel, opener)
        self.traces = TraceRing(TRACE_COLUMNS, 8)

    def answer(self, at_s: float, latency: float) -> None:
        self.traces.append({"at_s": at_s, "latency": latency, "wait": latency, "lane": 1.0})

    def shown(self) -> LatencyReport | None:
        return self.panel.report

    def read(self, since_s: float = 0.0) -> None:
        self.reader.read(self.traces, _NOW_S, since_s, failed=2, age_ms=30.0)


@pytest.fixture
def stage(qtbot: QtBot) -> _Stage:
    return _Stage(qtbot)


def test_what_came_since_then_is_shown_once_it_was_read(stage: _Stage) -> None:
    stage.answer(95.0, 500.0)
    stage.answer(99.0, 20.0)
    stage.read(since_s=98.0)
    assert stage.shown() is None
    stage.tasks.finish()
    report = stage.shown()
    assert report is not None
    assert (report.p50, report.failed) == (20.0, 2)


def test_one_reading_is_under_way_at_a_time(stage: _Stage) -> None:
    stage.read()
    stage.read()
    assert len(stage.tasks.begun) == 1
    stage.tasks.finish()
    stage.read()
    assert len(stage.tasks.begun) == 1


def test_a_reading_of_the_run_before_is_not_shown(stage: _Stage) -> None:
    stage.answer(99.0, 20.0)
    stage.read()
    stage.reader.forget()
    stage.read()
    stage.tasks.finish()
    assert stage.shown() is None
    stage.tasks.finish()
    assert stage.shown() is not None


def test_where_too_much_is_under_way_the_next_reading_comes_later(stage: _Stage) -> None:
    stage.read()
    stage.tasks.failed(Overloaded("Too much is under way already."))
    stage.read()
    assert len(stage.tasks.begun) == 2
    with pytest.raises(ValueError, match="wrong"):
        stage.tasks.failed(ValueError("wrong"))
