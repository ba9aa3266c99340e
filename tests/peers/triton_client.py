"""An unmodified tritonclient through every call it has, against ``main.py serve``.

tritonclient brings its own protobuf messages of the same names as ours, so it lives in an
environment of its own and this file is run twice, once by each side's Python:

    python3 -m venv ../peers/triton-client
    ../peers/triton-client/bin/pip install 'tritonclient[all]'
    .venv/bin/python tests/peers/triton_client.py ../peers/triton-client/bin/python

It makes a small repository (with silero_vad from ../shared/data, if that is there; its scores must
be those of onnxruntime with the state carried along), starts a server, drives it with each of the
clients (http, http.aio, grpc, grpc.aio and their streams) and with shared memory, and prints one
line per call. The exit code is 0 if every one did what it should.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import traceback
import uuid
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 20

REPEAT = """
import numpy as np
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        for request in requests:
            sender = request.get_response_sender()
            for value in pb_utils.get_input_tensor_by_name(request, "IN").as_numpy():
                out = pb_utils.Tensor("OUT", np.array([value], np.int32))
                sender.send(pb_utils.InferenceResponse([out]))
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
"""
REPEAT_CONFIG = """
backend: "python"
input [{ name: "IN" data_type: TYPE_INT32 dims: [-1] }]
output [{ name: "OUT" data_type: TYPE_INT32 dims: [1] }]
model_transaction_policy { decoupled: true }
"""
SCORES = """
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        return [
            pb_utils.InferenceResponse([pb_utils.Tensor(
                "OUT", pb_utils.get_input_tensor_by_name(request, "IN").as_numpy())])
            for request in requests
        ]
"""
SCORES_CONFIG = """
backend: "python"
max_batch_size: 8
input [{ name: "IN" data_type: TYPE_FP32 dims: [3] }]
output [{ name: "OUT" data_type: TYPE_FP32 dims: [3] label_filename: "labels.txt" }]
"""
COUNTER = """
import numpy as np
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def initialize(self, args):
        self.sums = {}

    def execute(self, requests):
        answers = []
        for request in requests:
            start = pb_utils.get_input_tensor_by_name(request, "START").as_numpy().item()
            who = request.correlation_id()
            value = pb_utils.get_input_tensor_by_name(request, "IN").as_numpy()
            self.sums[who] = value + (0 if start else self.sums[who])
            answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", self.sums[who])]))
        return answers
