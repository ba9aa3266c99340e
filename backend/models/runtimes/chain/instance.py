"""Finds with the first model, cuts out, and looks closer with the second."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from backend.core.choices import Payload
from backend.core.errors import ModelFailed, ReplyMismatch, RequestError
from backend.core.predictions import Detection, Detections, KeyPoint, KeyPoints, Predictions, Text
from backend.core.samples import Frame
from backend.core.tensors import Array, Datatype, Tensor
from backend.models.inputs import picture as picture_of
from backend.models.runtimes.chain.asking import LinkCalls
from backend.models.runtimes.chain.cutting import Square, line_of
from backend.models.runtimes.chain.settings import ChainSettings
from backend.models.servable import ExecutionTimes, ModelRequest, ModelResponse, Respond
from backend.profiles.model_profile import ModelProfile
from backend.profiles.names import BOXES, CLASSES, POINTS, SCORES, TEXT
from backend.profiles.outputs.points import PointDecoder

_USUAL_SIDE = 256
"""Pixels of a cut-out for a model that takes any size."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A detection with its points [k, 2] in the picture, and the text that is there."""

    item: Detection
    points: Array
    text: str = ""


class ChainInstance:
    """One copy of a chain; `profiles` gives those of the detector and of the landmarks' model."""

    def __init__(
        self,
        settings: ChainSettings,
        calls: LinkCalls,
        profiles: Callable[[], tuple[ModelProfile, ModelProfile]],
    ) -> None:
        self._settings = settings
        self._calls = calls
        self._profiles = profiles

    def execute(self, batch: Sequence[ModelRequest], respond: Respond) -> ExecutionTimes:
        """Answer each request, whatever becomes of the others."""
        started = time.monotonic_ns()
        for index, request in enumerate(batch):
            respond(index, self._answer(request), True)  # noqa: FBT003 - the protocol's
        return ExecutionTimes(0, time.monotonic_ns() - started, 0)

    def interrupt(self, reason: str) -> None:
        """Let what waits for a model fail."""
        self._calls.interrupt(reason)

    def close(self) -> None:
        """The models are served on."""

    def _answer(self, request: ModelRequest) -> ModelResponse:
        try:
            frame = Frame(0, time.monotonic_ns(), picture_of(request.inputs))
            detector, second = self._profiles()
            look = self._read if self._settings.reads else self._look
            ask = partial(self._ask, request.cancelled)
            found = _detections(ask(detector, frame), self._settings.detector)
            seen = [look(item, frame, second, ask) for item in found[: self._settings.most]]
        except ReplyMismatch as error:
            return ModelResponse(error=ModelFailed(str(error)))
        except RequestError as error:
            return ModelResponse(error=error)
        whole = [one for one in seen if one is not None]
        return ModelResponse(_tensors(whole, text=self._settings.reads))

    def _ask(
        self, given_up: Callable[[], bool], profile: ModelProfile, frame: Frame
    ) -> Predictions:
        tensors = profile.encode(frame, Payload())
        return self._calls.predict(profile, frame, tensors, given_up)

    def _look(
        self,
        item: Detection,
        frame: Frame,
        profile: ModelProfile,
        ask: Callable[[ModelProfile, Frame], Predictions],
    ) -> Seen | None:
        """A detection with its points; None if the second model does not see what was found."""
        square = Square.around(item, self._settings.cut)
        seen = profile.recipe.geometry(1, 1, profile.inputs)
        size = max(seen.model_width, seen.model_height)
        size = size if size > 1 else _USUAL_SIDE
        part = Frame(0, frame.captured_ns, square.cut_out(frame.pixels, size))
        points = _points(ask(_all_points(profile), part), self._settings.second)
        threshold = getattr(profile.decoder, "threshold", 0.0)
        if not points or np.mean([point.score for point in points]) < threshold:
            return None
        places = np.array([(point.x, point.y) for point in points])
        way = square.to_picture(size)
        return Seen(item, places @ way[:, :2].T + way[:, 2])

    def _read(
        self,
        item: Detection,
        frame: Frame,
        profile: ModelProfile,
        ask: Callable[[ModelProfile, Frame], Predictions],
    ) -> Seen | None:
        """A line with its text; None if the second model reads nothing."""
        line = line_of(frame.pixels, item)
        if line is None:
            return None
        text = _text(ask(profile, Frame(0, frame.captured_ns, line)), self._settings.second)
        corners = np.array([(point.x, point.y) for point in item.points]).reshape(-1, 2)
        return Seen(item, corners, text) if text.strip() else None


def _all_points(profile: ModelProfile) -> ModelProfile:
    """The profile that leaves no point out, so that all detections have as many."""
    if not isinstance(profile.decoder, PointDecoder):
        return profile
    return replace(profile, decoder=replace(profile.decoder, threshold=0.0))


def _detections(predictions: Predictions, model: str) -> tuple[Detection, ...]:
    for prediction in predictions:
        if isinstance(prediction, Detections):
            return tuple(sorted(prediction.items, key=lambda item: -item.score))
    raise ModelFailed(f"model '{model}' finds nothing with boxes: it cannot begin a chain")


def _points(predictions: Predictions, model: str) -> tuple[KeyPoint, ...]:
    for prediction in predictions:
        if isinstance(prediction, KeyPoints):
            return prediction.points
    raise ModelFailed(f"model '{model}' gives no points: it cannot end a chain")


def _text(predictions: Predictions, model: str) -> str:
    for prediction in predictions:
        if isinstance(prediction, Text):
            return prediction.text
    raise ModelFailed(f"model '{model}' gives no text: it cannot read for a chain")


def _tensors(seen: Sequence[Seen], *, text: bool) -> tuple[Tensor, ...]:
    """BOXES [n, 4], SCORES [n], CLASSES [n], POINTS [n, k, 2] and with `text` TEXT [n]."""
    count = max((len(one.points) for one in seen), default=0)
    whole = [one for one in seen if len(one.points) == count]
    points = np.array([one.points for one in whole], np.float32).reshape(len(whole), count, 2)
    return (
        Tensor(BOXES, Datatype.FP32, _array(whole, "box", np.float32).reshape(-1, 4)),
        Tensor(SCORES, Datatype.FP32, _array(whole, "score", np.float32)),
        Tensor(CLASSES, Datatype.INT64, _array(whole, "index", np.int64)),
        Tensor(POINTS, Datatype.FP32, points),
        *([Tensor.of_bytes(TEXT, *(one.text.encode() for one in whole))] if text else []),
    )


def _array(seen: Sequence[Seen], name: str, kind: type) -> Array:
    return np.array([getattr(one.item, name) for one in seen], kind)
