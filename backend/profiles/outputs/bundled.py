"""What the bundled models' outputs mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.core.predictions import (
    Classification,
    ClassScore,
    Predictions,
    Scalar,
    Scalars,
    Tensors,
    Text,
)
from backend.core.tensors import Tensor
from backend.profiles.names import (
    CONFIDENCE,
    FREQUENCY,
    PROBABILITY,
)
from backend.profiles.options import option
from backend.profiles.outputs.notes import note_name
from backend.profiles.outputs.view import SampleView

SURE_OF_PITCH = 0.5
"""Confidence from which a pitch is named as a note."""


@dataclass(frozen=True, slots=True)
class PlainTensors:
    """Shows the outputs as they came."""

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:  # noqa: ARG002
        """All outputs, unexplained."""
        return (Tensors(tuple(outputs.values())),)


@dataclass(frozen=True, slots=True)
class PitchDecoder:
    """Reads FREQUENCY [1] in Hz, 0 for none, and CONFIDENCE [1]; names the note."""

    low_hz: float = option(60.0, "Lower end of the plot, in hertz.", low=0)
    high_hz: float = option(1500.0, "Upper end of the plot, in hertz.", low=0)

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:  # noqa: ARG002
        """Frequency and confidence as numbers, the note as text."""
        frequency = float(outputs[FREQUENCY].data[0])
        confidence = float(outputs[CONFIDENCE].data[0])
        pitched = frequency > 0 and confidence >= SURE_OF_PITCH
        return (
            Scalars(
                (
                    Scalar("frequency", frequency, "Hz", self.low_hz, self.high_hz),
                    Scalar("confidence", confidence),
                )
            ),
            Text(note_name(frequency) if pitched else "no pitch"),
        )


@dataclass(frozen=True, slots=True)
class YesNoDecoder:
    """Reads the probability of the first of two classes: the output's first element."""

    output: str = option(PROBABILITY, "Output to read.")

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """Both classes, the likelier one first."""
        probability = float(outputs[self.output].data.reshape(-1)[0])
        yes = ClassScore(view.label(0), probability, 0)
        no = ClassScore(view.label(1), 1 - probability, 1)
        return (Classification((yes, no) if probability >= 0.5 else (no, yes)),)
