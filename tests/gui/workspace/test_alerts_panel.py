"""The list of what is true now: rows come and go, and those that stay are left alone."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QFrame, QPushButton
from pytestqt.qtbot import QtBot

from backend.core.status import Alert, Severity
from gui.widgets.theme import DARK, LIGHT
from gui.workspace.alerts import AlertsPanel
from gui.workspace.notices import ToastAction

ADVICE = Alert("advice", Severity.INFO, "Another way is faster")
RATE = Alert("rate", Severity.INFO, "9 of 30 frames a second")


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def panel(qtbot: QtBot, done: list[str]) -> AlertsPanel:
    def actions(alert: Alert) -> tuple[ToastAction, ...]:
        mend = ToastAction("Mend", lambda: done.append(alert.id))
        return (mend,) if alert.id == "advice" else ()

    made = AlertsPanel(DARK, actions)
    qtbot.addWidget(made)
    return made


def rows(panel: AlertsPanel) -> list[str]:
    column = panel._column
    items = [column.itemAt(place) for place in range(column.count())]
    widgets = [item.widget() for item in items if item is not None]
    return [each.accessibleName() for each in widgets if isinstance(each, QFrame)]


def test_a_button_that_is_held_down_outlives_the_news_of_another_alert(
    panel: AlertsPanel, done: list[str]
) -> None:
    panel.set_alerts("a", (RATE,))
    panel.set_alerts("b", (ADVICE,))
    (button,) = panel.findChildren(QPushButton)
    button.setDown(True)
    news = Alert("rate", Severity.INFO, "8 of 30 frames a second")
    panel.set_alerts("a", (news,))
    assert rows(panel) == [f"info: {news.title}", f"info: {ADVICE.title}"]
    assert button.isDown()
    button.click()
    assert done == ["advice"]


def test_what_is_over_goes_and_errors_come_first(panel: AlertsPanel) -> None:
    broken = Alert("broken", Severity.ERROR, "It is broken")
    panel.set_alerts("a", (ADVICE, broken))
    assert rows(panel) == [f"error: {broken.title}", f"info: {ADVICE.title}"]
    panel.set_alerts("a", (ADVICE,))
    assert rows(panel) == [f"info: {ADVICE.title}"]
    panel.set_palette_roles(LIGHT)
    assert rows(panel) == [f"info: {ADVICE.title}"]
    panel.set_alerts("a", ())
    assert rows(panel) == [""]  # the words that nothing is wrong
