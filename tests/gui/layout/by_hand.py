"""Dialogs that no command opens without a camera, a cluster or a program, and a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import msgspec
from PySide6.QtWidgets import QWidget

from backend.core.target import Target
from backend.models.code.remembered import ModelCode
from backend.sources.cameras import AUTO_MODE
from backend.wire.oip.cluster import ClusterStatus, ModelReplicas, NodeStatus, ReplicaStatus
from gui.devices import OfferedMode
from gui.live.sources.camera_mode_form import CameraModeForm
from gui.server.code_consent import CodeDialog
from gui.state.models import CodeQuestion
from gui.targets.cluster_card import ClusterCard, ClusterContext
from tests.compare.bench.made import REST_BINARY, REST_JSON, STREAM, cell_result, result
from tests.gui.inline_tasks import InlineTasks

_CLUSTER = ClusterStatus(
    "ray",
    (
        NodeStatus("n1", "10.0.0.1", alive=True, cpus=64.0),
        NodeStatus("n2", "10.0.0.2", alive=False, cpus=4.0),
    ),
    (
        ModelReplicas(
            "a model of some length",
            (ReplicaStatus("r1", "n1", 4711, 90_000.0, 10.0, 640 << 20, 12, 600_000, 2),),
            123,
        ),
    ),
)
MEASURED = result(
    *(
        msgspec.structs.replace(
            cell_result(
                replace(way, in_flight=many),
                23.4 * many,
                rate=1234.5 / many,
                bytes_out=2.7e6,
                stable=many == 1,
                stages_ms={"encode": 0.4, "wire": 10.0, "server_infer": 6.6},
            ),
            client_cpu_ms=14.1,
            server_cpu_ms=23.4,
        )
        for way in (STREAM, REST_BINARY, REST_JSON)
        for many in (1, 16)
    )
)
"""A result with every figure there can be, and curves."""


def _consent(window: QWidget) -> None:
    folder = Path("/home/somebody/some/folder/of/models")
    names = ("sharpen", "a model with a long name", "three")
    codes = (ModelCode(name, folder / name, (folder / name / "model.py",), "0") for name in names)
    CodeDialog(window, CodeQuestion(folder, tuple(codes), changed=True)).show()


def _camera(window: QWidget) -> None:
    modes = (OfferedMode(3840, 2160, 60, "MJPG"), OfferedMode(640, 480, 30, "YUYV"))
    form = CameraModeForm(
        window, "A camera with a name of its own", modes, AUTO_MODE, lambda _mode: None
    )
    form.show()


def _nodes(window: QWidget) -> None:
    control = SimpleNamespace(cluster=lambda: _CLUSTER, close=lambda: None)
    target = Target("lab", "http://lab.example:8000")
    context = ClusterContext(InlineTasks(), target, lambda it: it, lambda _target: control)  # type: ignore[arg-type, return-value]
    ClusterCard(window, context).show()


BY_HAND: Mapping[str, Callable[[QWidget], None]] = {
    "consent": _consent,
    "camera": _camera,
    "nodes": _nodes,
}
"""Makes and shows each of them, by what it is about."""
