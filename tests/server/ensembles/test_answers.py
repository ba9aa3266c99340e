"""Ensembles answered by a data plane: their order, their steps' queues, errors, and real models."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import requests

from backend.core.errors import InvalidInput, NotFound, NotReady, Overloaded
from backend.core.inference import InferRequest, RequestedOutput
from backend.core.tensors import Datatype, Tensor
from backend.models.catalogue import repository_registry
from backend.models.code.permission import AllCode
from backend.models.servable import ModelRequest, ModelResponse, Respond
from backend.profiles.bundled import profile_for
from backend.profiles.file import write_profile
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.plane.data_plane import StreamAnswer
from backend.server.plane.local import LocalDataPlane
from backend.server.settings.options import ModelControl, ServerOptions
from backend.wire.serving.items import Sound
from tests.models.ensemble_folders import ensemble_registry, step, write_ensemble
from tests.models.onnx_folders import node, value
from tests.models.onnx_folders import write_model as write_onnx
from tests.models.python_models import write as write_python
from tests.models.scripted_runtime import write_model
from tests.server.plane_runs import begin, entered, settle, stats, with_plane
from tests.server.scripted_servables import Script, Scripted, response

T = TypeVar("T")
Work = Callable[[LocalDataPlane, dict[str, Scripted]], Awaitable[T]]

CHAIN = step("one", {"INPUT0": "A"}, {"OUTPUT0": "t"}) + step("two", {"INPUT0": "t"})
FORK = step("one") + step("two", {"INPUT0": "A"}, {"OUTPUT0": "C"})
BOTH = 'name: "B" data_type: TYPE_INT32 dims: [ -1 ]\nname: "C" data_type: TYPE_INT32 dims: [ -1 ]'


def plus(number: int) -> Script:
    def script(index: int, request: ModelRequest, respond: Respond) -> None:
        first = int(request.inputs["INPUT0"].data.flat[0])
        respond(index, response(first + number), True)  # noqa: FBT003 - the protocol's

    return script


def counting(index: int, request: ModelRequest, respond: Respond) -> None:
    """As many responses as the input says: 0, 1, 2, ..."""
    for number in range(int(request.inputs["INPUT0"].data.flat[0])):
        respond(index, response(number), False)  # noqa: FBT003 - the protocol's
    respond(index, None, True)  # noqa: FBT003 - the protocol's


def run(root: Path, work: Work[T], **limits: int) -> T:
    """Run `work` on a plane with every model of the folder, and the scripted ones by name."""
    registry, runtime = ensemble_registry(root)
    registry.load_all()
    models = {model.name: model for model in runtime.loaded}
    try:
        return with_plane(lambda plane: work(plane, models), registry=registry, **limits)
    finally:
        for model in models.values():
            model.gate.set()


def asking(*values: int, outputs: tuple[str, ...] = (), **more: Any) -> InferRequest:
    tensor = Tensor("A", Datatype.INT32, np.array(values, np.int32))
    return InferRequest("e", (tensor,), outputs=tuple(map(RequestedOutput, outputs)), **more)


async def answers(plane: LocalDataPlane, request: InferRequest) -> list[StreamAnswer]:
    return [answer async for answer in plane.stream(request)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        write_model(tmp_path, name, 1)
    return tmp_path


def test_each_step_gets_what_the_one_before_gave(root: Path) -> None:
    write_ensemble(root, "e", CHAIN)

    async def work(plane: LocalDataPlane, models: dict[str, Scripted]) -> None:
        models["one"].script, models["two"].script = plus(10), plus(100)
        terms = {"sequence_id": 3, "sequence_start": True, "timeout": 9_000_000, "mine": "x"}
        answer, timing = await plane.infer(asking(1, id="7", parameters=terms))
        assert (answer.model, answer.version, answer.id) == ("e", "1", "7")
        assert [(t.name, t.data.tolist()) for t in answer.outputs] == [("B", [111])]
        assert timing.compute_infer_us > 0
        for model in models.values():
            (request,) = model.requests
            assert request.id == "7"
            assert request.parameters == {"mine": "x"}
            assert request.timeout_us == 9_000_000
            assert request.sequence is not None
            assert (request.sequence.id, request.sequence.start) == (3, True)
            assert request.outputs == ("OUTPUT0",)
        # What the steps took, added up, as Triton counts it; each step counts for itself too.
        counted = stats(plane, "e")
        assert (counted.inference_count, counted.execution_count) == (1, 1)
        for part in ("compute_input", "compute_infer", "compute_output"):
            parts = [getattr(stats(plane, name).inference_stats, part).ns for name in models]
            assert abs(getattr(counted.inference_stats, part).ns - sum(parts)) < 5_000

    run(root, work)


def test_steps_that_are_ready_run_at_the_same_time(root: Path) -> None:
    write_ensemble(root, "e", FORK, outputs=BOTH)

    async def work(plane: LocalDataPlane, models: dict[str, Scripted]) -> None:
        for model in models.values():
            model.gate.clear()
        task = asyncio.create_task(plane.infer(asking(1)))
        await asyncio.gather(*map(entered, models.values()))
        assert not task.done()
        for model in models.values():
            model.gate.set()
        answer, _ = await task
        assert [tensor.name for tensor in answer.outputs] == ["B", "C"]

    run(root, work)


def test_only_the_outputs_asked_for_are_computed(root: Path) -> None:
    write_ensemble(root, "e", FORK, outputs=BOTH)

    async def work(plane: LocalDataPlane, models: dict[str, Scripted]) -> None:
        answer, _ = await plane.infer(asking(1, outputs=("C",)))
        assert [tensor.name for tensor in answer.outputs] == ["C"]
        assert (models["one"].batches, models["two"].batches) == ([], [[1]])
        with pytest.raises(InvalidInput, match="unexpected inference output 'Q' for model 'e'"):
            await plane.infer(asking(1, outputs=("Q",)))

    run(root, work)


def test_requests_to_an_ensemble_share_the_batches_of_its_steps(root: Path) -> None:
    write_model(root, "batching", 1, config="max_batch_size: 8 dynamic_batching { }")
    write_ensemble(root, "e", step("batching"), batch=8)

    async def work(plane: LocalDataPlane, models: dict[str, Scripted]) -> None:
        model = models["batching"]
        model.gate.clear()
        tensors = [Tensor("A", Datatype.INT32, np.full((2, 1), n, np.int32)) for n in range(4)]
        first, *others = [InferRequest("e", (tensor,)) for tensor in tensors]
        tasks = [begin(plane, first)]
        await entered(model)
        tasks += [begin(plane, request) for request in others]
        while next(iter(plane.statistics("batching"))).pending < 4:
            await asyncio.sleep(0.005)
        model.gate.set()
        assert await asyncio.gather(*tasks) == [0, 1, 2, 3]
        assert model.batches == [[0], [1, 2, 3]]
        assert stats(plane, "e").inference_count == 8
        assert [row.batch_size for row in stats(plane, "batching").batch_stats] == [2, 6]

    run(root, work)


def test_an_error_of_a_step_ends_the_others(root: Path) -> None:
    write_ensemble(root, "e", FORK, outputs=BOTH)

    def failing(_index: int, _request: ModelRequest, _respond: Respond) -> None:
        raise NotFound("thirteen")

    async def work(plane: LocalDataPlane, models: dict[str, Scripted]) -> None:
        models["one"].gate.clear()
        models["two"].script = failing
        with pytest.raises(NotFound, match=r"^in ensemble 'e', thirteen"):
            await plane.infer(asking(1))
        (row,) = plane.statistics("e")
        assert (row.statistics.inference_stats.fail.count, row.pending) == (1, 0)
        models["one"].gate.set()

    run(root, work)


def test_a_request_that_is_given_up_leaves_the_queues_of_its_steps(root: Path) -> None:
    write_ensemble(root, "e", CHAIN)

    async def work(plane: LocalDataPlane, models: dict[str, Scripted]) -> None:
        models["one"].gate.clear()
        first = begin(plane, asking(1))
        await entered(models["one"])
        second = begin(plane, asking(2))
        while plane.statistics("one")[0].pending < 2:
            await asyncio.sleep(0.005)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        models["one"].gate.set()
        assert await first == 1
        assert models["one"].batches == [[1]]
        assert plane.statistics("e")[0].failures["CANCELED"] == 1

    run(root, work)


def test_no_more_requests_are_under_way_than_may_wait(root: Path) -> None:
    write_ensemble(root, "e", CHAIN)

    async def work(plane: LocalDataPlane, models: dict[str, Scripted]) -> None:
        models["one"].gate.clear()
        tasks = [begin(plane, asking(n)) for n in range(3)]
        await settle()
        with pytest.raises(Overloaded, match="ensemble 'e' is busy: 3 requests"):
            await plane.infer(asking(9))
        models["one"].gate.set()
        assert await asyncio.gather(*tasks) == [0, 1, 2]

    run(root, work, queue_limit=3)


def test_every_response_of_a_decoupled_step_goes_through_the_rest(root: Path) -> None:
    write_model(root, "count", 1, config="model_transaction_policy { decoupled: true }")
    chain = (
        step("one", {"INPUT0": "A"}, {"OUTPUT0": "n"})
        + step("count", {"INPUT0": "n"}, {"OUTPUT0": "t"})
        + step("two", {"INPUT0": "t"})
    )
    write_ensemble(root, "e", chain)

    async def work(plane: LocalDataPlane, models: dict[str, Scripted]) -> None:
        models["one"].script, models["two"].script = plus(1), plus(100)
        models["count"].script = counting
        got = await answers(plane, asking(2))
        values = [int(a.response.outputs[0].data[0]) for a in got if a.response is not None]
        assert values == [100, 101, 102]
        assert [answer.final for answer in got] == [False, False, False, True]
        assert [a.final for a in await answers(plane, asking(-1))] == [True]
        counted = stats(plane, "e")
        assert counted.inference_count == 2
        assert counted.response_stats["0"].success.count == 1
        config = plane.model("e").config
        assert config.model_transaction_policy.decoupled

    run(root, work)


def test_an_error_between_responses_of_a_step_ends_the_stream(root: Path) -> None:
    write_model(root, "count", 1, config="model_transaction_policy { decoupled: true }")
    write_ensemble(
        root, "e", step("count", outputs={"OUTPUT0": "t"}) + step("two", {"INPUT0": "t"})
    )

    def failing(index: int, _request: ModelRequest, respond: Respond) -> None:
        respond(index, response(1), False)  # noqa: FBT003 - the protocol's
        respond(index, ModelResponse(error=InvalidInput("thirteen")), True)  # noqa: FBT003

    async def work(plane: LocalDataPlane, models: dict[str, Scripted]) -> None:
        models["count"].script = failing
        stream = plane.stream(asking(5))
        assert (await anext(stream)).response is not None
        with pytest.raises(InvalidInput, match=r"^in ensemble 'e', thirteen"):
            await anext(stream)
        assert stats(plane, "e").inference_stats.fail.count == 1

    run(root, work)


def test_closing_a_stream_gives_its_steps_up(root: Path) -> None:
    write_model(root, "count", 1, config="model_transaction_policy { decoupled: true }")
    write_ensemble(root, "e", step("count"))

    async def work(plane: LocalDataPlane, models: dict[str, Scripted]) -> None:
        models["count"].script = counting
        stream = plane.stream(asking(5))
        assert (await anext(stream)).response is not None
        await stream.aclose()
        assert plane.statistics("e")[0].failures["CANCELED"] == 1
        assert plane.statistics("e")[0].pending == 0

    run(root, work)


def test_unloading_finishes_what_is_under_way(root: Path) -> None:
    write_ensemble(root, "e", CHAIN)

    async def work(plane: LocalDataPlane, models: dict[str, Scripted]) -> None:
        models["one"].gate.clear()
        task = begin(plane, asking(5))
        await entered(models["one"])
        await plane.unload("e")
        with pytest.raises(NotFound):
            await plane.infer(asking(1))
        models["one"].gate.set()
        assert await task == 5
        await plane.unload("one")
        await plane.load("e")
        await plane.unload("one")
        with pytest.raises(NotReady, match="depends on 'one' which has no loaded version"):
            await plane.infer(asking(1))

    run(root, work)


ADD = """
import numpy as np
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for request in requests:
            data = pb_utils.get_input_tensor_by_name(request, "X").as_numpy()
            if data.flat[0] == 13:
                error = pb_utils.TritonError("thirteen")
                answers.append(pb_utils.InferenceResponse(error=error))
                continue
            answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("Y", data + 1)]))
        return answers
