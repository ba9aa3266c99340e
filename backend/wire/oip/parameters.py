"""Request and response parameters, in the gRPC messages and in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.core.errors import InvalidInput
from backend.core.inference import NO_PARAMETERS, Parameter, Parameters
from backend.wire.generated.open_inference_pb2 import InferParameter
from backend.wire.json.text import kind_of

_INT64_MIN, _INT64_MAX, _UINT64_MAX = -(1 << 63), (1 << 63) - 1, (1 << 64) - 1


def to_messages(parameters: Parameters) -> dict[str, InferParameter]:
    """Parameters as protobuf messages; raises InvalidInput for an integer over 64 bits."""
    return {name: _message(name, value) for name, value in parameters.items()}


def from_messages(messages: Mapping[str, InferParameter]) -> Parameters:
    """Parameters from protobuf messages; one without a value, as a newer kind has, is left out."""
    if not messages:
        return NO_PARAMETERS
    return {
        name: getattr(message, choice)
        for name, message in messages.items()
        if (choice := message.WhichOneof("parameter_choice")) is not None
    }


def from_json(value: Any, what: str, *, lenient: bool) -> Parameters:
    """Parameters from a JSON object.

    Strict reading raises InvalidInput for anything but strings, numbers and booleans; lenient
    reading, for replies, leaves such values out.
    """
    if value is None:
        return NO_PARAMETERS
    if not isinstance(value, dict):
        raise InvalidInput(f"The parameters of {what} must be an object, got {kind_of(value)}.")
    if lenient:
        return {name: item for name, item in value.items() if _is_parameter(item)}
    for name, item in value.items():
        if not _is_parameter(item):
            raise InvalidInput(
                f"Parameter '{name}' of {what} must be a string, a number or a boolean, "
                f"got {kind_of(item)}."
            )
    return value


def _is_parameter(value: Any) -> bool:
    return isinstance(value, bool | int | float | str)


def _message(name: str, value: Parameter) -> InferParameter:
    # bool before int: a bool is an int to Python
    if isinstance(value, bool):
        return InferParameter(bool_param=value)
    if isinstance(value, int):
        return _integer(name, value)
    if isinstance(value, float):
        return InferParameter(double_param=value)
    return InferParameter(string_param=value)


def _integer(name: str, value: int) -> InferParameter:
    if _INT64_MIN <= value <= _INT64_MAX:
        return InferParameter(int64_param=value)
    if 0 <= value <= _UINT64_MAX:
        return InferParameter(uint64_param=value)
    raise InvalidInput(f"Parameter '{name}' is {value}, which does not fit in 64 bits.")
