"""The server's own durations as they travel: response parameters over gRPC, a header over REST."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from backend.core.errors import ReplyMismatch
from backend.core.inference import Parameter, Parameters
from backend.core.timing import ServerTiming
from backend.wire.generated.open_inference_pb2 import ModelInferResponse
from backend.wire.oip.parameters import to_messages

SERVER_TIMING = "Server-Timing"

_PARTS = ("queue", "compute_input", "compute_infer", "compute_output")
_EDGE_PARTS = ("decode", "encode")
"""Of a server that reports them; older ones do not."""
_ALL = ("decode", *_PARTS, "encode")
_FIELDS = {part: f"{part}_us" for part in _ALL}
_NAMES = {part: f"inferdeck_{part}_us" for part in _ALL}


def timing_to_parameters(timing: ServerTiming) -> dict[str, Parameter]:
    """Whole microseconds, under the names of the extension."""
    return {
        _NAMES[part]: round(value)
        for part, field in _FIELDS.items()
        if (value := getattr(timing, field)) is not None
    }


def encode_time_to_parameters(encode_us: float) -> dict[str, Parameter]:
    """The one part that is known only once the reply has been written."""
    return {_NAMES["encode"]: round(encode_us)}


@dataclass(frozen=True, slots=True)
class ReplyTiming:
    """What a reply says of durations: those until the answer was there, and when that was."""

    until_answer: ServerTiming
    answered_ns: int

    def entries(self) -> bytes:
        """Entries of the parameters of a ModelInferResponse, whose writing has taken until now."""
        parameters = timing_to_parameters(self.until_answer)
        encode_us = (time.monotonic_ns() - self.answered_ns) / 1e3
        parameters.update(encode_time_to_parameters(encode_us))
        return b"".join([_entry(name, value) for name, value in parameters.items()])


@lru_cache(4096)
def _entry(name: str, value: Parameter) -> bytes:
    """One entry; short durations come again and again."""
    return ModelInferResponse(parameters=to_messages({name: value})).SerializeToString()


def timing_from_parameters(parameters: Parameters) -> ServerTiming | None:
    """The durations, or None if the server did not send all of those of the model."""
    return _timing({part: parameters.get(name) for part, name in _NAMES.items()})


def timing_to_header(timing: ServerTiming) -> str:
    """The value of a Server-Timing header: milliseconds to the microsecond."""
    # Written out: every reply over REST has one.
    of_model = (
        f"queue;dur={timing.queue_us / 1e3:.3f}, "
        f"compute_input;dur={timing.compute_input_us / 1e3:.3f}, "
        f"compute_infer;dur={timing.compute_infer_us / 1e3:.3f}, "
        f"compute_output;dur={timing.compute_output_us / 1e3:.3f}"
    )
    if timing.decode_us is None or timing.encode_us is None:
        return of_model
    return (
        f"decode;dur={timing.decode_us / 1e3:.3f}, {of_model}, "
        f"encode;dur={timing.encode_us / 1e3:.3f}"
    )


def timing_from_header(value: str | None) -> ServerTiming | None:
    """The durations in a Server-Timing header, or None if it does not hold those of the model."""
    found: dict[str, float] = {}
    for entry in (value or "").split(","):
        name, *attributes = (piece.strip() for piece in entry.split(";"))
        for attribute in attributes:
            key, _, number = attribute.partition("=")
            milliseconds = _number(number.strip().strip('"'))
            if key.strip().lower() == "dur" and milliseconds is not None:
                found[name] = milliseconds * 1e3
    return _timing(found)


def timing_to_json(timing: ServerTiming) -> dict[str, float]:
    """The `timing` object of a /predict reply, in microseconds."""
    return {
        field: value for field in _FIELDS.values() if (value := getattr(timing, field)) is not None
    }


def timing_from_json(value: object) -> ServerTiming | None:
    """The durations in a `timing` object, None if it is missing; raises ReplyMismatch."""
    if value is None:
        return None
    numbers: dict[str, Any] = (
        {part: value[field] for part, field in _FIELDS.items() if field in value}
        if isinstance(value, Mapping)
        else {}
    )
    timing = _timing(numbers)
    if timing is None or not all(type(number) in (int, float) for number in numbers.values()):
        raise ReplyMismatch(
            "The reply's 'timing' must hold the numbers "
            f"{', '.join(_FIELDS[part] for part in _PARTS)}, got {str(value)[:200]}."
        )
    return timing


def _timing(found: Mapping[str, object]) -> ServerTiming | None:
    """The durations in numbers by their parts; None if one of the model's is not among them."""
    values = [found.get(part) for part in _PARTS]
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    if len(numbers) < len(_PARTS):
        return None
    edges = [
        float(value) if isinstance(value := found.get(part), int | float) else None
        for part in _EDGE_PARTS
    ]
    return ServerTiming(*numbers, *edges)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
