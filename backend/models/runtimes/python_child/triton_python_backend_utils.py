"""What a model written for Triton's python backend imports, under the names it knows.

The names and what they mean are that backend's public interface. A model's process finds this
module as ``triton_python_backend_utils``.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from backend.core.tensors import Array, Datatype
from backend.models.runtimes.python_child.loading import model_dir
from backend.models.runtimes.python_child.model_config import ModelConfig
from backend.models.runtimes.python_child.reports import (
    Logger,
    LogLevel,
    Metric,
    MetricFamily,
    MetricKind,
)
from backend.models.runtimes.python_child.requests import (
    FINAL,
    RELEASE_ALL,
    RELEASE_RESCHEDULE,
    SEQUENCE_END,
    SEQUENCE_START,
    InferenceRequest,
    InferenceResponse,
    InferenceResponseSender,
    TritonError,
)
from backend.models.runtimes.python_child.tensor import (
    DATATYPE_NUMBERS,
    DATATYPES_BY_NUMBER,
    Tensor,
    TritonModelException,
)

__all__ = [
    "TRITONSERVER_MEMORY_CPU",
    "TRITONSERVER_MEMORY_GPU",
    "TRITONSERVER_REQUEST_FLAG_SEQUENCE_END",
    "TRITONSERVER_REQUEST_FLAG_SEQUENCE_START",
    "TRITONSERVER_REQUEST_RELEASE_ALL",
    "TRITONSERVER_REQUEST_RELEASE_RESCHEDULE",
    "TRITONSERVER_RESPONSE_COMPLETE_FINAL",
    "TRITON_STRING_TO_NUMPY",
    "InferenceRequest",
    "InferenceResponse",
    "InferenceResponseSender",
    "LogLevel",
    "Logger",
    "Metric",
    "MetricFamily",
    "MetricKind",
    "ModelConfig",
    "PreferredMemory",
    "Tensor",
    "TritonError",
    "TritonModelException",
    "deserialize_bytes_tensor",
    "get_input_config_by_name",
    "get_input_tensor_by_name",
    "get_model_dir",
    "get_output_config_by_name",
    "get_output_tensor_by_name",
    "is_model_ready",
    "load_model",
    "numpy_to_triton_type",
    "serialize_byte_tensor",
    "triton_string_to_numpy",
    "triton_to_numpy_type",
    "unload_model",
    "using_decoupled_model_transaction_policy",
]

TRITONSERVER_REQUEST_FLAG_SEQUENCE_START = SEQUENCE_START
TRITONSERVER_REQUEST_FLAG_SEQUENCE_END = SEQUENCE_END
TRITONSERVER_RESPONSE_COMPLETE_FINAL = FINAL
TRITONSERVER_REQUEST_RELEASE_ALL = RELEASE_ALL
TRITONSERVER_REQUEST_RELEASE_RESCHEDULE = RELEASE_RESCHEDULE
TRITONSERVER_MEMORY_CPU = 0
TRITONSERVER_MEMORY_GPU = 2

_LENGTH = struct.Struct("<I")

TRITON_STRING_TO_NUMPY: dict[str, type[Any]] = {
    "TYPE_STRING" if datatype is Datatype.BYTES else f"TYPE_{datatype}": datatype.numpy.type
    for datatype in Datatype
}
"""The numpy type of a configuration's ``data_type``; that of TYPE_BF16 holds its bit pattern."""


class PreferredMemory:
    """Where outputs should lie; accepted, and without effect where there is no other memory."""

    def __init__(self, preferred_memory_type: int, preferred_device_id: int = 0) -> None:
        self.preferred_memory_type = preferred_memory_type
        self.preferred_device_id = preferred_device_id


def get_input_tensor_by_name(inference_request: InferenceRequest, name: str) -> Tensor | None:
    """The request's input of that name, None if there is none."""
    return _named(inference_request.inputs(), name)


def get_output_tensor_by_name(inference_response: InferenceResponse, name: str) -> Tensor | None:
    """The response's output of that name, None if there is none."""
    return _named(inference_response.output_tensors(), name)


def get_input_config_by_name(model_config: Mapping[str, Any], name: str) -> Any:
    """What the configuration says of an input, None if nothing."""
    return _declared(model_config, "input", name)


def get_output_config_by_name(model_config: Mapping[str, Any], name: str) -> Any:
    """What the configuration says of an output, None if nothing."""
    return _declared(model_config, "output", name)


def using_decoupled_model_transaction_policy(model_config: Mapping[str, Any]) -> bool:
    """Whether the configuration makes the model decoupled."""
    return bool(model_config.get("model_transaction_policy", {}).get("decoupled", False))


def triton_string_to_numpy(triton_type_string: str) -> type[Any]:
    """numpy.float32 for "TYPE_FP32"."""
    return TRITON_STRING_TO_NUMPY[triton_type_string]


def triton_to_numpy_type(data_type: int) -> type[Any] | None:
    """numpy.float32 for the number of TYPE_FP32; None for a number that is none."""
    datatype = DATATYPES_BY_NUMBER.get(data_type)
    return None if datatype is None else datatype.numpy.type


def numpy_to_triton_type(data_type: Any) -> int | None:
    """The number of TYPE_FP32 for numpy.float32; None for a type that none stands for."""
    dtype = np.dtype(data_type)
    if dtype.kind in "OS":
        return DATATYPE_NUMBERS[Datatype.BYTES]
    for datatype, number in DATATYPE_NUMBERS.items():
        if datatype.numpy == dtype and datatype is not Datatype.BF16:
            return number
    return None


def serialize_byte_tensor(input_tensor: Array) -> bytes | None:
    """Each element after its length in four bytes, row by row; None if there is no element."""
    if input_tensor.size == 0 or input_tensor.dtype.kind not in "OS":
        return None
    items = (
        item if isinstance(item, bytes) else str(item).encode()
        for item in input_tensor.reshape(-1).tolist()
    )
    return b"".join(_LENGTH.pack(len(item)) + item for item in items)


def deserialize_bytes_tensor(encoded_tensor: bytes) -> Array:
    """The elements of what `serialize_byte_tensor` makes, as one row."""
    items: list[bytes] = []
    at = 0
    while at < len(encoded_tensor):
        start = at + _LENGTH.size
        at = start + _LENGTH.unpack_from(encoded_tensor, at)[0]
        items.append(bytes(encoded_tensor[start:at]))
    made = np.empty(len(items), object)
    made[:] = items
    return made


def get_model_dir() -> str:
    """The version's folder."""
    return model_dir()


def is_model_ready(model_name: str, model_version: str = "") -> NoReturn:  # noqa: ARG001
    """Ask about another model: not offered here."""
    _refuse(model_name)


def load_model(model_name: str, config: str = "", files: object = None) -> NoReturn:  # noqa: ARG001
    """Load another model: not offered here."""
    _refuse(model_name)


def unload_model(model_name: str, unload_dependents: bool = False) -> NoReturn:  # noqa: ARG001
    """Unload another model: not offered here."""
    _refuse(model_name)


def _refuse(model_name: str) -> NoReturn:
    raise TritonModelException(
        f"Model '{model_name}' is out of reach: a model here asks others with "
        "InferenceRequest.exec(), and does nothing else with them."
    )


def _named(tensors: list[Tensor], name: str) -> Tensor | None:
    return next((tensor for tensor in tensors if tensor.name() == name), None)


def _declared(model_config: Mapping[str, Any], role: str, name: str) -> Any:
    return next((one for one in model_config.get(role, ()) if one["name"] == name), None)