"""
UINT8 = "data_type: TYPE_UINT8 dims: [ -1 ]"
MIXED = (
    step("add", {"X": "A"}, {"Y": "t"})
    + step("identity", {"INPUT0": "t"}, {"OUTPUT0": "u"})
    + step("double", {"X": "u"}, {"Y": "B"})
)


@pytest.fixture
def mixed(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A Python model, a bundled model and an ONNX model in a row, on real sockets."""
    folder = write_python(tmp_path, "add", ADD)
    (folder.parent / "config.pbtxt").write_text(
        f'backend: "python" input {{ name: "X" {UINT8} }} output {{ name: "Y" {UINT8} }}'
    )
    write_onnx(
        tmp_path / "double",
        [node("Add", ["X", "X"], ["Y"])],
        [value("X", Datatype.UINT8, ["n"])],
        [value("Y", Datatype.UINT8, ["n"])],
    )
    (tmp_path / "double" / "config.pbtxt").write_text(
        f'input {{ name: "X" {UINT8} }} output {{ name: "Y" {UINT8} }}'
    )
    write_ensemble(tmp_path, "e", MIXED, inputs=f'name: "A" {UINT8}', outputs=f'name: "B" {UINT8}')
    registry = repository_registry([tmp_path], bundled=True, code=AllCode())
    server = EmbeddedServer(registry, ServerOptions(model_control=ModelControl.EXPLICIT))
    server.start()
    yield server
    assert server.stop()
    registry.close()


