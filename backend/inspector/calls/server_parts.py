"""What a server says it spent on a request, in whichever way it says so."""

from __future__ import annotations

import math

from google.protobuf.message import DecodeError

from backend.inspector.calls.exchange import Headers
from backend.wire.generated.modelserving_pb2 import PredictionResult
from backend.wire.generated.open_inference_pb2 import ModelInferResponse, ModelStreamInferResponse
from backend.wire.oip.grpc import MODEL_INFER, MODEL_STREAM_INFER
from backend.wire.oip.timing import SERVER_TIMING
from backend.wire.serving.grpc import PREDICT, STREAM_PREDICT

Parts = tuple[tuple[str, int], ...]
"""Names and durations in ns, in the order in which they were reported."""

_LARGEST_READ = 4 * 1024 * 1024
"""A larger reply is not parsed a second time only to find its timing."""
_ALWAYS = ("queue", "compute_input", "compute_infer", "compute_output")
_PREFIX, _SUFFIX = "inferdeck_", "_us"


def parts_in_headers(headers: Headers) -> Parts:
    """The durations of a Server-Timing header, whatever their names."""
    for name, value in headers:
        if name.lower() == SERVER_TIMING.lower():
            return tuple(part for entry in value.split(",") if (part := _entry(entry)))
    return ()


def parts_in_message(path: str, body: bytes) -> Parts:
    """The durations in a gRPC reply: response parameters, or simple serving's timing."""
    if len(body) > _LARGEST_READ:
        return ()
    try:
        if path == MODEL_INFER:
            return _of_parameters(ModelInferResponse.FromString(body))
        if path == MODEL_STREAM_INFER:
            return _of_parameters(ModelStreamInferResponse.FromString(body).infer_response)
        if path in (PREDICT, STREAM_PREDICT):
            return _of_result(PredictionResult.FromString(body))
    except DecodeError:
        return ()
    return ()


def _of_parameters(response: ModelInferResponse) -> Parts:
    found = {
        key.removeprefix(_PREFIX).removesuffix(_SUFFIX): value.int64_param * 1000
        for key, value in response.parameters.items()
        if key.startswith(_PREFIX) and key.endswith(_SUFFIX)
    }
    order = ("decode", "queue", "compute_input", "compute_infer", "compute_output", "encode")
    return tuple((name, found[name]) for name in order if name in found)


def _of_result(result: PredictionResult) -> Parts:
    if not result.HasField("timing"):
        return ()
    timing = result.timing
    values = {
        "decode": timing.decode_us,
        "queue": timing.queue_us,
        "compute_input": timing.compute_input_us,
        "compute_infer": timing.compute_infer_us,
        "compute_output": timing.compute_output_us,
        "encode": timing.encode_us,
    }
    return tuple(
        (name, round(us * 1000))
        for name, us in values.items()
        if math.isfinite(us) and (name in _ALWAYS or timing.HasField(f"{name}_us"))
    )


def _entry(text: str) -> tuple[str, int] | None:
    """One entry `name;dur=milliseconds`, or None without a duration."""
    name, *attributes = (piece.strip() for piece in text.split(";"))
    for attribute in attributes:
        key, _, number = attribute.partition("=")
        if key.strip().lower() == "dur":
            try:
                milliseconds = float(number.strip().strip('"'))
            except ValueError:
                return None
            if name and math.isfinite(milliseconds) and milliseconds >= 0:
                return name[:80], round(milliseconds * 1e6)
    return None
