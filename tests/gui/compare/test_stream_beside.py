"""A stream beside a measurement is said, and stands still meanwhile if the user agrees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from backend.core.errors import ConsoleError
from backend.core.target import Target
from gui.compare import ComparePage
from gui.state.run_control import Phase
from gui.state.switches import LOCAL_NAME
from tests.compare.bench.made import STREAM, cell_result, result
from tests.gui.inspect.inspect_stage import ListeningHost

SOMEWHERE = Target(LOCAL_NAME, rest="http://127.0.0.1:9", grpc="127.0.0.1:9")
FOUND = result(cell_result(STREAM, 2.0))


class StandingProcess(QWidget):
    """A measurement that ends when the test says so."""

    stepped, measured = Signal(object), Signal(object)
    finished, failed = Signal(object), Signal(object)

    def __init__(self, *_: object) -> None:
        super().__init__()
        self.running = False
        self.started = 0

    def start(self, _arguments: object) -> None:
        self.running = True
        self.started += 1

    def cancel(self) -> None:
        self.end()

    def end(self) -> None:
        self.running = False
        self.finished.emit(FOUND)

    def close(self) -> bool:
        self.running = False
        return True


@pytest.fixture
def page(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[ComparePage]:
    monkeypatch.setattr("gui.compare.page.BenchProcess", StandingProcess)
    host = ListeningHost(SOMEWHERE)
    made = ComparePage(host, lambda _target, _model: None)
    window = QWidget()
    qtbot.addWidget(window)
    made.widget.setParent(window)
    made.widget.show()
    window.show()
    yield made
    made.close()
    host.run.close(5.0)
    host.tasks.close(5.0)


def process_of(page: ComparePage) -> StandingProcess:
    """As the fixture has made it."""
    return cast("StandingProcess", page.process)


def stream(page: ComparePage, qtbot: QtBot) -> None:
    page._host.run.start()
    qtbot.waitUntil(lambda: page._host.run.phase is Phase.RUNNING)


def test_what_was_on_show_gives_way_to_what_is_asked_now(page: ComparePage, qtbot: QtBot) -> None:
    page._show(FOUND)
    stream(page, qtbot)
    page.beside.pause.setChecked(True)
    page.measure()
    assert page.view.isHidden()
    page.escape()  # before the stream has ended
    assert not page.view.isHidden()


def test_without_a_stream_there_is_nothing_to_say(page: ComparePage) -> None:
    assert not page.beside.isVisible()
    page.measure()
    assert page.process.running
    process_of(page).end()
    assert page.result is not None
    assert not page.result.conditions.beside_stream
    assert "streamed meanwhile" not in page.view.verdict.doubts.text()


def test_a_stream_that_goes_on_is_said_before_and_in_the_result(
    page: ComparePage, qtbot: QtBot
) -> None:
    stream(page, qtbot)
    assert page.beside.isVisible()
    assert "The live page streams" in page.beside.text.text()
    page.measure()
    assert page.process.running
    assert not page.beside.pause.isEnabled()
    page.process.measured.emit(FOUND)
    assert page.result is not None
    assert page.result.conditions.beside_stream
    process_of(page).end()
    assert page._host.run.phase is Phase.RUNNING
    assert page.result.conditions.beside_stream
    assert "streamed meanwhile" in page.view.verdict.doubts.text()


def test_a_stream_that_begins_meanwhile_counts(page: ComparePage, qtbot: QtBot) -> None:
    page.measure()
    stream(page, qtbot)
    process_of(page).end()
    assert page.result is not None
    assert page.result.conditions.beside_stream


@pytest.mark.parametrize("outcome", ["end", "cancel", "fail"])
def test_a_stream_is_paused_and_goes_on_however_it_ends(
    page: ComparePage, qtbot: QtBot, outcome: str
) -> None:
    stream(page, qtbot)
    page.beside.pause.click()
    page.measure()
    page.measure()
    qtbot.waitUntil(lambda: page.process.running)
    assert page._host.run.phase is Phase.IDLE
    assert process_of(page).started == 1
    assert page.beside.isVisible()
    assert "paused" in page.beside.text.text()
    if outcome == "fail":
        process_of(page).running = False
        page.process.failed.emit(ConsoleError("It broke."))
    else:
        {"end": process_of(page).end, "cancel": page.escape}[outcome]()
        assert page.result is not None
        assert not page.result.conditions.beside_stream
    qtbot.waitUntil(lambda: page._host.run.phase is Phase.RUNNING)
    assert "The live page streams" in page.beside.text.text()


def test_a_measurement_can_be_given_up_before_the_stream_has_ended(
    page: ComparePage, qtbot: QtBot
) -> None:
    stream(page, qtbot)
    page.beside.pause.click()
    page.measure()
    assert page._host.run.phase is Phase.STOPPING
    assert page.choices.button.text() == "Cancel"
    assert page.escape()
    assert page.choices.button.text() == "Measure"
    qtbot.waitUntil(lambda: page._host.run.phase is Phase.RUNNING)
    assert process_of(page).started == 0


def test_a_stream_that_ends_anyway_is_waited_for_and_not_begun_again(
    page: ComparePage, qtbot: QtBot
) -> None:
    stream(page, qtbot)
    page.beside.pause.click()
    page._host.run.stop()
    page.measure()
    assert not page.process.running
    qtbot.waitUntil(lambda: page.process.running)
    process_of(page).end()
    assert page.result is not None
    assert not page.result.conditions.beside_stream
    assert page._host.run.phase is Phase.IDLE
    assert not page.beside.isVisible()
