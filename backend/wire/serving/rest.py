"""Bodies of POST /predict: the request as JSON, and the reply."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from backend.core.errors import InvalidInput
from backend.core.predictions import Predictions, Scalars, Tensors
from backend.core.tensors import Array, TensorSpec
from backend.core.timing import ServerTiming
from backend.wire.elements import Buffer, reading_reply
from backend.wire.json.text import MAX_NESTING, kind_of, read_json, write_json
from backend.wire.oip.metadata_json import json_object
from backend.wire.oip.timing import timing_from_json, timing_to_json
from backend.wire.serving.items import Values
from backend.wire.serving.predictions_json import prediction_value, predictions_from_json
from backend.wire.tensors.number_lists import split_numbers
from backend.wire.tensors.numbers_json import check_finite, has_not_finite

PREDICT_PATH = "/predict"
RAW_TYPE = "application/x-raw"
"""Content type of pixels as they are; the query says their height, width and format."""


def encode_values(values: Array, rate: int | None = None) -> bytes:
    """A number or nested list as the body of a request.

    Raises InvalidInput for NaN and infinite values, which JSON cannot express.
    """
    check_finite("input", values.reshape(-1))
    body: dict[str, Any] = {"input": values}
    if rate is not None:
        body["rate"] = rate
    return write_json(body)


def decode_values(body: Buffer, max_nesting: int = MAX_NESTING) -> Values:
    """The input in the body of a request; raises InvalidInput if there is none."""
    split = split_numbers(bytes(body), "input")
    rest, numbers = split if split is not None else (body, None)
    value = json_object(read_json(rest, max_nesting), "The body of /predict")
    if "input" not in value:
        raise InvalidInput(
            'The body of /predict needs "input".', hint='{"input": <number or nested list>}'
        )
    # The list itself lies one level deep.
    if numbers is not None and numbers.ndim + 1 > max_nesting:
        raise InvalidInput(f"The JSON is nested deeper than {max_nesting} levels.")
    rate = value.get("rate")
    if rate is not None and (type(rate) is not int or rate < 1):
        raise InvalidInput(
            f'"rate" must be a whole number of samples per second above 0, got {_shown(rate)}.'
        )
    return Values(value["input"] if numbers is None else numbers, rate)


def encode_reply(
    predictions: Predictions, model: str, timing: Callable[[], ServerTiming] | None
) -> bytes:
    """The body of a reply; NaN and infinite numbers are bare tokens.

    `timing` is asked once all else has been written, so that it may hold how long that took.
    """
    body: dict[str, Any] = {"prediction": prediction_value(predictions), "model": model}
    written = write_json(body, bare_nan=_any_not_finite(predictions))
    if timing is None:
        return written
    parts = write_json(timing_to_json(timing()))
    return b"".join((memoryview(written)[:-1], b',"timing":', parts, b"}"))


def decode_reply(
    body: Buffer, outputs: Sequence[TensorSpec]
) -> tuple[Predictions, ServerTiming | None]:
    """Predictions and durations in the body of a reply.

    `outputs` are the model's: a nested list becomes the only one. Raises ReplyMismatch.
    """
    with reading_reply():
        value = json_object(read_json(body), "A reply of /predict")
        if "prediction" not in value:
            raise InvalidInput("it has no 'prediction'.")
    timing = timing_from_json(value.get("timing"))
    return predictions_from_json(value["prediction"], outputs), timing


def _any_not_finite(predictions: Predictions) -> bool:
    """Whether numbers that a model computes freely are not finite."""
    for prediction in predictions:
        if isinstance(prediction, Tensors) and any(map(has_not_finite, prediction.tensors)):
            return True
        if isinstance(prediction, Scalars) and not all(
            math.isfinite(scalar.value) for scalar in prediction.values
        ):
            return True
    return False


def _shown(value: Any) -> str:
    return str(value)[:40] if isinstance(value, int | float | str) else kind_of(value)
