"""Outputs that say what something is, or how much of it there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.core.predictions import (
    Classification,
    ClassScore,
    Predictions,
    Scalar,
    Scalars,
    Text,
)
from backend.core.tensors import Array, Datatype, Tensor
from backend.profiles.inputs.numbers import bfloat16_values
from backend.profiles.options import option
from backend.profiles.outputs.parts import Activation, activated, output_of
from backend.profiles.outputs.view import SampleView

MOST_SCALARS = 64


@dataclass(frozen=True, slots=True)
class ClassDecoder:
    """Reads a score for each class, [1, classes] or any shape with as many elements."""

    output: str = option("", "Output to read; empty for the first.")
    activation: Activation = option(Activation.SOFTMAX, "What makes scores of the numbers.")
    top_k: int = option(5, "Classes that are kept.", low=1, high=1000)
    background: str = option(
        "", "Labels, with commas, that are no words; each other word of sound is counted once."
    )

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """The likeliest classes, best first."""
        scores = activated(_flat(outputs, self.output), self.activation)
        if not len(scores):
            raise ValueError(f"output '{self.output}' has no scores")
        count = min(self.top_k, len(scores))
        best = np.argpartition(-scores, count - 1)[:count]
        ordered = best[np.argsort(-scores[best], kind="stable")]
        found = [ClassScore(view.label(int(i)), float(scores[i]), int(i)) for i in ordered]
        return (Classification(tuple(found)),)


@dataclass(frozen=True, slots=True)
class ScalarDecoder:
    """Reads plain numbers: of one output, or of all of them.

    Numbers are named by the labels if there is one for each, else by their output.
    """

    output: str = option("", "Output to read; empty for all of them.")
    unit: str = option("", "Unit shown with the numbers.")
    low: float = option(0.0, "Lower end of the plot.")
    high: float = option(1.0, "Upper end of the plot.")

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """At most 64 numbers."""
        names = [self.output] if self.output else list(outputs)
        named = [pair for name in names for pair in _named(name, _flat(outputs, name))]
        if len(view.labels) == len(named):
            named = [(label, value) for label, (_, value) in zip(view.labels, named, strict=True)]
        values = [
            Scalar(name, value, self.unit, self.low, self.high)
            for name, value in named[:MOST_SCALARS]
        ]
        return (Scalars(tuple(values)),)


@dataclass(frozen=True, slots=True)
class TextDecoder:
    """Reads text: BYTES as UTF-8, a line for each element."""

    output: str = option("", "Output to read; empty for the first.")

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:  # noqa: ARG002
        """The text."""
        tensor = output_of(outputs, self.output)
        if tensor.datatype is not Datatype.BYTES:
            raise ValueError(f"output '{tensor.name}' is {tensor.datatype}, expected BYTES")
        lines = [bytes(item).decode("utf-8", "replace") for item in tensor.data.reshape(-1)]
        return (Text("\n".join(lines)),)


def _flat(outputs: Mapping[str, Tensor], name: str) -> Array:
    """All numbers of an output, row by row."""
    tensor = output_of(outputs, name)
    if tensor.datatype is Datatype.BYTES:
        raise ValueError(f"output '{tensor.name}' is BYTES, expected numbers")
    data = tensor.data.reshape(-1)
    return bfloat16_values(data) if tensor.datatype is Datatype.BF16 else data


def _named(name: str, values: Array) -> list[tuple[str, float]]:
    if len(values) == 1:
        return [(name, float(values[0]))]
    return [(f"{name}[{place}]", float(value)) for place, value in enumerate(values)]
