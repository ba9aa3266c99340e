"""Presenter mode: nothing but the picture, three numbers and a legend."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backend.core.ledger import Counts
from backend.core.predictions import Classification, ClassScore, Text
from backend.core.samples import Frame
from backend.core.status import Notice, RunState, RunStatus, Severity
from backend.core.traffic import TrafficRates
from gui.widgets.theme import CAPTION_PX
from tests.gui.shell_stage import Stage, begin, end

# The offscreen platform says so about every window with a smallest size.


def visible(stage: Stage) -> tuple[bool, ...]:
    window, live = stage.window, stage.live
    parts = (window.menuBar(), live.bar, live.strip, live.page.top, live.page.pane._row)
    return tuple(part.isVisible() for part in parts)


def test_everything_but_the_presentation_goes_and_comes_back(stage: Stage, qtbot: QtBot) -> None:
    begin(stage)
    before = visible(stage)
    assert all(before)
    QTest.keyClick(stage.window, Qt.Key.Key_F11)
    presenter = stage.live.page.presenter
    qtbot.waitUntil(presenter.numbers.isVisible)
    qtbot.waitUntil(stage.live.page.pane.preview.isVisible)
    assert not any(visible(stage))
    assert stage.window.isFullScreen()
    QTest.keyClick(stage.window, Qt.Key.Key_Escape)
    qtbot.waitUntil(stage.live.page.pane.preview.isVisible)
    assert visible(stage) == before
    assert not stage.window.isFullScreen()
    end(stage, qtbot)


def test_a_window_that_was_on_the_full_screen_stays_there(stage: Stage) -> None:
    stage.window.toggle_full_screen()
    stage.window.toggle_presenting()
    stage.window.escape()
    assert stage.window.isFullScreen()
    assert not stage.window.presenting


def test_what_pops_up_waits_until_the_audience_has_gone(stage: Stage) -> None:
    stage.window.toggle_presenting()
    stage.notifier.show_notice(Notice(Severity.ERROR, "Something is wrong"))
    assert not stage.window.toasts.isVisible()
    stage.window.escape()
    assert stage.window.toasts.isVisible()


def test_cards_are_not_for_an_audience(stage: Stage, qtbot: QtBot) -> None:
    stage.server_control.start()
    stage.live.readout.refresh()
    cards = stage.live.page.pane.cards
    assert cards.isVisible()
    stage.window.toggle_presenting()
    assert not cards.isVisible()
    stage.window.escape()
    qtbot.waitUntil(cards.isVisible)


def test_the_numbers_are_those_of_the_run(stage: Stage) -> None:
    numbers, presenter = stage.live.page.presenter.numbers, stage.live.page.presenter
    presenter.show_status(RunStatus(), None)
    assert numbers.accessibleName().startswith("– answers/s, – ms")
    status = RunStatus(
        RunState.STREAMING,
        counts=Counts(captured=10, answered=10),
        rate_out=29.94,
        traffic=TrafficRates(wire_out=27.5e6, wire_in=1e5),
    )
    presenter.show_status(status, 20.6)
    assert numbers.accessibleName() == "29.9 answers/s, 21 ms delay, 27.6 MB/s on the wire"


def test_an_answer_that_nothing_is_drawn_of_stands_below_the_numbers(stage: Stage) -> None:
    page = stage.live.page
    scores = (ClassScore("cat", 0.93, 0), ClassScore("dog", 0.05, 1))
    page.top.show_predictions((Text("It is a cat"), Classification(scores)))
    stage.window.toggle_presenting()
    page.presenter.show_status(RunStatus(), None)
    legend = page.presenter.numbers.legend
    assert [(row.name, row.value) for row in legend] == [
        ("It is a cat", ""),
        ("cat", "0.93"),
        ("dog", "0.05"),
    ]
    assert [row.hue for row in legend] == [None, *map(page.top.hue, page.top.rows)]
    stage.window.escape()


def test_labels_and_legend_grow_for_the_back_row(stage: Stage, qtbot: QtBot) -> None:
    stage.window.toggle_presenting()
    presenter = stage.live.page.presenter
    for width, height, beside in ((1600, 900, True), (600, 900, False)):
        presenter.resize(width, height)
        look = presenter._pane.preview._look(presenter._pane.preview.placement(_frame()))
        assert look.emphasis == pytest.approx(900 * 0.036 / CAPTION_PX)
        assert look.legend_elsewhere is beside
    stage.window.escape()
    look = presenter._pane.preview._look(presenter._pane.preview.placement(_frame()))
    assert (look.emphasis, look.legend_elsewhere) == (1.0, False)


def _frame() -> Frame:

    return Frame(0, 0, np.zeros((48, 64, 3), np.uint8))


def test_closing_while_presenting_remembers_an_ordinary_window(stage: Stage) -> None:
    stage.window.toggle_presenting()
    stage.window.close()
    assert not stage.window.presenting


def test_the_window_has_its_least_size_again_afterwards(stage: Stage, qtbot: QtBot) -> None:
    stage.window.resize(1200, 760)
    before = stage.window.size(), stage.window.minimumSizeHint()
    for _ in range(3):
        stage.window.toggle_presenting()
        qtbot.waitUntil(stage.live.page.presenter.numbers.isVisible)
        stage.window.escape()
        qtbot.waitUntil(stage.window.menuBar().isVisible)
        QApplication.processEvents()
        assert (stage.window.size(), stage.window.minimumSizeHint()) == before