def test_models_of_every_kind_are_steps(mixed: EmbeddedServer) -> None:
    base = mixed.rest_url

    def infer(*data: int) -> requests.Response:
        tensor = {"name": "A", "datatype": "UINT8", "shape": [len(data)], "data": list(data)}
        return requests.post(f"{base}/v2/models/e/infer", json={"inputs": [tensor]}, timeout=30)

    assert requests.post(f"{base}/v2/repository/models/e/load", timeout=60).status_code == 200
    assert infer(1, 2).json() == {
        "model_name": "e",
        "model_version": "1",
        "outputs": [{"name": "B", "datatype": "UINT8", "shape": [2], "data": [4, 6]}],
    }
    assert (infer(13).status_code, infer(13).json()) == (
        500,
        {"error": "in ensemble 'e', thirteen"},
    )
    metadata = requests.get(f"{base}/v2/models/e", timeout=30).json()
    assert (metadata["platform"], metadata["versions"]) == ("ensemble", ["1"])
    config = requests.get(f"{base}/v2/models/e/config", timeout=30).json()
    assert config["ensemble_scheduling"]["step"][0]["input_map"] == {"X": "A"}
    unload = {"parameters": {"unload_dependents": True}}
    requests.post(f"{base}/v2/repository/models/e/unload", json=unload, timeout=30)
    index = requests.post(f"{base}/v2/repository/index", json={"ready": True}, timeout=30).json()
    names = {row["name"] for row in index}
    assert "identity" in names
    assert names.isdisjoint({"e", "add", "double"})


