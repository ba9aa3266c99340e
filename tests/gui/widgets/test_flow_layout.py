"""A flow of widgets: rows that wrap, and no gap for what is hidden."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.flow_layout import FlowLayout


def test_what_is_hidden_takes_no_room(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    flow = FlowLayout(parent, 8, 4)
    boxes = [QWidget() for _ in range(4)]
    for box in boxes:
        box.setFixedSize(50, 20)
        flow.addWidget(box)
    parent.resize(108, 100)
    parent.show()
    assert [(box.x(), box.y()) for box in boxes] == [(0, 0), (58, 0), (0, 24), (58, 24)]
    boxes[0].hide()
    boxes[2].hide()
    flow.activate()
    assert [(boxes[1].x(), boxes[1].y()), (boxes[3].x(), boxes[3].y())] == [(0, 0), (58, 0)]
    assert flow.heightForWidth(108) == 20


def test_rows_can_end_at_the_right_edge(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    flow = FlowLayout(parent, 8, 4, at_end=True)
    boxes = [QWidget() for _ in range(3)]
    for box in boxes:
        box.setFixedSize(50, 20)
        flow.addWidget(box)
    parent.resize(120, 100)
    parent.show()
    assert [(box.x(), box.y()) for box in boxes] == [(12, 0), (70, 0), (70, 24)]
