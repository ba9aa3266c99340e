"""Samples that a model answers on every instance before it is ready."""

from __future__ import annotations

import struct
import threading
import time
from pathlib import Path

import pytest

from backend.core.errors import NotFound
from backend.core.tensors import Datatype
from backend.models.catalogue import repository_registry
from backend.models.code.permission import AllCode
from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.models.repository.states import ModelState
from backend.models.servable import ModelLoadError, ModelRequest, ModelResponse, Respond, Servable
from backend.wire.generated import open_inference_pb2 as pb
from tests.models.onnx_folders import ask, identity, outputs_of, request, texts
from tests.models.python_models import write as write_python
from tests.models.scripted_runtime import ScriptedRuntime, write_model
from tests.server.scripted_servables import Scripted

TENSORS = """
input { name: "INPUT0" data_type: TYPE_INT32 dims: [ -1 ] }
output { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ -1 ] }
"""


def sample(
    data: str = "zero_data: true",
    *,
    name: str = "INPUT0",
    kind: str = "INT32",
    dims: str = "3",
    more: str = "batch_size: 1",
) -> str:
    return (
        f'model_warmup {{ name: "w" {more} inputs {{ key: "{name}" '
        f"value {{ data_type: TYPE_{kind} dims: [ {dims} ] {data} }} }} }}\n"
    )


def loaded(root: Path, config: str) -> Scripted:
    """A scripted model, loaded with that configuration."""
    runtime = ScriptedRuntime()
    write_model(root, "m", 1, config=TENSORS + config)
    registry = ModelRegistry(folders=ModelFolders([root], [runtime]))
    try:
        registry.load("m")
    finally:
        registry.close()
    return runtime.loaded[0]


def test_each_instance_answers_each_sample_as_often_as_it_says(tmp_path: Path) -> None:
    config = sample(more="batch_size: 1 count: 3") + sample("random_data: true")
    model = loaded(tmp_path, config + "instance_group { count: 2 }")
    assert {index: len(values) for index, values in model.by_instance.items()} == {0: 4, 1: 4}
    assert [request.inputs["INPUT0"].shape for request in model.requests] == [(3,)] * 8
    assert model.by_instance[0][:3] == [0, 0, 0]
    assert model.by_instance[0][3] == model.by_instance[1][3] != 0


def test_a_batch_is_that_many_requests_at_once(tmp_path: Path) -> None:
    model = loaded(tmp_path, "max_batch_size: 4 " + sample(more="batch_size: 3"))
    assert [len(batch) for batch in model.batches] == [3]
    assert {request.inputs["INPUT0"].shape for request in model.requests} == {(1, 3)}


def test_a_sample_of_no_batch_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert loaded(tmp_path, sample(more="")).batches == []
    assert "sample 'w' is left out: its batch_size is 0" in caplog.text


def test_a_model_with_sequences_gets_a_whole_one(tmp_path: Path) -> None:
    config = (
        'sequence_batching { control_input { name: "GO" control { int32_false_true: [ 0, 1 ] } } }'
    )
    model = loaded(tmp_path, config + sample())
    (request,) = model.requests
    assert request.sequence is not None
    assert (request.sequence.start, request.sequence.end) == (True, True)
    assert request.inputs["GO"].data.tolist() == [1]


def test_a_file_holds_the_elements(tmp_path: Path) -> None:
    folder = tmp_path / "m" / "warmup"
    folder.mkdir(parents=True)
    (folder / "numbers").write_bytes(struct.pack("<5i", 7, 8, 9, 10, 11))
    model = loaded(tmp_path, sample('input_data_file: "numbers"'))
    assert model.requests[0].inputs["INPUT0"].data.tolist() == [7, 8, 9]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (sample(name="Q"), "has input 'Q', which model 'm' does not take"),
        ('model_warmup { name: "w" batch_size: 1 }', "is missing required input 'INPUT0'"),
        (sample(kind="FP32"), "'INPUT0' data-type is 'FP32', but model 'm' expects 'INT32'"),
        (
            sample(dims="2, 2"),
            r"unexpected shape for .*Expected \[-1\], got \[2, 2\]",
        ),
        (
            sample(dims="-1"),
            "all variable-size dimensions are specified for input 'INPUT0'",
        ),
        (sample(""), "expects input 'INPUT0' to have input_data_type set"),
        (sample(more="batch_size: 2"), "batch size 2 for 'm', max allowed is 1"),
        (sample(more="batch_size: 1 count: 1001"), "has count 1001, at most 1000"),
        (sample() * 65, "has 65 samples, at most 64"),
        (sample(dims="100000000"), "takes more than 256.0 MiB"),
        (sample(dims="4611686018427387904"), "beyond any message"),
        (sample('input_data_file: "none"'), "there is no file warmup/none"),
        (sample('input_data_file: "short"'), "expects 12 bytes, .* from short only has 4 bytes"),
        (sample('input_data_file: "../config.pbtxt"'), "leads out of"),
        (sample('input_data_file: "/etc/passwd"'), "leads out of"),
    ],
)
def test_what_cannot_be_a_sample_is_refused(tmp_path: Path, config: str, message: str) -> None:
    folder = tmp_path / "m" / "warmup"
    folder.mkdir(parents=True)
    (folder / "short").write_bytes(bytes(4))
    with pytest.raises(ModelLoadError, match=message):
        loaded(tmp_path, config)


