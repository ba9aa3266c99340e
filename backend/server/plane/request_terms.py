"""What the parameters of a request ask of the queue, in the protocol's words."""

from __future__ import annotations

from backend.core.errors import InvalidInput
from backend.core.inference import (
    BINARY_DATA_OUTPUT,
    TIMING_EXTENSION,
    TYPED_EXTENSION,
    Parameter,
    Parameters,
)
from backend.models.servable import SequenceId, SequenceStep
from backend.server.scheduling import NO_TERMS, Terms

_ID, _START, _END = "sequence_id", "sequence_start", "sequence_end"
_PRIORITY, _TIMEOUT = "priority", "timeout"
_ASKING = frozenset({_ID, _START, _END, _PRIORITY, _TIMEOUT})
_OURS = _ASKING | {BINARY_DATA_OUTPUT, TIMING_EXTENSION, TYPED_EXTENSION, "headers"}
_LARGEST = 2**64 - 1


def terms_of(parameters: Parameters) -> Terms:
    """Priority, timeout and place in a sequence; raises InvalidInput for a wrong value."""
    if _ASKING.isdisjoint(parameters):
        return NO_TERMS
    timeout_us = _count(parameters, _TIMEOUT)
    return Terms(
        priority=_count(parameters, _PRIORITY),
        timeout_ns=timeout_us * 1000 or None,
        sequence=_sequence(parameters),
    )


def models_own(parameters: Parameters) -> Parameters:
    """The parameters that are the model's business."""
    if not parameters:
        return parameters
    return {name: value for name, value in parameters.items() if name not in _OURS}


def _sequence(parameters: Parameters) -> SequenceStep | None:
    name = _id(parameters.get(_ID, 0))
    start, end = _flag(parameters, _START), _flag(parameters, _END)
    return SequenceStep(name, start, end) if name else None


def _id(value: Parameter) -> SequenceId:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InvalidInput(f"parameter '{_ID}' must be an integer or text, got {value!r}")
    if isinstance(value, int) and not 0 <= value <= _LARGEST:
        raise InvalidInput(f"parameter '{_ID}' must be 0 to {_LARGEST}, got {value}")
    return value


def _flag(parameters: Parameters, name: str) -> bool:
    value = parameters.get(name, False)
    if not isinstance(value, bool):
        raise InvalidInput(f"parameter '{name}' must be true or false, got {value!r}")
    return value


def _count(parameters: Parameters, name: str) -> int:
    value = parameters.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise InvalidInput(f"parameter '{name}' must be an integer of 0 or more, got {value!r}")
    return value
