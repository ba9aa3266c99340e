"""The server's own durations as they travel: response parameters over gRPC, a header over REST."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from backend.core.errors import ReplyMismatch
from backend.core.inference import Parameter, Parameters
from backend.core.timing import ServerTiming

SERVER_TIMING = "Server-Timing"

_PARTS = ("queue", "compute_input", "compute_infer", "compute_output")


def timing_to_parameters(timing: ServerTiming) -> dict[str, Parameter]:
    """Whole microseconds, under the names of the extension."""
    return {_parameter(part): round(_value(timing, part)) for part in _PARTS}


def timing_from_parameters(parameters: Parameters) -> ServerTiming | None:
    """The durations, or None if the server did not send all of them."""
    values = [parameters.get(_parameter(part)) for part in _PARTS]
    if any(isinstance(value, str) or value is None for value in values):
        return None
    return ServerTiming(*(float(value) for value in values if value is not None))


def timing_to_header(timing: ServerTiming) -> str:
    """The value of a Server-Timing header: milliseconds to the microsecond."""
    # Written out: every reply over REST has one.
    return (
        f"queue;dur={timing.queue_us / 1e3:.3f}, "
        f"compute_input;dur={timing.compute_input_us / 1e3:.3f}, "
        f"compute_infer;dur={timing.compute_infer_us / 1e3:.3f}, "
        f"compute_output;dur={timing.compute_output_us / 1e3:.3f}"
    )


def timing_from_header(value: str | None) -> ServerTiming | None:
    """The durations in a Server-Timing header, or None if it does not hold all of them."""
    found: dict[str, float] = {}
    for entry in (value or "").split(","):
        name, *attributes = (piece.strip() for piece in entry.split(";"))
        for attribute in attributes:
            key, _, number = attribute.partition("=")
            milliseconds = _number(number.strip().strip('"'))
            if key.strip().lower() == "dur" and milliseconds is not None:
                found[name] = milliseconds * 1e3
    if any(part not in found for part in _PARTS):
        return None
    return ServerTiming(*(found[part] for part in _PARTS))


def timing_to_json(timing: ServerTiming) -> dict[str, float]:
    """The `timing` object of a /predict reply, in microseconds."""
    return {f"{part}_us": _value(timing, part) for part in _PARTS}


def timing_from_json(value: object) -> ServerTiming | None:
    """The durations in a `timing` object, None if it is missing; raises ReplyMismatch."""
    if value is None:
        return None
    numbers: list[Any] = (
        [value.get(f"{part}_us") for part in _PARTS] if isinstance(value, Mapping) else [None]
    )
    if not all(type(number) in (int, float) for number in numbers):
        raise ReplyMismatch(
            "The reply's 'timing' must hold the numbers "
            f"{', '.join(f'{part}_us' for part in _PARTS)}, got {str(value)[:200]}."
        )
    return ServerTiming(*(float(number) for number in numbers))


def _parameter(part: str) -> str:
    return f"inferdeck_{part}_us"


def _value(timing: ServerTiming, part: str) -> float:
    value: float = getattr(timing, f"{part}_us")
    return value


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
