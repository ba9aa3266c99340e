"""The automatic number in flight takes the replicas of a model into account."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.core.choices import RunSettings
from backend.core.errors import TargetUnreachable
from backend.core.samples import Captured, Frame
from backend.core.status import Result
from backend.core.target import Target
from backend.models.catalogue import repository_registry
from backend.models.code import AllCode
from backend.server.lifecycle import EmbeddedServer
from backend.server.settings import ServerOptions
from backend.session.run.live import Session
from backend.session.run.replicas import ReplicaWatch, ask_replicas
from backend.wire.oip.cluster import ClusterStatus, ModelReplicas, ReplicaStatus, cluster_to_json
from tests.session.echo import echoes
from tests.session.list_source import ListSource
from tests.session.running import on_result, running
from tests.waiting import wait_for

_SLOW = """
import time
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        time.sleep(0.05)
        return [
            pb_utils.InferenceResponse([pb_utils.Tensor(
                "OUTPUT0", pb_utils.get_input_tensor_by_name(request, "INPUT0").as_numpy()
            )])
            for request in requests
        ]
"""
_CONFIG = """
backend: "python"
input [{ name: "INPUT0" data_type: TYPE_UINT8 dims: [-1] }]
output [{ name: "OUTPUT0" data_type: TYPE_UINT8 dims: [-1] }]
instance_group [{ kind: KIND_CPU count: 2 }]
"""
SETTINGS = RunSettings(Target("lab", "http://127.0.0.1:9", "127.0.0.1:9"), "identity")


@pytest.fixture
def two_at_once(tmp_path: Path) -> Iterator[Target]:
    """A server whose model takes 50 ms, and two requests at once, as two replicas would."""
    folder = tmp_path / "identity"
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "model.py").write_text(_SLOW)
    (folder / "config.pbtxt").write_text(_CONFIG)
    registry = repository_registry([tmp_path], bundled=False, code=AllCode())
    registry.load_all()
    server = EmbeddedServer(registry, ServerOptions())
    server.start()
    yield Target("lab", server.rest_url, server.grpc_address)
    server.stop()
    registry.close()


def _frames() -> list[Captured]:
    rng = np.random.default_rng(3)
    return [Frame(n, 0, rng.integers(0, 256, (48, 64, 3), np.uint8)) for n in range(20)]


@pytest.mark.slow
def test_a_run_sends_to_every_replica_where_that_pays(two_at_once: Target) -> None:
    wrong: list[Result] = []
    order: list[int] = []

    def check(result: Result) -> None:
        order.append(result.seq)
        if not echoes(result):
            wrong.append(result)

    source = ListSource(_frames(), live=True, repeat=True, interval_s=0.005)
    session = Session(RunSettings(two_at_once, "identity"), source, replicas=lambda _: 2)
    on_result(session, check)
    with running(session):
        assert session.status().in_flight_limit == 1
        wait_for(lambda: session.status().in_flight_limit == 2, "two in flight")
        answered = session.status().counts.answered
        wait_for(lambda: session.status().counts.answered > answered + 40)
        session.apply(replace(session.settings, in_flight=3))
        wait_for(lambda: session.status().in_flight_limit == 3, "the user's number")
    assert session.status().counts.failed == 0, session.last_failure
    assert not wrong
    assert order == sorted(order)


def test_a_server_without_replicas_is_asked_once() -> None:
    asked: list[str] = []

    def ask(settings: RunSettings) -> int:
        asked.append(settings.model)
        return 0

    watch = ReplicaWatch(ask)
    watch.use(SETTINGS)
    wait_for(lambda: asked == ["identity"])
    for _ in range(5):
        watch.use(replace(SETTINGS, deadline_s=7.0))
    watch.use(replace(SETTINGS, model="shapes"))
    wait_for(lambda: asked == ["identity", "shapes"])
    watch.close()
    assert asked == ["identity", "shapes"]
    assert watch.count == 0


def test_the_count_is_that_of_the_model_in_use() -> None:
    gate = threading.Event()

    def ask(settings: RunSettings) -> int:
        if settings.model == "slow":
            assert gate.wait(60)
        return len(settings.model)

    watch = ReplicaWatch(ask)
    watch.use(replace(SETTINGS, model="slow"))
    watch.use(replace(SETTINGS, model="shapes"))
    gate.set()
    wait_for(lambda: watch.count == len("shapes"))
    watch.close()


def test_trouble_counts_as_no_replicas_and_ends_with_the_run() -> None:
    tried = threading.Event()

    def ask(_settings: RunSettings) -> int:
        tried.set()
        raise TargetUnreachable("nobody is there")

    watch = ReplicaWatch(ask)
    watch.use(SETTINGS)
    assert tried.wait(60)
    watch.close()
    assert watch.count == 0


def test_nobody_is_asked_without_a_way_to() -> None:
    watch = ReplicaWatch(None)
    watch.use(SETTINGS)
    watch.close()
    assert watch.count == 0
    assert ask_replicas(replace(SETTINGS, target=Target("embedded", "http://127.0.0.1:9"))) == 0
    assert ask_replicas(replace(SETTINGS, target=Target("lab", "", "127.0.0.1:9"))) == 0


def test_our_own_server_tells_of_no_replicas(two_at_once: Target) -> None:
    assert ask_replicas(RunSettings(two_at_once, "identity")) == 0


def test_a_cluster_tells_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    one = ReplicaStatus("r", "n", 1, 1.0, 1.0, 1, 0, 0, 0)
    status = ClusterStatus("ray", (), (ModelReplicas("identity", (one, one), 0),))
    assert cluster_to_json(status)
    monkeypatch.setattr(
        "backend.session.run.replicas.ServerControlClient",
        lambda _target, deadline_s: _Control(status),
    )
    assert ask_replicas(SETTINGS) == 2
    assert ask_replicas(replace(SETTINGS, model="other")) == 0


class _Control:
    def __init__(self, status: ClusterStatus) -> None:
        self._status = status

    def cluster(self) -> ClusterStatus:
        return self._status

    def close(self) -> None:
        """Nothing is open."""
