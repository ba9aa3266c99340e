"""What a model's card shows of a real server."""

from __future__ import annotations

import json

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from backend.clients.control.client import ServerControlClient
from backend.core.target import Target
from backend.server.lifecycle.embedded import EmbeddedServer
from gui.state.tasks import ThreadTasks
from gui.targets.model_card import CardContext, ModelCard
from gui.targets.model_facts import statistics_lines
from tests.embedded import server, target

__all__ = ["server", "target"]


def test_a_card_shows_a_model_and_what_it_costs(
    window: QWidget, tasks: ThreadTasks, server: EmbeddedServer, target: Target, qtbot: QtBot
) -> None:
    del server
    place = CardContext(tasks, target, lambda it: it, ServerControlClient)
    card = ModelCard(window, "identity", place)
    qtbot.waitUntil(lambda: "Ready" in card.line.text())
    assert not card.wrong.isVisible()
    inputs = card.tensors.topLevelItem(0)
    assert inputs is not None
    child = inputs.child(0)
    assert child is not None
    assert (child.text(0), child.text(1), child.text(2)) == ("INPUT0", "UINT8", "[?]")
    assert json.loads(card.config.toPlainText())["name"] == "identity"
    assert "Inferences" in card._cells
    card.reject()
    nobody = ModelCard(window, "gone", place)
    qtbot.waitUntil(lambda: bool(nobody.wrong.text()))
    assert "gone" in nobody.wrong.text()
    nobody.reject()


def test_statistics_of_all_versions_are_added_up() -> None:
    def row(count: int, ns: int) -> dict[str, object]:
        part = {"count": str(count), "ns": str(ns)}
        stats = {"success": part, "compute_infer": part}
        return {
            "inference_count": str(2 * count),
            "execution_count": count,
            "inference_stats": stats,
        }

    lines = dict(statistics_lines([row(3, 6_000_000), row(1, 2_000_000)]))
    assert lines["Inferences"] == "8"
    assert lines["Mean batch"] == "2.00"
    assert lines["Inference, mean"] == "2.00 ms"
    assert lines["Queue, mean"] == "–"
