"""What an empty window offers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from backend.core.status import SourceState, SourceStatus
from gui.live.start import StartCards
from gui.state.run_control import Phase
from gui.targets.form.dialog import TargetForm
from gui.widgets.theme import DARK, ThemeChoice
from tests.gui.shell_stage import Stage, begin, end

# The offscreen platform says so about every window with a smallest size.


@pytest.fixture
def idle(stage: Stage) -> Stage:
    stage.server_control.start()
    stage.live.readout.refresh()
    return stage


def press(qtbot: QtBot, stage: Stage, name: str) -> None:
    QTest.mouseClick(stage.live.page.pane.cards.cards[name], Qt.MouseButton.LeftButton)


def test_cards_are_there_until_something_was_shown(stage: Stage, qtbot: QtBot) -> None:
    cards = stage.live.page.pane.cards
    assert not cards.isVisible(), "the server is not up yet"
    session = begin(stage)
    stage.live.readout.refresh()
    assert not cards.isVisible()
    session.answer(0)
    qtbot.waitUntil(lambda: stage.live.page.has_picture)
    end(stage, qtbot)
    stage.live.readout.refresh()
    assert not cards.isVisible(), "the last picture stays in view"
    assert stage.live.page.pane.preview.isVisible()


def test_the_webcam_is_streamed_at_once(idle: Stage, qtbot: QtBot) -> None:
    press(qtbot, idle, "webcam")
    assert idle.store.current.switches.source == "webcam"
    assert idle.live.run.phase is Phase.RUNNING
    assert idle.session.settings.model == "shapes"
    end(idle, qtbot)


def test_space_streams_and_presses_no_card(idle: Stage, qtbot: QtBot) -> None:
    focused = idle.window.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, Qt.Key.Key_Space)
    assert idle.live.run.phase is Phase.RUNNING
    assert idle.store.current.switches.source == "pattern"
    end(idle, qtbot)


def press_space(stage: Stage) -> None:
    """In the window, whatever has its keys."""
    focused = stage.window.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, Qt.Key.Key_Space)


def open_by_keys(stage: Stage, name: str) -> QDialog:
    """The dialog of a card that was come to by Tab."""
    card = stage.live.page.pane.cards.cards[name]
    card.setFocus(Qt.FocusReason.TabFocusReason)
    press_space(stage)
    kind = QFileDialog if name == "model" else TargetForm
    (dialog,) = stage.window.findChildren(kind)
    return dialog


@pytest.mark.parametrize("name", ["model", "server"])
@pytest.mark.parametrize("by_keys", [True, False])
def test_space_streams_once_a_card_has_done_its_part(
    idle: Stage, qtbot: QtBot, name: str, by_keys: bool
) -> None:
    if by_keys:
        open_by_keys(idle, name).reject()
    else:
        press(qtbot, idle, name)
        (dialog,) = idle.window.findChildren(QFileDialog if name == "model" else TargetForm)
        dialog.reject()
    press_space(idle)
    assert idle.live.run.phase is Phase.RUNNING
    end(idle, qtbot)


def test_space_streams_what_was_chosen_while_a_card_had_the_keys(idle: Stage, qtbot: QtBot) -> None:
    idle.live.page.pane.cards.cards["model"].setFocus(Qt.FocusReason.TabFocusReason)
    idle.live.sources.choose("folder")
    idle.live.readout.refresh()
    press_space(idle)
    assert idle.live.run.phase is Phase.RUNNING
    assert not idle.window.findChildren(QFileDialog)
    end(idle, qtbot)


def test_cards_are_reached_by_tab(idle: Stage) -> None:
    cards = idle.live.page.pane.cards
    cards.setFocus()
    for card in cards.cards.values():
        focused = idle.window.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, Qt.Key.Key_Tab)
        assert idle.window.focusWidget() is card


def test_a_model_is_asked_for(idle: Stage, qtbot: QtBot) -> None:
    press(qtbot, idle, "model")
    (dialog,) = idle.window.findChildren(QFileDialog)
    assert "*.onnx" in dialog.nameFilters()[0]
    dialog.reject()


def test_a_server_is_asked_for(idle: Stage, qtbot: QtBot) -> None:
    press(qtbot, idle, "server")
    (form,) = idle.window.findChildren(TargetForm)
    form.reject()


def test_a_source_that_cannot_be_used_leaves_the_cards_and_a_way_back(
    idle: Stage, qtbot: QtBot
) -> None:
    cards = idle.live.page.pane.cards
    assert not cards.pattern.isVisible()
    press(qtbot, idle, "webcam")
    lost = SourceStatus(SourceState.LOST, None, "No camera found.", 1, 2.0)
    idle.session.now = replace(idle.session.now, source=lost)
    idle.live.readout.refresh()
    assert not cards.isVisible()
    end(idle, qtbot)
    idle.live.readout.refresh()
    assert cards.isVisible()
    title = idle.live.strip.text("state")
    assert title.endswith("cannot be used")
    assert (cards._title.text(), cards._body.text()) == (title, "No camera found.")
    QTest.mouseClick(cards.pattern, Qt.MouseButton.LeftButton)
    idle.live.readout.refresh()
    assert idle.store.current.switches.source == "pattern"
    assert not cards.pattern.isVisible()
    assert cards._title.text() == "Press Space to stream"
    assert idle.window.focusWidget() is cards, "Space streams"


@pytest.fixture
def free_cards(qtbot: QtBot) -> Iterator[StartCards]:
    """Cards that no layout puts back to their size."""
    window, cards = QWidget(), StartCards(DARK)
    qtbot.addWidget(window)
    cards.setParent(window)
    window.show()
    yield cards
    window.close()


def test_icons_go_together_where_one_title_needs_their_room(free_cards: StartCards) -> None:
    cards = free_cards
    for width, shown in ((900, True), (300, False), (900, True)):
        cards.resize(width, 300)
        assert {card._icon.isVisibleTo(card) for card in cards.cards.values()} == {shown}


def test_where_the_room_is_short_the_sentence_goes_first(free_cards: StartCards) -> None:
    cards = free_cards
    cards.say("Press Space", "Pattern to shapes.")
    for height, shown in ((400, True), (200, False)):
        cards.resize(700, height)
        assert cards._body.isVisibleTo(cards) is shown


def test_cards_are_as_high_in_another_theme(idle: Stage) -> None:
    cards = idle.live.page.pane.cards.cards.values()
    idle.window.resize(1280, 800)
    for theme in (ThemeChoice.DARK, ThemeChoice.LIGHT, ThemeChoice.DARK):
        idle.appearance.choose(theme)
        QApplication.processEvents()  # the layout follows
        assert [card.height() for card in cards] == [104, 104, 104]


def test_a_click_on_a_card_does_not_take_space_from_streaming(idle: Stage, qtbot: QtBot) -> None:
    press(qtbot, idle, "server")
    form = idle.window.findChild(TargetForm)
    assert form is not None
    form.reject()
    idle.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    assert QApplication.focusWidget() not in idle.live.page.pane.cards.cards.values()
