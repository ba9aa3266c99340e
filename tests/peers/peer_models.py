"""The same small models for each kind of server, written into a folder.

`identity`, `numbers` (FP32) and `spare` give back what they get, `single` only once a stream;
ONNX files are run as they are.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backend.core.process import tune_process

tune_process()

import onnxruntime  # noqa: E402 - after its telemetry is off, here and in what is started

ECHOES = {"identity": "UINT8", "numbers": "FP32", "spare": "UINT8"}

_TRITON_ECHO = """
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        return [
            pb_utils.InferenceResponse([
                pb_utils.Tensor(
                    "OUTPUT0", pb_utils.get_input_tensor_by_name(request, "INPUT0").as_numpy()
                )
            ])
            for request in requests
        ]
"""
_TRITON_ONNX = """
import os
import onnxruntime
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def initialize(self, args):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        path = os.path.join(args["model_repository"], args["model_version"], "model.onnx")
        self.session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
        self.given = [one.name for one in self.session.get_inputs()]
        self.gives = [one.name for one in self.session.get_outputs()]

    def execute(self, requests):
        replies = []
        for request in requests:
            feed = {
                name: pb_utils.get_input_tensor_by_name(request, name).as_numpy()
                for name in self.given
            }
            outputs = zip(self.gives, self.session.run(self.gives, feed))
            replies.append(pb_utils.InferenceResponse(
                [pb_utils.Tensor(name, array) for name, array in outputs]
            ))
        return replies
"""
_TRITON_ECHO_CONFIG = """
backend: "python"
input [{{ name: "INPUT0" data_type: TYPE_{datatype} dims: [-1] }}]
output [{{ name: "OUTPUT0" data_type: TYPE_{datatype} dims: [-1] }}]
instance_group [{{ kind: KIND_CPU count: 1 }}]
"""
_TRITON_ONNX_CONFIG = """
backend: "python"
input [{given}]
output [{gives}]
instance_group [{{ kind: KIND_CPU count: 1 }}]
"""
_TRITON_TENSOR = '{{ name: "{name}" data_type: TYPE_FP32 dims: {shape} }}'
_MLSERVER_MODELS = """
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse, ResponseOutput

class Streaming(MLModel):
    async def predict_stream(self, payloads):
        async for payload in payloads:
            yield await self.predict(payload)

class Echo(Streaming):
    async def load(self):
        return True

    async def predict(self, payload):
        given = payload.inputs[0]
        out = ResponseOutput(
            name="OUTPUT0", shape=given.shape, datatype=given.datatype,
            parameters=given.parameters, data=given.data,
        )
        return InferenceResponse(model_name=self.name, id=payload.id, outputs=[out])

class Single(Echo):
    predict_stream = MLModel.predict_stream

class Onnx(Streaming):
    async def load(self):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            self.settings.parameters.uri, options, providers=["CPUExecutionProvider"]
        )
        return True

    async def predict(self, payload):
        feed = {one.name: NumpyCodec.decode_input(one) for one in payload.inputs}
        names = [one.name for one in self.session.get_outputs()]
        outputs = [
            NumpyCodec.encode_output(name, array)
            for name, array in zip(names, self.session.run(names, feed))
        ]
        return InferenceResponse(model_name=self.name, id=payload.id, outputs=outputs)
"""
_KSERVE_SERVER = """
import json
import sys
from kserve import InferOutput, InferResponse, Model, ModelServer

class Echo(Model):
    def __init__(self, name):
        super().__init__(name)
        self.load()

    def load(self):
        self.ready = True
        return True

    def predict(self, payload, headers=None):
        given = payload.inputs[0]
        out = InferOutput(name="OUTPUT0", shape=given.shape, datatype=given.datatype)
        wanted = payload.from_grpc or bool(payload.use_binary_outputs)
        out.set_data_from_numpy(given.as_numpy(), binary_data=wanted)
        return InferResponse(
            response_id=payload.id, model_name=self.name, infer_outputs=[out],
            use_binary_outputs=wanted,
        )

