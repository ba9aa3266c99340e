"""What a reply says at a glance: its tensors as rows of a table, and what a profile makes of them.

Everything is exact: large tensors are read in pieces, not sampled.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from backend.core.errors import ConsoleError
from backend.core.inference import NO_PARAMETERS, InferResponse, Parameters
from backend.core.predictions import ClassScore, Predictions
from backend.core.samples import Sample
from backend.core.tensors import Array, Datatype, Tensor
from backend.inspector.calls import Exchange
from backend.inspector.views.readable import chunks, element_text, tensor_bytes, values_of
from backend.inspector.views.replies import ReplyKind, reply_of
from backend.profiles.model_profile import ModelProfile

FIRST_VALUES = 8
TOP = 5
MOST_CLASSES = 100_000
"""A longer vector is no list of scores."""

_RANKED = re.compile(rb"(-?\d{1,40}(?:\.\d{1,40})?):(\d{1,9})(?::(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Smallest, largest and mean of the finite elements, and how many are not finite.

    Without a finite element the three are None.
    """

    low: float | int | None
    high: float | int | None
    mean: float | None
    nan: int = 0
    infinite: int = 0


@dataclass(frozen=True, slots=True)
class TensorRow:
    """One output: `size` in bytes on the wire, `first` the first 8 values as short texts.

    `numbers` is None for BYTES, `top` holds the best classes if the output can be scores.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    size: int
    numbers: NumberRange | None
    first: tuple[str, ...]
    top: tuple[ClassScore, ...] = ()
    parameters: Parameters = field(default_factory=lambda: NO_PARAMETERS)


@dataclass(frozen=True, slots=True, eq=False)
class ReplySummary:
    """One reply: `headline` in a few words, its rows and predictions, or why there are none.

    `error` is what the server or the exchange says went wrong; `note` why the profile gave no
    predictions.
    """

    headline: str
    rows: tuple[TensorRow, ...] = ()
    predictions: Predictions = ()
    error: str = ""
    hint: str = ""
    note: str = ""
    response: InferResponse | None = None


def summarise_exchange(
    exchange: Exchange,
    profile: ModelProfile | None = None,
    sample: Sample | None = None,
    place: int = -1,
) -> ReplySummary:
    """The summary of an exchange, or of one reply of a stream if its place is given; never raises.

    Without a place it is that of the last reply, unless the exchange did not end well. With the
    sample that was sent, predictions are in its pixels.
    """
    one_of_many = place >= 0 and exchange.request.kind.streams
    wrong = None if one_of_many else _wrong(exchange)
    if wrong is not None:
        return wrong
    if not exchange.replies:
        return ReplySummary("No message came back" if exchange.status else "No reply yet")
    reply = reply_of(exchange, place)
    if reply.kind is ReplyKind.INFERENCE and reply.response is not None:
        return summarise(reply.response, profile, sample)
    return ReplySummary(reply.headline, predictions=reply.predictions, error=reply.error)


def _wrong(exchange: Exchange) -> ReplySummary | None:
    """How an exchange failed, or None; one that was cancelled after replies did not."""
    status, fault = exchange.status, exchange.fault
    if fault is not None:
        head = f"{status.code} {status.name}" if status else fault.kind
        return ReplySummary(head, error=fault.message, hint=fault.hint)
    if status is None or status.ok or (exchange.cancelled and exchange.replies):
        return None
    return ReplySummary(f"{status.code} {status.name}", error=status.text or status.name)


def summarise(
    response: InferResponse, profile: ModelProfile | None = None, sample: Sample | None = None
) -> ReplySummary:
    """The summary of an inference's reply; a profile that does not fit is only noted."""
    labels = profile.labels if profile else ()
    rows = tuple(tensor_row(tensor, labels) for tensor in response.outputs)
    version = f" version {response.version}" if response.version else ""
    outputs = "1 output" if len(rows) == 1 else f"{len(rows)} outputs"
    headline = f"{response.model or 'Model'}{version}: {outputs}"
    predictions: Predictions = ()
    note = ""
    if profile is not None:
        try:
            predictions = profile.decode(response.outputs, sample)
        except ConsoleError as error:
            note = str(error)
    return ReplySummary(headline, rows, predictions, note=note, response=response)


def tensor_row(tensor: Tensor, labels: Sequence[str] = ()) -> TensorRow:
    """An output as a row of the table."""
    textual = tensor.datatype is Datatype.BYTES
    return TensorRow(
        name=tensor.name,
        datatype=tensor.datatype,
        shape=tuple(map(int, tensor.shape)),
        size=tensor_bytes(tensor),
        numbers=None if textual else number_range(tensor),
        first=tuple(map(element_text, values_of(tensor, 0, FIRST_VALUES).tolist())),
        top=_ranked(tensor) if textual else top_classes(tensor, labels),
    )


def number_range(tensor: Tensor) -> NumberRange:
    """Smallest, largest and mean of the finite elements, read in pieces; not for BYTES."""
    low: float | int | None = None
    high: float | int | None = None
    total, count, nan, infinite = 0.0, 0, 0, 0
    for chunk in chunks(tensor):
        finite = chunk
        if chunk.dtype.kind == "f":
            nan += int(np.count_nonzero(np.isnan(chunk)))
            finite = chunk[np.isfinite(chunk)]
        infinite += chunk.size - finite.size
        if finite.size:
            least, most = finite.min().item(), finite.max().item()
            low = least if low is None else min(low, least)
            high = most if high is None else max(high, most)
            total += float(finite.sum(dtype=np.float64))
            count += finite.size
    mean = total / count if count and math.isfinite(total) else None
    return NumberRange(low, high, mean, nan, infinite - nan)


def top_classes(
    tensor: Tensor, labels: Sequence[str] = (), most: int = TOP
) -> tuple[ClassScore, ...]:
    """The highest elements of a vector of floats, best first; nothing for any other tensor.

    Dimensions of 1 do not count. NaN is no score.
    """
    if not is_scores(tensor):
        return ()
    values = scores_of(tensor)
    return tuple(
        ClassScore(labels[i] if i < len(labels) else f"class {i}", float(values[i]), int(i))
        for i in best_indices(values, most)
    )


def is_scores(tensor: Tensor) -> bool:
    """Whether a tensor can be the scores of classes: one dimension of 2 or more floats."""
    floats = tensor.datatype.numpy.kind == "f" or tensor.datatype is Datatype.BF16
    one = sum(size != 1 for size in tensor.shape) == 1
    return floats and one and 2 <= tensor.data.size <= MOST_CLASSES


def scores_of(tensor: Tensor) -> Array:
    """The elements of such a tensor in float64, NaN as the lowest."""
    values = values_of(tensor, 0, MOST_CLASSES).astype(np.float64)
    values[np.isnan(values)] = -np.inf
    return values


def best_indices(values: Array, most: int) -> list[int]:
    """Where the highest values are, best first and of equal ones the first."""
    most = min(most, len(values))
    found: list[int] = np.argsort(-values, kind="stable")[:most].tolist()
    return [index for index in found if values[index] > -np.inf]


def _ranked(tensor: Tensor) -> tuple[ClassScore, ...]:
    """The classes in 'score:index:label', as a server ranks them itself; else nothing."""
    if sum(size != 1 for size in tensor.shape) > 1:
        return ()
    found = []
    for item in tensor.data.reshape(-1)[:TOP].tolist():
        match = _RANKED.fullmatch(item)
        if match is None:
            return ()
        score, index, label = match.groups()
        name = label.decode("utf-8", "replace") if label else f"class {int(index)}"
        found.append(ClassScore(name, float(score), int(index)))
    return tuple(found)