"""
COUNTER_CONFIG = """
backend: "python"
max_batch_size: 1
input [{ name: "IN" data_type: TYPE_INT32 dims: [1] }]
output [{ name: "OUT" data_type: TYPE_INT32 dims: [1] }]
sequence_batching { control_input [{
  name: "START"
  control [{ kind: CONTROL_SEQUENCE_START int32_false_true: [0, 1] }]
}] }
"""
SILERO_CONFIG = """
backend: "onnxruntime"
input [
  { name: "input" data_type: TYPE_FP32 dims: [1, -1] },
  { name: "sr" data_type: TYPE_INT64 dims: [1] reshape { shape: [] } }
]
output { name: "output" data_type: TYPE_FP32 dims: [1, 1] }
sequence_batching {
  oldest { max_candidate_sequences: 4 }
  state {
    input_name: "state" output_name: "stateN" data_type: TYPE_FP32 dims: [2, 1, 128]
    initial_state { data_type: TYPE_FP32 dims: [2, 1, 128] zero_data: true name: "silence" }
  }
}
"""
DATA = ROOT.parent / "shared" / "data"
SILERO = DATA / "models" / "silero_vad" / "silero_vad.onnx"
SPEECH = DATA / "speech" / "conversation_60s.wav"
RATE, CHUNK, BEFORE = 16_000, 512, 64


class Report:
    """Runs the checks one by one."""

    def __init__(self) -> None:
        self.failed = 0

    def check(self, name: str, body: Callable[[], object]) -> None:
        try:
            body()
        except BaseException:
            self.failed += 1
            print(f"FAILED  {name}\n{traceback.format_exc()}")
        else:
            print(f"ok      {name}")


def refused(call: Callable[[], object], text: str) -> None:
    said = None
    try:
        call()
    except Exception as error:
        said = str(error)
    assert said is not None, f"was not refused with {text!r}"
    assert text.lower() in said.lower(), f"expected {text!r} in {said}"


class Sync:
    """What the http and the grpc client have in common, call by call."""

    def __init__(self, kind: str, address: str, report: Report) -> None:
        self.kind = kind
        self.module: Any = import_module(f"tritonclient.{kind}")
        self.client = self.module.InferenceServerClient(address)
        self.report = report
        self.as_json = {} if kind == "http" else {"as_json": True}

    def run(self) -> None:
        for name in (
            "health",
            "metadata",
            "config",
            "index",
            "load_and_unload",
            "infer",
            "infer_typed",
            "infer_bytes",
            "infer_asynchronously",
            "infer_compressed",
            "classification",
            "sequence",
            "priority_and_timeout",
            "errors",
            "statistics",
            "settings",
            "shared_memory",
        ):
            self.report.check(f"{self.kind}: {name}", getattr(self, name))
        self.client.close()

    def input(self, name: str, data: Any, datatype: str = "UINT8", **how: Any) -> Any:
        tensor = self.module.InferInput(name, list(data.shape), datatype)
        tensor.set_data_from_numpy(data, **how)
        return tensor

    def identity(self, data: Any, **more: Any) -> Any:
        return self.client.infer("identity", [self.input("INPUT0", data)], **more)

    def health(self) -> None:
        assert self.client.is_server_live()
        assert self.client.is_server_ready()
        assert self.client.is_model_ready("identity")
        assert self.client.is_model_ready("identity", "1")
        assert not self.client.is_model_ready("nobody")

    def metadata(self) -> None:
        about = self.client.get_server_metadata(**self.as_json)
        assert about["name"] == "inferdeck", about
        assert "system_shared_memory" in about["extensions"], about
        model = self.client.get_model_metadata("scores", **self.as_json)
        assert model["versions"] == ["1"], model
        assert model["platform"] == "python", model
        assert [int(size) for size in model["inputs"][0]["shape"]] == [-1, 3], model
        refused(lambda: self.client.get_model_metadata("nobody"), "unknown model: 'nobody'")

    def config(self) -> None:
        config = self.client.get_model_config("scores", **self.as_json)
        config = config.get("config", config)
        assert config["max_batch_size"] == 8, config
        assert config["input"][0]["data_type"] == "TYPE_FP32", config

    def index(self) -> None:
        index = self.client.get_model_repository_index(**self.as_json)
        rows = index if self.kind == "http" else index["models"]
        states = {row["name"]: row.get("state", "") for row in rows}
        assert states["identity"] == states["repeat"] == "READY", states

    def load_and_unload(self) -> None:
        self.client.unload_model("scores")
        assert not self.client.is_model_ready("scores")
        refused(lambda: self.client.get_model_metadata("scores"), "scores")
        self.client.load_model("scores")
        assert self.client.is_model_ready("scores")
        self.client.unload_model("nobody")
        refused(lambda: self.client.load_model("nobody"), "failed to load 'nobody'")
        refused(lambda: self.client.load_model("../scores"), "")
        override = json.dumps({"max_batch_size": 4, "backend": "python"})
        self.client.load_model("scores", config=override)
        config = self.client.get_model_config("scores", **self.as_json)
        assert config.get("config", config)["max_batch_size"] == 4, config
        refused(
            lambda: self.client.load_model(
                "scores", config=override, files={"file:1/model.py": b"import os"}
            ),
            "--allow-model-upload",
        )
        self.client.load_model("scores")

    def infer(self) -> None:
        data = np.random.default_rng(1).integers(0, 255, 100_000, np.uint8)
        answer = self.identity(data, request_id="seven")
        assert np.array_equal(answer.as_numpy("OUTPUT0"), data)
        response = answer.get_response(**self.as_json)
        assert response["id"] == "seven", response
        assert response["model_version"] == "1", response
        wanted = [self.module.InferRequestedOutput("OUTPUT0")]
        assert np.array_equal(self.identity(data, outputs=wanted).as_numpy("OUTPUT0"), data)

    def infer_typed(self) -> None:
        if self.kind != "http":
            return
        data = np.arange(5, dtype=np.uint8)
        tensor = self.input("INPUT0", data, binary_data=False)
        for binary in (True, False):
            wanted = [self.module.InferRequestedOutput("OUTPUT0", binary_data=binary)]
            answer = self.client.infer("identity", [tensor], outputs=wanted)
            assert np.array_equal(answer.as_numpy("OUTPUT0"), data)

    def infer_bytes(self) -> None:
        data = np.array([[b"\x00\xff", b""], [b"text", b"x" * 1000]], dtype=np.object_)
        inputs = [self.input("IN", data, "BYTES")]
        assert np.array_equal(self.client.infer("texts", inputs).as_numpy("OUT"), data)

    def infer_asynchronously(self) -> None:
        data = np.arange(9, dtype=np.uint8)
        inputs = [self.input("INPUT0", data)]
        if self.kind == "http":
            answer = self.client.async_infer("identity", inputs).get_result(timeout=WAIT_S)
        else:
            answers: queue.Queue[Any] = queue.Queue()
            self.client.async_infer(
                "identity", inputs, lambda result, error: answers.put(error or result)
            )
            answer = answers.get(timeout=WAIT_S)
        assert np.array_equal(answer.as_numpy("OUTPUT0"), data)

    def infer_compressed(self) -> None:
        data = np.zeros(50_000, np.uint8)
        for name in ("gzip", "deflate"):
            how: dict[str, Any] = (
                {"request_compression_algorithm": name, "response_compression_algorithm": name}
                if self.kind == "http"
                else {"compression_algorithm": name}
            )
            assert np.array_equal(self.identity(data, **how).as_numpy("OUTPUT0"), data)

    def classification(self) -> None:
        inputs = [self.input("IN", np.array([[1, 3, 2], [6, 5, 4]], np.float32), "FP32")]
        wanted = [self.module.InferRequestedOutput("OUT", class_count=2)]
        found = self.client.infer("scores", inputs, outputs=wanted).as_numpy("OUT").tolist()
        assert found == [
            [b"3.000000:1:dog", b"2.000000:2:bird"],
            [b"6.000000:0:cat", b"5.000000:1:dog"],
        ], found

    def sequence(self) -> None:
        def step(value: int, **flags: Any) -> int:
            inputs = [self.input("IN", np.array([[value]], np.int32), "INT32")]
            answer = self.client.infer("counter", inputs, sequence_id=77, **flags)
            return int(answer.as_numpy("OUT").item())

        refused(lambda: step(1), "sequence")
        assert [step(1, sequence_start=True), step(2), step(3, sequence_end=True)] == [1, 3, 6]
        refused(lambda: step(1), "sequence")

    def priority_and_timeout(self) -> None:
        data = np.arange(3, dtype=np.uint8)
        answer = self.identity(data, priority=1, timeout=5_000_000, parameters={"mine": "x"})
        assert np.array_equal(answer.as_numpy("OUTPUT0"), data)
        refused(lambda: self.identity(data, parameters={"triton_x": 1}), "reserved")

    def errors(self) -> None:
        data = np.zeros(3, np.uint8)
        refused(
            lambda: self.client.infer("identity", [self.input("X", data)]),
            "unexpected inference input 'X' for model 'identity'",
        )
        refused(
            lambda: self.client.infer(
                "identity", [self.input("INPUT0", data.astype(np.float32), "FP32")]
            ),
            "inference input 'INPUT0' data-type is 'FP32', but model 'identity' expects 'UINT8'",
        )
        refused(
            lambda: self.client.infer("scores", [self.input("IN", np.zeros((1, 4), "f4"), "FP32")]),
            "unexpected shape for input 'IN' for model 'scores'",
        )
        refused(
            lambda: self.identity(data, outputs=[self.module.InferRequestedOutput("Y")]),
            "unexpected inference output 'Y' for model 'identity'",
        )
        refused(
            lambda: self.client.infer("repeat", [self.input("IN", np.zeros(1, np.int32), "INT32")]),
            "doesn't support models with decoupled transaction policy",
        )
        refused(lambda: self.identity(data, model_version="9"), "identity")

    def statistics(self) -> None:
        def count() -> int:
            stats = self.client.get_inference_statistics("identity", **self.as_json)
            (model,) = stats["model_stats"]
            return int(model["inference_stats"]["success"]["count"])

        before = count()
        for _ in range(3):
            self.identity(np.zeros(3, np.uint8))
        assert count() == before + 3
        everything = self.client.get_inference_statistics(**self.as_json)["model_stats"]
        assert {"identity", "repeat", "scores"} <= {model["name"] for model in everything}
        refused(lambda: self.client.get_inference_statistics("nobody"), "is not available")

    def settings(self) -> None:
        client, as_json = self.client, self.as_json
        assert "OFF" in json.dumps(client.get_trace_settings(**as_json))
        told = client.update_trace_settings("identity", {"trace_rate": "7"}, **as_json)
        assert "7" in json.dumps(told)
        client.update_trace_settings("identity", {"trace_rate": None})
        refused(
            lambda: client.update_trace_settings(settings={"trace_level": ["TIMESTAMPS"]}),
            "tracing is not supported",
        )
        assert "log_verbose_level" in json.dumps(client.get_log_settings(**as_json))
        told = client.update_log_settings({"log_verbose_level": 1}, **as_json)
        assert "1" in json.dumps(told)
        client.update_log_settings({"log_verbose_level": 0})
        refused(lambda: client.update_log_settings({"log_file": "x"}), "can not be updated")
        regions = client.get_cuda_shared_memory_status(**as_json)
        assert regions == ([] if self.kind == "http" else {})
        refused(
            lambda: client.register_cuda_shared_memory("gpu", b"aGFuZGxl", 0, 64), "not supported"
        )
        client.unregister_cuda_shared_memory()

    def shared_memory(self) -> None:
        shm: Any = import_module("tritonclient.utils.shared_memory")
        key = f"/inferdeck-{uuid.uuid4().hex}"
        data = np.random.default_rng(2).integers(0, 255, 1280 * 720 * 3, np.uint8)
        size = data.nbytes
        handle = shm.create_shared_memory_region("frames", key, 2 * size)
        try:
            client, module = self.client, self.module
            shm.set_shared_memory_region(handle, [data])
            client.unregister_system_shared_memory()
            client.register_system_shared_memory("frames", key, 2 * size)
            status = client.get_system_shared_memory_status(**self.as_json)
            assert "frames" in json.dumps(status), status
            refused(lambda: client.register_system_shared_memory("frames", key, 8), "already")
            refused(lambda: client.register_system_shared_memory("f2", key, 4 * size), "f2")
            tensor = module.InferInput("INPUT0", [size], "UINT8")
            tensor.set_shared_memory("frames", size)
            output = module.InferRequestedOutput("OUTPUT0")
            output.set_shared_memory("frames", size, offset=size)
            answer = client.infer("identity", [tensor], outputs=[output])
            said = answer.get_output("OUTPUT0")
            assert "frames" not in str(said), said
            found = shm.get_contents_as_numpy(handle, np.uint8, [size], offset=size)
            assert np.array_equal(found, data)
            there = client.infer("identity", [tensor])
            assert np.array_equal(there.as_numpy("OUTPUT0"), data)
            wrong = module.InferInput("INPUT0", [size], "UINT8")
            wrong.set_shared_memory("frames", size, offset=2 * size)
            refused(lambda: client.infer("identity", [wrong]), "Invalid offset")
            wrong.set_shared_memory("elsewhere", size)
            refused(lambda: client.infer("identity", [wrong]), "Unable to find")
            output.set_shared_memory("frames", 8)
            refused(lambda: client.infer("identity", [tensor], outputs=[output]), "at least")
            client.unregister_system_shared_memory("frames")
            assert "frames" not in json.dumps(
                client.get_system_shared_memory_status(**self.as_json)
            )
        finally:
            shm.destroy_shared_memory_region(handle)


class Streams:
    """ModelStreamInfer with the callbacks of the grpc client."""

    def __init__(self, address: str, speech: Path | None, report: Report) -> None:
        self.module: Any = import_module("tritonclient.grpc")
        self.address = address
        self.speech = speech
        self.report = report

    def run(self) -> None:
        names = ["in_order", "decoupled", "errors", "cancelled", "as_status"]
        if self.speech is not None:
            names.append("recurrent")
        for name in names:
            self.report.check(f"grpc stream: {name}", getattr(self, name))

    def open(self, **how: Any) -> tuple[Any, queue.Queue[Any]]:
        client = self.module.InferenceServerClient(self.address)
        answers: queue.Queue[Any] = queue.Queue()
        client.start_stream(lambda result, error: answers.put(error or result), **how)
        return client, answers

    def tensor(self, name: str, data: Any, datatype: str) -> list[Any]:
        tensor = self.module.InferInput(name, list(data.shape), datatype)
        tensor.set_data_from_numpy(data)
        return [tensor]

    def in_order(self) -> None:
        client, answers = self.open()
        for number in range(50):
            data = np.full(10, number, np.uint8)
            client.async_stream_infer("identity", self.tensor("INPUT0", data, "UINT8"))
        found = [answers.get(timeout=WAIT_S) for _ in range(50)]
        assert [int(one.as_numpy("OUTPUT0")[0]) for one in found] == list(range(50))
        final = found[0].get_response().parameters["triton_final_response"]
        assert final.bool_param
        client.stop_stream()
        client.close()

    def decoupled(self) -> None:
        client, answers = self.open()
        data = np.arange(4, dtype=np.int32)
        for empty_final in (False, True):
            client.async_stream_infer(
                "repeat",
                self.tensor("IN", data, "INT32"),
                request_id="r",
                enable_empty_final_response=empty_final,
            )
            found = [answers.get(timeout=WAIT_S) for _ in range(4)]
            assert [int(one.as_numpy("OUT")[0]) for one in found] == data.tolist()
            if empty_final:
                last = answers.get(timeout=WAIT_S).get_response()
                assert last.parameters["triton_final_response"].bool_param
                assert (last.id, list(last.outputs)) == ("r", [])
        client.stop_stream()
        assert answers.empty()
        client.close()

    def errors(self) -> None:
        client, answers = self.open()
        good = self.tensor("INPUT0", np.zeros(3, np.uint8), "UINT8")
        client.async_stream_infer("nobody", good)
        client.async_stream_infer("identity", good)
        assert "unknown model" in str(answers.get(timeout=WAIT_S))
        assert answers.get(timeout=WAIT_S).as_numpy("OUTPUT0").tolist() == [0, 0, 0]
        client.stop_stream()
        client.close()

    def cancelled(self) -> None:
        client, answers = self.open()
        data = np.arange(100, dtype=np.int32)
        client.async_stream_infer("repeat", self.tensor("IN", data, "INT32"))
        answers.get(timeout=WAIT_S)
        client.stop_stream(cancel_requests=True)
        client.close()

    def as_status(self) -> None:
        client, answers = self.open(headers={"triton_grpc_error": "true"})
        client.async_stream_infer("broken", self.tensor("IN", np.zeros((1, 3), np.float32), "FP32"))
        assert "on purpose" in str(answers.get(timeout=WAIT_S))
        client.stop_stream()
        client.close()

    def recurrent(self) -> None:
        """Two voices in turn, each a sequence, are scored as each is alone."""
        given = np.load(str(self.speech))
        client, answers = self.open()
        voices = {11: given["chunks"], "other": given["chunks"][::-1]}
        for index in range(len(given["chunks"])):
            for sequence, chunks in voices.items():
                sound = self.tensor("input", chunks[index], "FP32")
                rate = self.tensor("sr", np.array([RATE], np.int64), "INT64")
                client.async_stream_infer(
                    "silero_vad",
                    [*sound, *rate],
                    sequence_id=sequence,
                    sequence_start=index == 0,
                    sequence_end=index == len(chunks) - 1,
                )
        found = [answers.get(timeout=WAIT_S) for _ in range(2 * len(given["chunks"]))]
        scores = [float(one.as_numpy("output")[0, 0]) for one in found]
        client.stop_stream()
        client.close()
        assert np.allclose(scores[0::2], given["forward"], atol=1e-6, rtol=0)
        assert np.allclose(scores[1::2], given["backward"], atol=1e-6, rtol=0)


async def drive_aio(kind: str, address: str) -> None:
    """The asyncio clients: fewer calls of the same wire."""
    module: Any = import_module(f"tritonclient.{kind}.aio")
    client = module.InferenceServerClient(address)
    tensor = module.InferInput("INPUT0", [3], "UINT8")
    tensor.set_data_from_numpy(np.arange(3, dtype=np.uint8))
    assert await client.is_server_live()
    assert await client.is_server_ready()
    assert await client.is_model_ready("identity")
    assert await client.get_server_metadata()
    assert await client.get_model_config("scores")
    assert await client.get_model_repository_index()
    assert await client.get_inference_statistics()
    answers = await asyncio.gather(*(client.infer("identity", [tensor]) for _ in range(20)))
    assert all(answer.as_numpy("OUTPUT0").tolist() == [0, 1, 2] for answer in answers)
    await client.load_model("scores")
    await client.unregister_system_shared_memory()
    if kind == "grpc":
        numbers = module.InferInput("IN", [3], "INT32")
        numbers.set_data_from_numpy(np.array([7, 8, 9], np.int32))

        async def requests() -> Any:
            yield {"model_name": "repeat", "inputs": [numbers], "request_id": "1"}

        found = []
        async for result, error in client.stream_infer(requests()):
            assert error is None, error
            found.append(int(result.as_numpy("OUT")[0]))
        assert found == [7, 8, 9], found
    await client.close()


def drive(rest: str, grpc: str, speech: Path | None) -> int:
    """Everything, with the tritonclient of this Python; returns the exit code."""
    report = Report()
    Sync("http", rest, report).run()
    Sync("grpc", grpc, report).run()
    Streams(grpc, speech, report).run()
    report.check("http.aio", lambda: asyncio.run(drive_aio("http", rest)))
    report.check("grpc.aio", lambda: asyncio.run(drive_aio("grpc", grpc)))
    print(f"{report.failed} failed")
    return 1 if report.failed else 0


def make_repository(folder: Path) -> None:
    """The models that the calls need."""
    texts = SCORES_CONFIG.replace("TYPE_FP32 dims: [3]", "TYPE_STRING dims: [2]")
    models = {
        "repeat": (REPEAT, REPEAT_CONFIG),
        "scores": (SCORES, SCORES_CONFIG),
        "texts": (SCORES, texts.replace('label_filename: "labels.txt"', "")),
        "counter": (COUNTER, COUNTER_CONFIG),
        "broken": (
            SCORES.replace("return [", "raise ValueError('on purpose')\n        return ["),
            SCORES_CONFIG,
        ),
    }
    for name, (code, config) in models.items():
        (folder / name / "1").mkdir(parents=True)
        (folder / name / "config.pbtxt").write_text(config)
        (folder / name / "labels.txt").write_text("cat\ndog\nbird\n")
        (folder / name / "1" / "model.py").write_text(code)

    if SILERO.is_file():
        (folder / "silero_vad" / "1").mkdir(parents=True)
        (folder / "silero_vad" / "config.pbtxt").write_text(SILERO_CONFIG)
        shutil.copyfile(SILERO, folder / "silero_vad" / "1" / "model.onnx")


def write_speech(file: Path) -> None:
    """Speech in chunks, and their scores in this order and the other, as onnxruntime gives them."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    soundfile, onnxruntime = import_module("soundfile"), import_module("onnxruntime")
    samples, _ = soundfile.read(SPEECH, dtype="float32", frames=6 * RATE)
    sound = np.concatenate([np.zeros(BEFORE, np.float32), samples])
    starts = range(0, len(samples) - CHUNK + 1, CHUNK)
    chunks = np.stack([sound[None, start : start + BEFORE + CHUNK] for start in starts])
    session = onnxruntime.InferenceSession(str(SILERO), providers=["CPUExecutionProvider"])

    def scores(ordered: Any) -> list[float]:
        found, state = [], np.zeros((2, 1, 128), np.float32)
        for chunk in ordered:
            feeds = {"input": chunk, "state": state, "sr": np.array(RATE, np.int64)}
            output, state = session.run(["output", "stateN"], feeds)
            found.append(float(output[0, 0]))
        return found

    forward, backward = scores(chunks), scores(chunks[::-1])
    np.savez(str(file), chunks=chunks, forward=forward, backward=backward)


