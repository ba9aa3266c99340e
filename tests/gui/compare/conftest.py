"""The compare page with a server behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from backend.core.target import Target
from gui.compare import ComparePage
from gui.state.switches import LOCAL_NAME
from tests.embedded import server, target  # noqa: F401 - fixtures
from tests.gui.inspect.inspect_stage import ListeningHost


@pytest.fixture
def host(target: Target, qtbot: QtBot) -> Iterator[ListeningHost]:  # noqa: F811
    made = ListeningHost(replace(target, name=LOCAL_NAME))
    yield made
    made.tasks.close(5.0)


@pytest.fixture
def page(host: ListeningHost, qtbot: QtBot) -> Iterator[ComparePage]:
    made = ComparePage(host, lambda _target, _model: None)
    window = QWidget()
    qtbot.addWidget(window)
    made.widget.setParent(window)
    for widget in (made.widget, window):
        widget.resize(1000, 640)
        widget.show()
    made.activated()
    yield made
    made.close()
