"""The same small models for each kind of server, written into a folder.

`identity`, `numbers` (FP32) and `spare` give back what they get, `single` only once a stream;
model files are run as they are, MLServer runs ONNX alone.
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

from backend.models.export import TRITON, KServe, Server, export  # noqa: E402
from backend.models.repository import ModelFolders  # noqa: E402
from backend.models.runtimes.choice import standard_runtimes  # noqa: E402

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
_TRITON_ECHO_CONFIG = """
backend: "python"
input [{{ name: "INPUT0" data_type: TYPE_{datatype} dims: [-1] }}]
output [{{ name: "OUTPUT0" data_type: TYPE_{datatype} dims: [-1] }}]
instance_group [{{ kind: KIND_CPU count: 1 }}]
"""
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

if __name__ == "__main__":
    ModelServer(workers=1).start([Echo(name) for name in ("identity", "numbers", "spare")])
"""


def write_triton(folder: Path, models: Mapping[str, Path]) -> None:
    """A model repository with model files by the names of their models, as exported, and echoes."""
    _export(models, folder, TRITON)
    for name, datatype in ECHOES.items():
        config = _TRITON_ECHO_CONFIG.format(datatype=datatype)
        _write(folder / name, {"config.pbtxt": config, "1/model.py": _TRITON_ECHO})


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


def write_kserve(folder: Path, models: Mapping[str, Path]) -> None:
    """A folder for ``python -m server``: model files as exported, without any the echoes."""
    if models:
        _export(models, folder, KServe())
    else:
        _write(folder, {"server.py": _KSERVE_SERVER})


def write_repository(folder: Path, models: Mapping[str, Path]) -> None:
    """A model repository for our own server, with nothing but the files."""
    for name, path in models.items():
        (folder / name / "1").mkdir(parents=True)
        shutil.copyfile(path, folder / name / "1" / f"model{path.suffix}")


def _export(models: Mapping[str, Path], to: Path, server: Server) -> None:
    if not models:
        return
    given = to.with_name(f"{to.name}-given")
    write_repository(given, models)
    folders = ModelFolders([given], standard_runtimes())
    refused = [one for one in export(folders, folders.names(), to, server) if one.refused]
    assert not refused, refused


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
