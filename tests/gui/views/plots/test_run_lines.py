"""What the latency panel says of the whole run to whom points at it."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backend.core.status import Quantiles, RunStatus
from gui.views.plots.latency import LatencyView


def test_who_points_at_the_panel_reads_of_the_whole_run_as_it_is_then(qtbot: QtBot) -> None:
    view = LatencyView()
    qtbot.addWidget(view)
    view.show()
    for answers in (3, 7):
        view.show_run(RunStatus(latency=Quantiles(answers, 1.0, 2.0, 3.0)))
        here = QPointF(5, 5)
        QApplication.sendEvent(view, QEnterEvent(here, here, here))
        assert f"Whole run, {answers} answers: p50 1.0 ms, p95 2.0 ms" in view.toolTip()
