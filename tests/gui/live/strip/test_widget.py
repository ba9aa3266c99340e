"""What a narrow strip leaves out, so that the state keeps its words."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from backend.core.status import RunState, RunStatus
from gui.live.strip import StatusStrip
from gui.widgets.theme import DARK

STREAMING = RunStatus(state=RunState.STREAMING)
RETRYING = RunStatus(state=RunState.RECONNECTING)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    return window


def strip_of(window: QWidget, width: int) -> StatusStrip:
    strip = StatusStrip(DARK)
    strip.setParent(window)
    strip.resize(width, strip.height())
    window.resize(width, 100)
    window.show()
    return strip


@pytest.mark.parametrize("width", [900, 1000])
def test_a_recording_takes_the_place_of_a_slot_and_not_of_the_state(
    qtbot: QtBot, window: QWidget, width: int
) -> None:
    strip = strip_of(window, width)
    strip.show_recording("0:02 2.9 MB", "")
    strip.show_status(STREAMING, 17.0, "Streaming to Local demo")
    qtbot.waitUntil(lambda: strip.text("state") == "Streaming to Local demo")
    assert strip._slots["age"].isVisible()
    assert strip._slots["dropped"].isVisible()
    assert not strip._slots["flight"].isVisible()


def test_slots_give_way_to_when_the_next_attempt_is_made(qtbot: QtBot, window: QWidget) -> None:
    strip = strip_of(window, 1000)
    words = "Disconnected, retrying in {} s (attempt 2)"
    strip.show_status(RETRYING, None, words.format(8))
    qtbot.waitUntil(lambda: strip.text("state") == words.format(8))
    shown = [slot.isVisible() for slot in strip._slots.values()]
    strip.show_status(RETRYING, None, words.format(1))
    assert strip.text("state") == words.format(1)
    assert [slot.isVisible() for slot in strip._slots.values()] == shown


def test_a_state_without_room_ends_in_dots_and_is_whole_in_its_tip(
    qtbot: QtBot, window: QWidget
) -> None:
    strip = strip_of(window, 900)
    words = "Failed: " + "a reason " * 40
    strip.show_status(STREAMING, None, words)
    qtbot.waitUntil(lambda: strip.text("state").endswith("…"))
    assert strip._state.toolTip() == words