class Onnx(Model):
    def __init__(self, name, path, given, gives):
        super().__init__(name)
        self.path, self.given, self.gives = path, given, gives
        self.load()

    def load(self):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            self.path, options, providers=["CPUExecutionProvider"]
        )
        self.ready = True
        return True

    async def get_input_types(self):
        return self.given

    async def get_output_types(self):
        return self.gives

    def predict(self, payload, headers=None):
        feed = {one.name: one.as_numpy() for one in payload.inputs}
        names = [one["name"] for one in self.gives]
        wanted = payload.from_grpc or bool(payload.use_binary_outputs)
        outputs = []
        for name, array in zip(names, self.session.run(names, feed)):
            out = InferOutput(name=name, shape=list(array.shape), datatype="FP32")
            out.set_data_from_numpy(array, binary_data=wanted)
            outputs.append(out)
        return InferResponse(
            response_id=payload.id, model_name=self.name, infer_outputs=outputs,
            use_binary_outputs=wanted,
        )

if __name__ == "__main__":
    ports = [int(text) for text in sys.argv[1:3]]
    models = [Echo(name) for name in ("identity", "numbers", "spare")]
    models += [Onnx(*one) for one in json.loads(sys.argv[3])]
    sys.argv = sys.argv[:1]
    ModelServer(http_port=ports[0], grpc_port=ports[1], workers=1).start(models)
"""


def write_triton(folder: Path, models: Mapping[str, Path]) -> None:
    """A model repository with the echoes, and ONNX files by the names of their models."""
    for name, datatype in ECHOES.items():
        config = _TRITON_ECHO_CONFIG.format(datatype=datatype)
        _write(folder / name, {"config.pbtxt": config, "1/model.py": _TRITON_ECHO})
    for name, path in models.items():
        given, gives = (
            ", ".join(_TRITON_TENSOR.format(name=one["name"], shape=one["shape"]) for one in side)
            for side in _tensors(path)
        )
        config = _TRITON_ONNX_CONFIG.format(given=given, gives=gives)
        _write(folder / name, {"config.pbtxt": config, "1/model.py": _TRITON_ONNX})
        shutil.copyfile(path, folder / name / "1" / "model.onnx")


def write_mlserver(folder: Path, rest: int, grpc: int, models: Mapping[str, Path]) -> None:
    """A folder for ``mlserver start``."""
    settings = {
        "debug": False,
        "host": "127.0.0.1",
        "http_port": rest,
        "grpc_port": grpc,
        "metrics_endpoint": None,
        "parallel_workers": 0,
        "grpc_max_message_length": 64 * 1024 * 1024,
    }
    _write(folder, {"settings.json": json.dumps(settings), "peer_runtimes.py": _MLSERVER_MODELS})
    for name, datatype in ECHOES.items():
        given, gives = ([_spec(one, datatype, [-1])] for one in ("INPUT0", "OUTPUT0"))
        _mlserver_model(folder / name, "Echo", {"inputs": given, "outputs": gives})
    _mlserver_model(folder / "single", "Single", {})
    for name, path in models.items():
        given, gives = _tensors(path)
        file = {"uri": str(folder / name / "model.onnx")}
        more = {"inputs": given, "outputs": gives, "parameters": file}
        _mlserver_model(folder / name, "Onnx", more)
        shutil.copyfile(path, folder / name / "model.onnx")


def write_kserve(folder: Path, models: Mapping[str, Path]) -> list[str]:
    """The program of a KServe server and, after the two ports, what it is to be told."""
    _write(folder, {"server.py": _KSERVE_SERVER})
    told = [(name, str(path), *_tensors(path)) for name, path in models.items()]
    return [str(folder / "server.py"), json.dumps(told)]


def write_onnx(folder: Path, models: Mapping[str, Path]) -> None:
    """A model repository for our own server, with nothing but the ONNX files."""
    for name, path in models.items():
        (folder / name / "1").mkdir(parents=True)
        shutil.copyfile(path, folder / name / "1" / "model.onnx")


def _tensors(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The declared inputs and outputs of an ONNX file whose tensors are all FP32."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it would tell of every initializer
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return _specs(session.get_inputs()), _specs(session.get_outputs())


def _specs(tensors: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        _spec(one.name, "FP32", [size if isinstance(size, int) else -1 for size in one.shape])
        for one in tensors
    ]


def _spec(name: str, datatype: str, shape: list[int]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape}


def _mlserver_model(folder: Path, kind: str, more: Mapping[str, object]) -> None:
    settings = {"name": folder.name, "implementation": f"peer_runtimes.{kind}", **more}
    _write(folder, {"model-settings.json": json.dumps(settings)})


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"))
