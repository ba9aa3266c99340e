"""Names the note that is sung or played."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from backend.core.tensors import Array, Datatype, Tensor
from backend.models.bundled.yin import Pitch, find_pitch, shortest_sound
from backend.models.contract import BundledModel
from backend.models.inputs import sound
from backend.profiles.bundled import PITCH_HIGH_HZ, PITCH_LOW_HZ
from backend.profiles.names import CONFIDENCE, FREQUENCY
from backend.profiles.outputs.bundled import SURE_OF_PITCH

_LONGEST_S = 60


class PitchFinder(BundledModel):
    """The fundamental frequency of one voice or instrument, 60 to 1500 Hz, by YIN.

    CONFIDENCE is the sound's periodicity, 0 to 1: above 0.9 for a clear tone, below 0.4 for
    noise. FREQUENCY is 0 where the confidence is below 0.5, since what is not periodic has none.
    """

    platform = "inferdeck_yin"

    def prepare(self, inputs: Mapping[str, Tensor]) -> Array:
        """The samples."""
        rate = self.profile.audio.rate
        return sound(
            inputs,
            rate=rate,
            shortest=shortest_sound(rate, PITCH_LOW_HZ),
            longest=_LONGEST_S * rate,
        )

    def infer(self, prepared: Array) -> Pitch | None:
        """The pitch, or None for silence."""
        return find_pitch(prepared, self.profile.audio.rate, PITCH_LOW_HZ, PITCH_HIGH_HZ)

    def finish(self, raw: Pitch | None) -> tuple[Tensor, ...]:
        """Frequency in Hz and confidence."""
        confidence = raw.periodicity if raw else 0.0
        frequency = raw.frequency_hz if raw and confidence >= SURE_OF_PITCH else 0.0
        return (
            Tensor(FREQUENCY, Datatype.FP32, np.array([frequency], np.float32)),
            Tensor(CONFIDENCE, Datatype.FP32, np.array([confidence], np.float32)),
        )
