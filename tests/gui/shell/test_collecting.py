"""Reference cycles are collected on the window's thread alone, however busy that is."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.shell.collecting import Collector, due

_ROOT = Path(__file__).resolve().parents[3]
_DROPPED = 3_000
"""Objects that a thread allocates: several times what makes Python collect."""


@pytest.fixture
def collector(qtbot: QtBot, qapp: QApplication) -> Iterator[Collector]:
    """With automatic collection on before it, and what there is taken for what stays."""
    gc.collect()
    gc.enable()
    made = Collector(qapp)
    qtbot.waitUntil(lambda: made.begun)
    yield made
    made.close()
    made.deleteLater()
    gc.disable()


class Circle:
    """Something that only the collector can delete, with a Qt object in it."""

    def __init__(self, ended: Callable[[], object]) -> None:
        self.itself = self
        self.timer = QTimer()
        weakref.finalize(self, ended).atexit = False


def test_what_another_thread_drops_is_deleted_on_the_windows(
    qtbot: QtBot, collector: Collector
) -> None:
    deleted_on: list[int] = []
    kept: list[list[int]] = []
    # A timer is made on the window's thread, as those of the window are.
    held = [Circle(lambda: deleted_on.append(threading.get_ident()))]

    def drop() -> None:
        held.clear()
        kept.extend([] for _ in range(_DROPPED))

    thread = threading.Thread(target=drop)
    thread.start()
    thread.join()
    assert not deleted_on
    qtbot.waitUntil(lambda: bool(deleted_on))
    assert deleted_on == [threading.get_ident()]


class NeverIdle(QObject):
    """Has another event waiting whenever one has been handled."""

    def __init__(self) -> None:
        super().__init__()
        self.on = True
        self._post()

    def customEvent(self, _event: QEvent) -> None:  # noqa: N802 - Qt's name
        if self.on:
            self._post()

    def _post(self) -> None:
        QApplication.postEvent(self, QEvent(QEvent.Type.User))


def test_a_busy_window_collects_too(qtbot: QtBot, collector: Collector) -> None:
    class Link:
        """A member of a ring of two, of which nobody knows."""

        alive = 0

        def __init__(self, other: Link | None = None) -> None:
            Link.alive += 1
            self.other = other or Link(self)

        def __del__(self) -> None:
            Link.alive -= 1

    stop, most, made = threading.Event(), 20_000, 0

    def drop() -> None:
        nonlocal made
        while not stop.is_set():
            if Link.alive < most:  # as fast as it is collected: all of it would be the test's
                Link()
                made += 2
            else:
                stop.wait(0.001)

    busy, thread = NeverIdle(), threading.Thread(target=drop)
    thread.start()
    try:
        qtbot.waitUntil(lambda: made > 3 * most)
    finally:
        busy.on = False
        stop.set()
        thread.join()


def test_the_end_puts_collection_back_as_it_was(qtbot: QtBot, qapp: QApplication) -> None:
    gc.enable()
    collector = Collector(qapp)
    assert not gc.isenabled()
    qtbot.waitUntil(lambda: collector.begun)
    collector.close()
    assert gc.isenabled()
    collector.deleteLater()
    gc.disable()


def test_a_long_full_collection_keeps_a_distance_to_the_next(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, collected = [0], list[int]()

    def collect(generation: int) -> None:
        collected.append(generation)
        now[0] += 30

    monkeypatch.setattr(gc, "get_count", lambda: (701, 11, 11))
    monkeypatch.setattr(gc, "get_threshold", lambda: (700, 10, 10))
    collector = Collector(None, collect, lambda: now[0])
    qtbot.waitUntil(lambda: len(collected) >= 3)
    assert collected[:3] == [2, 1, 1]
    now[0] = 30 + 100 * 30
    seen = len(collected)
    qtbot.waitUntil(lambda: len(collected) > seen)
    assert collected[seen] == 2
    collector.close()
    gc.disable()


@pytest.mark.parametrize(
    ("counts", "full", "generation"),
    [
        ((700, 11, 11), True, None),
        ((701, 10, 11), True, 2),
        ((701, 10, 11), False, 0),
        ((701, 11, 10), True, 1),
        ((701, 11, 11), False, 1),
        ((701, 0, 0), True, 0),
    ],
)
def test_what_is_due_is_what_python_would_collect(
    counts: tuple[int, int, int], full: bool, generation: int | None
) -> None:
    assert due(counts, (700, 10, 10), full=full) == generation


def test_who_switched_collection_off_gets_none() -> None:
    assert due((10_000, 11, 11), (0, 10, 10), full=True) is None


_PROGRAM = """
import gc, sys, threading, time, weakref
import gui.shell.app as app
class Circle: pass
def drop():
    while not gc.get_freeze_count():  # the window's first event
        time.sleep(0.01)
    circle = Circle()
    circle.itself = circle
    weakref.finalize(circle, lambda: print("on", threading.current_thread().name))
    del circle
    drop.kept = [[] for _ in range(10_000)]
show = app._show
def _show(*parts):
    print("automatic", gc.isenabled())
    threading.Thread(target=drop, name="server").start()
    return show(*parts)
app._show = _show
code = app.main(sys.argv[1:])
print("automatic", gc.isenabled())
sys.exit(code)
"""


@pytest.mark.window
@pytest.mark.slow
def test_the_application_does_so_while_its_window_lives(tmp_path: Path) -> None:
    options = ["--screenshot", str(tmp_path / "window.png"), "--seconds", "1"]
    run = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *options],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told = [line for line in run.stdout.splitlines() if line.startswith(("automatic", "on "))]
    assert told == ["automatic False", "on MainThread", "automatic True"]
