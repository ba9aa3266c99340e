"""The same small models for each kind of server, written into a folder.

`identity`, `numbers` (FP32) and `spare` give back what they get, `single` only once a stream;
`faces_raw` runs an ONNX face detector and gives its outputs as they are.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

ECHOES = {"identity": "UINT8", "numbers": "FP32", "spare": "UINT8"}
FACES = "faces_raw"

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

    def execute(self, requests):
        replies = []
        for request in requests:
            given = pb_utils.get_input_tensor_by_name(request, "input").as_numpy()
            scores, boxes = self.session.run(["scores", "boxes"], {"input": given})
            replies.append(pb_utils.InferenceResponse(
                [pb_utils.Tensor("scores", scores), pb_utils.Tensor("boxes", boxes)]
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
input [{ name: "input" data_type: TYPE_FP32 dims: [1, 3, 240, 320] }]
output [
  { name: "scores" data_type: TYPE_FP32 dims: [1, 4420, 2] },
  { name: "boxes" data_type: TYPE_FP32 dims: [1, 4420, 4] }
]
instance_group [{ kind: KIND_CPU count: 1 }]
"""
_MLSERVER_MODELS = """
import os
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
        path = os.path.join(os.path.dirname(self._settings.source), "model.onnx")
        self.session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
        return True

    async def predict(self, payload):
        given = NumpyCodec.decode_input(payload.inputs[0])
        results = self.session.run(["scores", "boxes"], {"input": given})
        outputs = [
            NumpyCodec.encode_output(name, array)
            for name, array in zip(["scores", "boxes"], results)
        ]
        return InferenceResponse(model_name=self.name, id=payload.id, outputs=outputs)
"""
_KSERVE_SERVER = """
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

if __name__ == "__main__":
    ports = [int(text) for text in sys.argv[1:3]]
    sys.argv = sys.argv[:1]
    ModelServer(http_port=ports[0], grpc_port=ports[1], workers=1).start(
        [Echo(name) for name in ("identity", "numbers", "spare")]
    )
"""


def write_triton(folder: Path, faces: Path | None = None) -> None:
    """A model repository; `faces` is the detector's ONNX file."""
    for name, datatype in ECHOES.items():
        config = _TRITON_ECHO_CONFIG.format(datatype=datatype)
        _write(folder / name, {"config.pbtxt": config, "1/model.py": _TRITON_ECHO})
    if faces is not None:
        _write(folder / FACES, {"config.pbtxt": _TRITON_ONNX_CONFIG, "1/model.py": _TRITON_ONNX})
        shutil.copyfile(faces, folder / FACES / "1" / "model.onnx")


def write_mlserver(folder: Path, rest: int, grpc: int, faces: Path | None = None) -> None:
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
        _mlserver_model(folder / name, name, "Echo", _spec("INPUT0", "OUTPUT0", datatype))
    _mlserver_model(folder / "single", "single", "Single", {})
    if faces is not None:
        _mlserver_model(folder / FACES, FACES, "Onnx", {})
        shutil.copyfile(faces, folder / FACES / "model.onnx")


def write_kserve(folder: Path) -> Path:
    """The program of a KServe server with the echoes."""
    _write(folder, {"server.py": _KSERVE_SERVER})
    return folder / "server.py"


def write_onnx(folder: Path, faces: Path) -> None:
    """A model repository for our own server, with nothing but the ONNX file."""
    (folder / FACES / "1").mkdir(parents=True)
    shutil.copyfile(faces, folder / FACES / "1" / "model.onnx")


def _mlserver_model(folder: Path, name: str, kind: str, more: Mapping[str, object]) -> None:
    settings = {"name": name, "implementation": f"peer_runtimes.{kind}", **more}
    _write(folder, {"model-settings.json": json.dumps(settings)})


def _spec(given: str, gives: str, datatype: str) -> dict[str, object]:
    def one(name: str) -> list[dict[str, object]]:
        return [{"name": name, "datatype": datatype, "shape": [-1]}]

    return {"inputs": one(given), "outputs": one(gives)}


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"))
