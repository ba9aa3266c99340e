"""Something to open a dialog over, and threads to do what it wants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.state.tasks import ThreadTasks
from tests.waiting import WAIT_S


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[ThreadTasks]:
    """Real threads, ended with the test."""
    del qtbot
    tasks = ThreadTasks()
    yield tasks
    tasks.close(WAIT_S)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    """Something to open a dialog over."""
    window = QWidget()
    qtbot.addWidget(window)
    return window
