"""The rows of the history: whole parts of what is said, and no half of a number."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backend.inspector.history.store import HistoryRow
from gui.inspect.history.list import second_line

ROW = HistoryRow(
    id=1,
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
    target="Local demo",
    method="inference.GRPCInferenceService/ModelStreamInfer",
    model="shapes",
    status="0 OK",
    ok=True,
    total_ns=24_260_000_000,
    sent=12,
    received=12,
    sent_bytes=34,
    received_bytes=214,
    pinned=False,
)
WHOLE = "shapes \u00b7 0 OK \u00b7 24.26 s \u00b7 214 bytes \u00b7 12 \u2193 \u00b7 Local demo"


def test_parts_that_have_no_room_are_left_out_whole(qtbot: QtBot) -> None:
    del qtbot
    metrics = QFontMetrics(QApplication.font())
    wide = metrics.horizontalAdvance(WHOLE)
    said = {second_line(ROW, metrics, width) for width in range(wide // 3, wide + 4)}
    assert WHOLE in said
    assert len(said) > 3
    assert all(WHOLE.startswith(one) and "\u2026" not in one for one in said)