def serve_and_drive(client_python: str, options: list[str]) -> int:
    """Start the server, let the other Python drive it; returns that one's exit code."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as beside:
        make_repository(Path(folder))
        speech = Path(beside) / "speech.npz"
        if SILERO.is_file():
            write_speech(speech)
        server = subprocess.Popen(
            [
                *(sys.executable, str(ROOT / "main.py"), "serve", "--exit-with-stdin"),
                *("--model-repository", folder, "--model-control-mode", "explicit"),
                "--allow-python-models",
                *options,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            ready = json.loads(server.stdout.readline())
            rest = ready["rest"].removeprefix("http://")
            where = ["--rest", rest, "--grpc", ready["grpc"]]
            where += ["--speech", str(speech)] if speech.is_file() else []
            done = subprocess.run(
                [client_python, __file__, *where, "--load-all"], check=False, timeout=900
            )
            return done.returncode
        finally:
            server.terminate()
            server.wait(WAIT_S)


def main() -> int:
    """Run one side or the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client_python", nargs="?", help="the Python that has tritonclient")
    parser.add_argument("--rest", help="host:port of a server that has the models already")
    parser.add_argument("--grpc")
    parser.add_argument("--speech", type=Path, help="chunks for silero_vad with their scores")
    parser.add_argument("--load-all", action="store_true", help="load the models first")
    parser.add_argument("--engine", default="local", help="what computes the models")
    given = parser.parse_args()
    if given.client_python:
        return serve_and_drive(given.client_python, ["--engine", given.engine])
    if given.load_all:
        client = import_module("tritonclient.http").InferenceServerClient(given.rest)
        for row in client.get_model_repository_index():
            if row.get("state") != "READY":
                client.load_model(row["name"])
    return drive(given.rest, given.grpc, given.speech)


if __name__ == "__main__":
    sys.exit(main())
