"""The outputs of a reply: a table that fits its place and cuts no number short."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from backend.core.tensors import Datatype, Tensor
from backend.inspector.views.summary import tensor_row
from gui.inspect.reply.output_table import OutputTable

BOXES = Tensor("BOXES", Datatype.FP32, np.linspace(42.75, 683.8, 164, dtype=np.float32))
CLASSES = Tensor("CLASSES", Datatype.INT64, np.zeros(41, np.int64))


@pytest.mark.parametrize(("digits", "lines"), [(40, 2), (55, 2), (200, 1)])
def test_all_columns_fit_and_no_number_is_cut_short(qtbot: QtBot, digits: int, lines: int) -> None:
    table = OutputTable()
    qtbot.addWidget(table)
    metrics = QFontMetrics(table.font())
    table.resize(digits * metrics.horizontalAdvance("0"), 300)
    table.show_rows(tuple(map(tensor_row, (BOXES, CLASSES))))
    table.show()
    qtbot.waitExposed(table)
    model = table.model()
    assert table.horizontalHeader().length() <= table.viewport().width()
    for row in range(model.rowCount()):
        for column in range(model.columnCount()):
            text = str(model.index(row, column).data())
            assert text.count("\n") == lines - 1
            room = table.columnWidth(column)
            assert max(map(metrics.horizontalAdvance, text.splitlines())) <= room
    last = model.index(0, model.columnCount() - 1)
    assert "42.75, " in last.data(Qt.ItemDataRole.ToolTipRole)
    assert last.data().splitlines()[-1].split(", ")[0] in ("42.75", "\u2026")
    assert model.index(0, 0).data().startswith("BOXES")


def test_a_wider_table_shows_more_first_values(qtbot: QtBot) -> None:
    table = OutputTable()
    qtbot.addWidget(table)
    table.resize(400, 300)
    table.show_rows((tensor_row(BOXES),))
    table.show()
    qtbot.waitExposed(table)

    def values() -> int:
        model = table.model()
        return str(model.index(0, model.columnCount() - 1).data()).count(", ")

    few = values()
    table.resize(2000, 300)
    qtbot.waitUntil(lambda: values() > few)
