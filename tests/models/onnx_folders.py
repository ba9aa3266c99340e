"""Model folders with small ONNX files, made when a test runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from backend.core.tensors import Array, Datatype, Tensor
from backend.models.config.checks import check_config
from backend.models.config.text import parse_config
from backend.models.runtimes.onnx.loader import OnnxRuntime, OnnxServable
from backend.models.servable import (
    ModelRequest,
    ModelResponse,
    Respond,
    SequenceStep,
)
from backend.wire.elements import object_array

Shape = Sequence[int | str | None] | None

ONNX_TYPES = {
    Datatype.BOOL: TensorProto.BOOL,
    Datatype.UINT8: TensorProto.UINT8,
    Datatype.UINT16: TensorProto.UINT16,
    Datatype.UINT32: TensorProto.UINT32,
    Datatype.UINT64: TensorProto.UINT64,
    Datatype.INT8: TensorProto.INT8,
    Datatype.INT16: TensorProto.INT16,
    Datatype.INT32: TensorProto.INT32,
    Datatype.INT64: TensorProto.INT64,
    Datatype.FP16: TensorProto.FLOAT16,
    Datatype.BF16: TensorProto.BFLOAT16,
    Datatype.FP32: TensorProto.FLOAT,
    Datatype.FP64: TensorProto.DOUBLE,
    Datatype.BYTES: TensorProto.STRING,
}


def value(name: str, datatype: Datatype, shape: Shape) -> Any:
    """One input or output of a graph."""
    return helper.make_tensor_value_info(name, ONNX_TYPES[datatype], shape)


def node(op: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> Any:
    return helper.make_node(op, list(inputs), list(outputs), **attributes)


def write_model(
    folder: Path,
    nodes: Sequence[Any],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    constants: dict[str, Array] | None = None,
    opset: int = 20,
) -> Path:
    """Write ``folder/1/model.onnx``; the folder is returned, and named after the model."""
    initializers = [numpy_helper.from_array(a, name) for name, a in (constants or {}).items()]
    graph = helper.make_graph(
        list(nodes), folder.name, list(inputs), list(outputs), initializer=initializers
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    path = folder / "1" / "model.onnx"
    path.parent.mkdir(parents=True)
    onnx.save(model, str(path))
    return folder


def identity(folder: Path, datatype: Datatype, shape: Shape) -> Path:
    """A model that gives back its input X as Y."""
    return write_model(
        folder,
        [node("Identity", ["X"], ["Y"])],
        [value("X", datatype, shape)],
        [value("Y", datatype, shape)],
    )


def load(folder: Path, config: str = "") -> OnnxServable:
    """Version 1 of the model as a server loads it; `config` is its config.pbtxt."""
    runtime = OnnxRuntime()
    complete = runtime.complete(parse_config(config), folder / "1")
    check_config(complete)
    return runtime.load(complete, folder / "1")


class Answers:
    """Collects what an instance answers, by place in the batch."""

    def __init__(self) -> None:
        self.responses: dict[int, ModelResponse] = {}

    def respond(self, index: int, response: ModelResponse | None, final: bool) -> None:
        assert final
        assert response is not None
        assert index not in self.responses
        self.responses[index] = response

    @property
    def callback(self) -> Respond:
        return self.respond


def request(
    *inputs: Tensor, step: SequenceStep | None = None, outputs: Sequence[str] = ()
) -> ModelRequest:
    return ModelRequest({t.name: t for t in inputs}, sequence=step, outputs=tuple(outputs))


def ask(instance: Any, *requests: ModelRequest) -> list[ModelResponse]:
    """The answers to one batch, in its order."""
    answers = Answers()
    instance.execute(requests, answers.callback)
    return [answers.responses[index] for index in range(len(requests))]


def outputs_of(response: ModelResponse) -> dict[str, Tensor]:
    """The outputs by name; raises the error there is instead."""
    if response.error is not None:
        raise response.error
    return {tensor.name: tensor for tensor in response.outputs}


def answer(servable: OnnxServable, *inputs: Tensor) -> dict[str, Tensor]:
    """The outputs of a new instance for one request."""
    return outputs_of(ask(servable.make_instance(0), request(*inputs))[0])


def fp32(name: str, data: Any) -> Tensor:
    return Tensor(name, Datatype.FP32, np.asarray(data, np.float32))


def int64(name: str, data: Any) -> Tensor:
    return Tensor(name, Datatype.INT64, np.asarray(data, np.int64))


def texts(name: str, items: Sequence[bytes], shape: Sequence[int]) -> Tensor:
    return Tensor(name, Datatype.BYTES, object_array(items, shape))
