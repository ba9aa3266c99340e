"""Model folders with small TensorFlow Lite files, made when a test runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from backend.core.tensors import Array, Tensor
from backend.models.config.checks import check_config
from backend.models.config.text import parse_config
from backend.models.runtimes.litert.loader import LiteRtRuntime, LiteRtServable
from tests.models.onnx_folders import ask, outputs_of, request

FLOAT, UINT8, INT8, INT16 = (
    schema.TensorType.FLOAT32,
    schema.TensorType.UINT8,
    schema.TensorType.INT8,
    schema.TensorType.INT16,
)
INT32, INT64, TEXT = schema.TensorType.INT32, schema.TensorType.INT64, schema.TensorType.STRING
Op = schema.BuiltinOperator
VARIABLE = -1


@dataclass(frozen=True)
class LiteTensor:
    """One tensor of a graph; a variable size is -1. `data` makes it a constant."""

    name: str
    type: int
    shape: Sequence[int]
    scale: float = 0.0
    zero_point: int = 0
    data: Array | None = None


@dataclass(frozen=True)
class LiteNode:
    """An operator, by number or, for a custom one, by name; tensors by their places."""

    op: int | str
    inputs: Sequence[int]
    outputs: Sequence[int]
    options: tuple[int, Any] | None = None


@dataclass(frozen=True)
class LiteSignature:
    """Names for inputs and outputs, with the places of the tensors."""

    inputs: dict[str, int]
    outputs: dict[str, int]


def add(left: int, right: int, out: int) -> LiteNode:
    return LiteNode(
        Op.ADD, [left, right], [out], (schema.BuiltinOptions.AddOptions, schema.AddOptionsT())
    )


def reshape(given: int, out: int, shape: Sequence[int]) -> LiteNode:
    options = schema.ReshapeOptionsT()
    options.newShape = list(shape)
    return LiteNode(Op.RESHAPE, [given], [out], (schema.BuiltinOptions.ReshapeOptions, options))


def content(
    tensors: Sequence[LiteTensor],
    nodes: Sequence[LiteNode],
    inputs: Sequence[int],
    outputs: Sequence[int],
    signatures: Sequence[LiteSignature] = (),
) -> bytes:
    """A file in TensorFlow Lite's format."""
    model = schema.ModelT()
    model.version = 3
    model.buffers = [schema.BufferT()]
    graph = schema.SubGraphT()
    graph.tensors = [_tensor(tensor, model.buffers) for tensor in tensors]
    graph.inputs, graph.outputs = list(inputs), list(outputs)
    model.operatorCodes = [_code(node.op) for node in nodes]
    graph.operators = [_operator(index, node) for index, node in enumerate(nodes)]
    model.subgraphs = [graph]
    model.signatureDefs = [_signature(index, each) for index, each in enumerate(signatures)]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _tensor(tensor: LiteTensor, buffers: list[Any]) -> Any:
    made = schema.TensorT()
    made.name, made.type, made.buffer = tensor.name, tensor.type, 0
    made.shape = [1 if size == VARIABLE else size for size in tensor.shape]
    if VARIABLE in tensor.shape:
        made.shapeSignature = list(tensor.shape)
    if tensor.scale:
        made.quantization = schema.QuantizationParametersT()
        made.quantization.scale = [tensor.scale]
        made.quantization.zeroPoint = [tensor.zero_point]
    if tensor.data is not None:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(tensor.data.tobytes(), np.uint8)
        made.buffer = len(buffers)
        buffers.append(buffer)
    return made


def _code(op: int | str) -> Any:
    code = schema.OperatorCodeT()
    code.version = 1
    code.builtinCode = Op.CUSTOM if isinstance(op, str) else op
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    if isinstance(op, str):
        code.customCode = op
    return code


def _operator(index: int, node: LiteNode) -> Any:
    operator = schema.OperatorT()
    operator.opcodeIndex = index
    operator.inputs, operator.outputs = list(node.inputs), list(node.outputs)
    if node.options is not None:
        operator.builtinOptionsType, operator.builtinOptions = node.options
    return operator


def _signature(index: int, signature: LiteSignature) -> Any:
    made = schema.SignatureDefT()
    made.signatureKey = f"signature_{index}"
    made.subgraphIndex = 0
    made.inputs, made.outputs = (
        [_place(name, place) for name, place in role.items()]
        for role in (signature.inputs, signature.outputs)
    )
    return made


def _place(name: str, index: int) -> Any:
    made = schema.TensorMapT()
    made.name, made.tensorIndex = name, index
    return made


def doubled(shape: Sequence[int], datatype: int = FLOAT, **quantization: Any) -> bytes:
    """A file whose output Y is twice its input X."""
    return content(
        [LiteTensor(name, datatype, shape, **quantization) for name in ("X", "Y")],
        [add(0, 0, 1)],
        [0],
        [1],
    )


def convolution(kernel: int = 3) -> bytes:
    """A file that sums up every square of an input of any height and width, without an edge."""
    options = schema.Conv2DOptionsT()
    options.padding = schema.Padding.VALID
    options.strideH = options.strideW = options.dilationHFactor = options.dilationWFactor = 1
    weights = np.ones((1, kernel, kernel, 1), np.float32)
    return content(
        [
            LiteTensor("X", FLOAT, [1, VARIABLE, VARIABLE, 1]),
            LiteTensor("W", FLOAT, weights.shape, data=weights),
            LiteTensor("B", FLOAT, [1], data=np.zeros(1, np.float32)),
            LiteTensor("Y", FLOAT, [1, VARIABLE, VARIABLE, 1]),
        ],
        [LiteNode(Op.CONV_2D, [0, 1, 2], [3], (schema.BuiltinOptions.Conv2DOptions, options))],
        [0],
        [3],
    )


def crashing() -> bytes:
    """A file that is well formed and ends the process that allocates its memory."""
    return content(
        [LiteTensor("X", FLOAT, [1, 3]), LiteTensor("Y", FLOAT, [1, 3])],
        [LiteNode(Op.FLOOR, [-1], [1])],
        [0],
        [1],
    )


def write(folder: Path, data: bytes) -> Path:
    """Write ``folder/1/model.tflite``; the folder is returned, and named after the model."""
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "model.tflite").write_bytes(data)
    return folder


def load(folder: Path, config: str = "", runtime: LiteRtRuntime | None = None) -> LiteRtServable:
    """Version 1 of the model as a server loads it; `config` is its config.pbtxt."""
    runtime = runtime or LiteRtRuntime()
    complete = runtime.complete(parse_config(config), folder / "1")
    check_config(complete)
    return runtime.load(complete, folder / "1")


def answer(servable: LiteRtServable, *inputs: Tensor) -> dict[str, Tensor]:
    """The outputs of a new instance for one request."""
    return outputs_of(ask(servable.make_instance(0), request(*inputs))[0])