@pytest.mark.parametrize("raises", [False, True])
def test_a_sample_that_fails_keeps_the_model_from_serving(tmp_path: Path, raises: bool) -> None:
    def failing(index: int, request: ModelRequest, respond: Respond) -> None:
        if raises:
            raise ValueError("boo")
        respond(index, ModelResponse(error=NotFound("thirteen")), True)  # noqa: FBT003

    class Failing(ScriptedRuntime):
        def load(self, config: pb.ModelConfig, version_folder: Path) -> Servable:
            model = super().load(config, version_folder)
            self.loaded[-1].script = failing
            return model

    runtime = Failing()
    write_model(tmp_path, "m", 1, config=TENSORS + sample())
    registry = ModelRegistry(folders=ModelFolders([tmp_path], [runtime]))
    why = "ValueError: boo" if raises else "thirteen"
    with pytest.raises(ModelLoadError, match=f"failed to run warmup sample 'w': {why}"):
        registry.load("m")
    assert runtime.loaded[0].closed == ["instance 0", "model"]
    (row,) = registry.index()
    assert (row.state, why in row.reason) == (ModelState.UNAVAILABLE, True)


COUNTING = """
import numpy as np
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def initialize(self, args):
        self.seen = []

    def execute(self, requests):
        answers = []
        for request in requests:
            texts = pb_utils.get_input_tensor_by_name(request, "X").as_numpy()
            self.seen.append(b"|".join(texts.reshape(-1)))
            answers.append(pb_utils.InferenceResponse(
                [pb_utils.Tensor("Y", np.array([b",".join(self.seen)], object))]))
        return answers
"""


def test_python_and_onnx_models_are_warmed_up(tmp_path: Path) -> None:
    identity(tmp_path / "onnx", Datatype.FP32, [4])
    (tmp_path / "onnx" / "config.pbtxt").write_text(
        sample("random_data: true", name="X", kind="FP32", dims="4")
        + sample(name="X", kind="FP32", dims="4")
    )
    folder = write_python(tmp_path, "python", COUNTING).parent
    (folder / "warmup").mkdir()
    (folder / "warmup" / "texts").write_bytes(b"\x01\0\0\0a\x02\0\0\0bc")
    (folder / "config.pbtxt").write_text(
        'backend: "python" input { name: "X" data_type: TYPE_STRING dims: [ 2 ] } '
        'output { name: "Y" data_type: TYPE_STRING dims: [ 1 ] }'
        + sample('input_data_file: "texts"', name="X", kind="STRING", dims="2")
        + sample(name="X", kind="STRING", dims="2")
    )
    registry = repository_registry([tmp_path], bundled=False, code=AllCode())
    registry.load("onnx")
    registry.load("python")
    (instance,) = registry.loaded("python").instances
    (answer,) = ask(instance, request(texts("X", [b"z", b""], [2])))
    assert outputs_of(answer)["Y"].data.tolist() == [b"a|bc,|,z|"]
    registry.close()


def test_a_warm_up_that_hangs_is_given_up(tmp_path: Path) -> None:
    endless = "        open(FILE, 'w').close()\n        while True: pass"
    hanging = COUNTING.replace("        answers = []", endless)
    began = tmp_path / "began"
    folder = write_python(tmp_path / "models", "python", f"FILE = {str(began)!r}\n{hanging}").parent
    (folder / "config.pbtxt").write_text(
        'backend: "python" input { name: "X" data_type: TYPE_STRING dims: [ 2 ] } '
        'output { name: "Y" data_type: TYPE_STRING dims: [ 1 ] }'
        + sample(name="X", kind="STRING", dims="2")
    )
    registry = repository_registry([tmp_path / "models"], bundled=False, code=AllCode())
    failures: list[ModelLoadError] = []

    def load() -> None:
        try:
            registry.load("python")
        except ModelLoadError as error:
            failures.append(error)

    loading = threading.Thread(target=load)
    loading.start()
    while not began.exists():
        time.sleep(0.01)
    registry.unload("python")
    loading.join(30)
    assert not loading.is_alive()
    assert "unloaded before it was loaded" in str(failures[0])
    registry.close()
