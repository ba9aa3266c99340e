"""The protocol's datatypes as ONNX Runtime names them."""

from __future__ import annotations

from typing import Final

from backend.core.tensors import Datatype

_ONNX: Final = {
    "tensor(bool)": Datatype.BOOL,
    "tensor(uint8)": Datatype.UINT8,
    "tensor(uint16)": Datatype.UINT16,
    "tensor(uint32)": Datatype.UINT32,
    "tensor(uint64)": Datatype.UINT64,
    "tensor(int8)": Datatype.INT8,
    "tensor(int16)": Datatype.INT16,
    "tensor(int32)": Datatype.INT32,
    "tensor(int64)": Datatype.INT64,
    "tensor(float16)": Datatype.FP16,
    "tensor(bfloat16)": Datatype.BF16,
    "tensor(float)": Datatype.FP32,
    "tensor(double)": Datatype.FP64,
    "tensor(string)": Datatype.BYTES,
}

BFLOAT16: Final = 16
"""BFLOAT16 in the numbering of ONNX (`TensorProto.DataType`)."""


def datatype_of_onnx(text: str) -> Datatype | None:
    """The datatype of ONNX Runtime's type text; None for what the protocol cannot carry."""
    return _ONNX.get(text)
