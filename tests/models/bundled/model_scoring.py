"""What the model tests share: asking a model as a client would, and counting what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from backend.core.choices import ImageEncoding, Payload
from backend.core.predictions import Detection, Detections, Predictions
from backend.core.samples import AudioWindow, Frame, Sample
from backend.core.tensors import Array, Tensor
from backend.models.contract import Model

Box: TypeAlias = tuple[float, float, float, float]


def ask(model: Model, data: Array, encoding: ImageEncoding = ImageEncoding.RAW) -> Predictions:
    """What a model says, through its profile, about pixels [h, w, 3] or sound [n]."""
    sample: Sample = (
        Frame(0, 0, data) if data.ndim == 3 else AudioWindow(0, 0, data, model.profile.audio.rate)
    )
    tensors = model.profile.encode(sample, Payload(image=encoding))
    return model.profile.decode(outputs(model, *tensors))


def outputs(model: Model, *inputs: Tensor) -> tuple[Tensor, ...]:
    """A model's output tensors, checked against what it declares."""
    named = {tensor.name: tensor for tensor in inputs}
    given = model.finish(model.infer(model.prepare(named)))
    for spec, tensor in zip(model.outputs, given, strict=True):
        assert (tensor.name, tensor.datatype) == (spec.name, spec.datatype)
        assert spec.accepts(tensor.shape)
        assert tensor.data.dtype == tensor.datatype.numpy
    return given


def detections(predictions: Predictions) -> tuple[Detection, ...]:
    """The objects found."""
    (found,) = predictions
    assert isinstance(found, Detections)
    return found.items


def overlap(first: Box, second: Box) -> float:
    """Intersection over union of two boxes."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (_area(first) + _area(second) - both)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


@dataclass
class Score:
    """Counts of objects found rightly, wrongly and not at all."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """The part of what was found that is there."""
        return self.right / max(self.right + self.wrong, 1)

    @property
    def recall(self) -> float:
        """The part of what is there that was found."""
        return self.right / max(self.right + self.missed, 1)

    def add(
        self,
        found: Sequence[Detection],
        truth: Sequence[tuple[str, Box]],
        least_overlap: float,
    ) -> None:
        """Match each detection, surest first, with the best box of its label still unmatched."""
        left = list(truth)
        for item in found:
            fits = [
                (overlap(item.box, box), label, box) for label, box in left if label == item.label
            ]
            best = max(fits, default=(0.0, "", item.box))
            if best[0] >= least_overlap:
                self.right += 1
                left.remove((best[1], best[2]))
            else:
                self.wrong += 1
        self.missed += len(left)
