"""What is shown of the nodes and replicas behind a target."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from backend.core.errors import TargetUnreachable
from backend.core.target import Target
from backend.wire.oip.cluster import ClusterStatus, ModelReplicas, NodeStatus, ReplicaStatus
from gui.state.tasks import ThreadTasks
from gui.targets.cluster_card import ClusterCard, ClusterContext
from gui.targets.cluster_facts import age_text, headline, loads_of, loss_line, node_rows
from gui.widgets.theme import GAP

REPLICA = ReplicaStatus("r1", "n1", 4711, 60.0, 10.0, 64 << 20, 3, 600, 2)
STATUS = ClusterStatus(
    "ray",
    (
        NodeStatus("n2", "10.0.0.2", alive=False, cpus=4.0),
        NodeStatus("n1", "10.0.0.1", alive=True, cpus=4.0),
    ),
    (ModelReplicas("faces", (REPLICA,), 0),),
)


def later(replica: ReplicaStatus, seconds: float, answered: int, cpu_s: float) -> ClusterStatus:
    told = replace_replica(
        replica,
        age_s=replica.age_s + seconds,
        answered=replica.answered + answered,
        cpu_s=replica.cpu_s + cpu_s,
    )
    return with_models(ModelReplicas("faces", (told,), 0))


def replace_replica(replica: ReplicaStatus, **changes: object) -> ReplicaStatus:
    values = {name: getattr(replica, name) for name in replica.__struct_fields__}
    return ReplicaStatus(**(values | changes))


def with_models(*models: ModelReplicas) -> ClusterStatus:
    return ClusterStatus("ray", STATUS.nodes, models)


def cells(status: ClusterStatus, *before: ClusterStatus) -> tuple[str, ...]:
    loads = loads_of(STATUS, {})
    for one in (*before, status):
        loads = loads_of(one, loads)
    return node_rows(status, loads)[0].replicas[0].cells


def test_loads_are_between_two_tellings() -> None:
    first = node_rows(STATUS, loads_of(STATUS, {}))[0].replicas[0]
    assert first.cells == ("faces", "3", "–", "2", "–", "64.0 MiB", "60 s")
    second = later(REPLICA, 2.0, 30, 1.0)
    assert cells(second)[2:5] == ("15.0", "2", "50 %")
    assert cells(second, second)[2:5] == ("15.0", "2", "50 %")


def test_a_replica_that_began_anew_has_no_load_below_nothing() -> None:
    fresh = later(REPLICA, 2.0, -600, -10.0)
    assert cells(fresh)[2:5] == ("0.0", "2", "0 %")


def test_nodes_that_are_gone_come_last_and_unknown_ones_by_their_id() -> None:
    stray = replace_replica(REPLICA, id="r2", node="n9")
    rows = node_rows(with_models(ModelReplicas("faces", (REPLICA, stray), 0)), {})
    assert [row.title for row in rows] == [
        "10.0.0.1, 4 cores, 1 replica",
        "n9, 1 replica",
        "10.0.0.2, gone",
    ]


def test_what_was_lost_is_said() -> None:
    assert loss_line(STATUS) == ""
    lost = with_models(ModelReplicas("faces", (), 5), ModelReplicas("shapes", (), 1))
    assert loss_line(lost) == "6 requests were lost with replicas that died: faces 5, shapes 1"
    assert headline(lost) == "1 node, 0 replicas, 2 models"


@pytest.mark.parametrize(
    ("age_s", "text"),
    [(0.4, "0 s"), (119.0, "119 s"), (120.0, "2 min"), (7200.0, "2 h"), (200_000.0, "2 days")],
)
def test_an_age_is_told_in_its_unit(age_s: float, text: str) -> None:
    assert age_text(age_s) == text


class Control:
    """A client that tells what a test wants."""

    def __init__(self, tell: Callable[[], ClusterStatus | None]) -> None:
        self.tell = tell
        self.closed = threading.Event()

    def cluster(self) -> ClusterStatus | None:
        return self.tell()

    def close(self) -> None:
        self.closed.set()


def opened(window: QWidget, tasks: ThreadTasks, control: Control) -> ClusterCard:
    place = ClusterContext(tasks, Target("lab", "http://h:1"), lambda it: it, lambda _: control)  # type: ignore[arg-type, return-value]
    card = ClusterCard(window, place)
    card._timer.setInterval(1)
    card.show()
    return card


def test_it_asks_while_it_is_seen_and_no_longer(
    window: QWidget, tasks: ThreadTasks, qtbot: QtBot
) -> None:
    asked: list[int] = []

    def tell() -> ClusterStatus:
        asked.append(1)
        return later(REPLICA, float(len(asked)), 10 * len(asked), 0.5 * len(asked))

    control = Control(tell)
    card = opened(window, tasks, control)
    qtbot.waitUntil(lambda: len(asked) > 3)
    node = card.tree.topLevelItem(0)
    assert node is not None
    replica = node.child(0)
    assert replica is not None
    qtbot.waitUntil(lambda: replica.text(2) == "10.0")
    assert card.line.text() == "1 node, 1 replica, 1 model"
    assert card.tree.topLevelItem(0) is node
    card.hide()
    qtbot.waitUntil(lambda: not card._busy)
    so_far = len(asked)
    qtbot.wait(50)
    assert len(asked) == so_far
    card.show()
    qtbot.waitUntil(lambda: len(asked) > so_far)
    card.reject()
    qtbot.waitUntil(control.closed.is_set)


def test_large_figures_have_room(window: QWidget, tasks: ThreadTasks, qtbot: QtBot) -> None:
    large = replace_replica(
        REPLICA, age_s=9e6, cpu_s=0.0, memory_bytes=98_765 << 20, pending=256, failed=123_456
    )
    figures = [with_models(ModelReplicas("faces", (large,), 0))]
    card = opened(window, tasks, Control(lambda: figures[-1]))
    qtbot.waitUntil(lambda: card.tree.topLevelItemCount() == 2)
    figures.append(later(large, 1.0, 12_345, 64.0))
    node = card.tree.topLevelItem(0)
    assert node is not None
    replica = node.child(0)
    assert replica is not None
    qtbot.waitUntil(lambda: replica.text(2) == "12345.0")
    metrics, padding = card.tree.fontMetrics(), 2 * GAP
    for column in range(1, card.tree.columnCount()):
        wanted = metrics.horizontalAdvance(replica.text(column)) + padding
        assert wanted <= card.tree.columnWidth(column), replica.text(column)
    card.reject()


def test_trouble_is_said_and_passes(window: QWidget, tasks: ThreadTasks, qtbot: QtBot) -> None:
    answers: list[ClusterStatus | Exception | None] = [STATUS]

    def tell() -> ClusterStatus | None:
        if isinstance(answers[-1], Exception):
            raise answers[-1]
        return answers[-1]

    card = opened(window, tasks, Control(tell))
    qtbot.waitUntil(lambda: card.tree.topLevelItemCount() == 2)
    answers.append(TargetUnreachable("nobody is there"))
    qtbot.waitUntil(card.wrong.isVisible)
    assert card.wrong.text() == "nobody is there"
    assert not card.tree.isEnabled()
    answers.append(with_models(ModelReplicas("faces", (), 2)))
    qtbot.waitUntil(card.lost.isVisible)
    assert not card.wrong.isVisible()
    assert card.tree.isEnabled()
    answers.append(None)
    qtbot.waitUntil(lambda: "tells of no nodes" in card.wrong.text())
    card.reject()