def test_an_ensemble_with_a_profile_takes_sound(tmp_path: Path) -> None:
    profile = profile_for("pitch")
    same_inputs = {spec.name: spec.name for spec in profile.inputs}
    same_outputs = {spec.name: spec.name for spec in profile.outputs}
    lines = [
        "\n".join(
            f'name: "{spec.name}" data_type: TYPE_{spec.datatype} dims: {list(spec.shape)}'
            for spec in specs
        )
        for specs in (profile.inputs, profile.outputs)
    ]
    steps = step("pitch", same_inputs, same_outputs)
    folder = write_ensemble(tmp_path, "e", steps, inputs=lines[0], outputs=lines[1])
    write_profile(folder / "profile.toml", replace(profile, model="e"))
    registry = repository_registry([tmp_path], bundled=True)
    registry.load("e")
    time = np.arange(profile.audio.window) / profile.audio.rate
    sound = Sound(np.sin(2 * np.pi * 440 * time).astype(np.float32), profile.audio.rate)

    async def work(plane: LocalDataPlane) -> None:
        (alone, _), (within, _) = (
            await plane.predict("pitch", sound),
            await plane.predict("e", sound),
        )
        assert within == alone
        assert plane.statistics("e")[0].statistics.inference_count == 1

    with_plane(work, registry=registry)
