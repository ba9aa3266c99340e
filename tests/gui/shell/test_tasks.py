"""Work off the window's thread, and exceptions nobody caught."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from backend.core.errors import Overloaded
from gui.shell.crash import CrashCatcher
from gui.state.tasks import Tasks, ThreadTasks
from gui.workspace.notifier import crash_report
from tests.gui.inline_tasks import InlineTasks


def raising() -> int:
    raise ValueError("no")


@pytest.mark.parametrize("make", [ThreadTasks, InlineTasks])
def test_outcomes_come_back_on_the_window_thread(qtbot: QtBot, make: Callable[[], Tasks]) -> None:
    tasks = make()
    seen: list[tuple[object, str]] = []

    def note(value: object) -> None:
        seen.append((value, threading.current_thread().name))

    tasks.start("sum", lambda: 1 + 1, note, note)
    tasks.start("fail", raising, note, note)
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert {type(value) for value, _ in seen} == {int, ValueError}
    assert {name for _, name in seen} == {threading.current_thread().name}


def test_too_much_at_once_is_refused(qtbot: QtBot) -> None:
    tasks = ThreadTasks()
    gate = threading.Event()
    refused: list[Exception] = []
    for _ in range(17):
        tasks.start("wait", lambda: gate.wait(30), lambda _: None, refused.append)
    assert [type(error) for error in refused] == [Overloaded]
    gate.set()
    tasks.close()


def test_closed_tasks_deliver_nothing(qtbot: QtBot) -> None:
    tasks = ThreadTasks()
    seen: list[object] = []
    gate = threading.Event()
    tasks.start("late", lambda: gate.wait(30), seen.append, seen.append)
    gate.set()
    tasks.close()
    qtbot.wait(20)
    assert seen == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_crash_in_any_thread_is_reported_on_the_window_thread(
    qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[tuple[BaseException, str]] = []
    hook = sys.excepthook
    catcher = CrashCatcher(lambda error: seen.append((error, threading.current_thread().name)))
    try:
        thread = threading.Thread(target=raising)
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: bool(seen))
    finally:
        catcher.uninstall()
    assert sys.excepthook is hook
    error, where = seen[0]
    assert where == threading.current_thread().name
    assert "ValueError: no" in crash_report(error)
    assert "ValueError: no" in capsys.readouterr().err
