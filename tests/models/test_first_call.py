"""A model file computes at load, so that no caller's frame is the slow one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from backend.core.errors import ModelFailed
from backend.core.tensors import Datatype
from backend.models import first_call
from backend.models.catalogue import repository_registry
from backend.models.first_call import MOST_CALLS, FirstCalls
from backend.models.repository.registry import ModelRegistry
from backend.models.runtimes.graph import GraphInstance
from backend.models.servable import (
    ExecutionTimes,
    ModelLoadError,
    ModelRequest,
    ModelResponse,
    Respond,
)
from tests.models.onnx_folders import identity
from tests.models.onnx_folders import load as load_onnx

Calls = list[Sequence[ModelRequest]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Every batch that a model file computes; fast enough for all calls."""
    seen: Calls = []
    execute = GraphInstance.execute

    def noted(
        self: GraphInstance, batch: Sequence[ModelRequest], respond: Respond
    ) -> ExecutionTimes:
        seen.append(batch)
        return execute(self, batch, respond)

    monkeypatch.setattr(GraphInstance, "execute", noted)
    monkeypatch.setattr(first_call, "ENOUGH_S", 1000.0)
    return seen


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[ModelRegistry]:
    registry = repository_registry((tmp_path,), bundled=False)
    yield registry
    registry.close()


def test_each_instance_computes_zeros(
    tmp_path: Path, registry: ModelRegistry, calls: Calls
) -> None:
    identity(tmp_path / "m", Datatype.FP32, (None, 4))
    (tmp_path / "m" / "config.pbtxt").write_text("instance_group { count: 2 }")
    registry.load("m")
    assert len(calls) == 2 * MOST_CALLS
    (tensor,) = calls[0][0].inputs.values()
    assert tensor.shape == (1, 4)
    assert not tensor.data.any()


def test_a_slow_model_computes_once(
    tmp_path: Path, registry: ModelRegistry, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_call, "ENOUGH_S", -1.0)
    identity(tmp_path / "m", Datatype.FP32, (1, 4))
    registry.load("m")
    assert len(calls) == 1


def test_open_shapes_are_left_alone(tmp_path: Path, registry: ModelRegistry, calls: Calls) -> None:
    identity(tmp_path / "m", Datatype.FP32, (1, None))
    registry.load("m")
    assert calls == []


def test_samples_of_the_configuration_are_enough(
    tmp_path: Path, registry: ModelRegistry, calls: Calls
) -> None:
    identity(tmp_path / "m", Datatype.FP32, (1, 4))
    (tmp_path / "m" / "config.pbtxt").write_text(
        'model_warmup { name: "w" batch_size: 1 inputs { key: "X" value '
        "{ data_type: TYPE_FP32 dims: [ 1, 4 ] zero_data: true } } }"
    )
    registry.load("m")
    assert len(calls) == 1


class Computes:
    """An instance that computes until it is broken off, or fails."""

    def __init__(self, error: ModelFailed | None = None) -> None:
        self.error = error
        self.began = threading.Event()
        self.broken_off = threading.Event()
        self.count = 0

    def execute(self, batch: Sequence[ModelRequest], respond: Respond) -> ExecutionTimes:
        self.count += 1
        self.began.set()
        if self.error is None:
            assert self.broken_off.wait(60)
        error = self.error or ModelFailed("broken off")
        for index in range(len(batch)):
            respond(index, ModelResponse(error=error), True)  # noqa: FBT003
        return ExecutionTimes(0, 0, 0)

    def interrupt(self, reason: str) -> None:
        del reason
        self.broken_off.set()

    def close(self) -> None:
        pass


def test_a_model_that_does_not_end_is_broken_off_and_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_call, "LONGEST_S", 0.01)
    servable = load_onnx(identity(tmp_path / "m", Datatype.FP32, (1, 4)))
    endless = Computes()
    FirstCalls(servable, [endless]).run()
    assert endless.count == 1


def test_a_model_that_fails_is_served(tmp_path: Path) -> None:
    servable = load_onnx(identity(tmp_path / "m", Datatype.FP32, (1, 4)))
    failing = Computes(ModelFailed("once"))
    FirstCalls(servable, [failing]).run()
    assert failing.count == 1


def test_an_unload_ends_it(tmp_path: Path) -> None:
    servable = load_onnx(identity(tmp_path / "m", Datatype.FP32, (1, 4)))
    endless = Computes()
    first = FirstCalls(servable, [endless])
    failed: list[str] = []

    def run() -> None:
        try:
            first.run()
        except ModelLoadError as error:
            failed.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    assert endless.began.wait(60)
    first.end()
    thread.join(60)
    assert failed == ["it is not wanted any more"]
