"""Names the digit that is spoken in the middle of a second of sound."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from backend.core.tensors import Array, Datatype, Tensor
from backend.models.contract import BundledModel
from backend.models.inputs import sound
from backend.models.runtimes.onnx import OnnxSession, SessionSettings
from backend.profiles.inputs.log_mel import LogMel
from backend.profiles.inputs.sounds import Loudness, SoundLayout, SoundRecipe
from backend.profiles.model_profile import ModelProfile
from backend.profiles.names import PROBABILITIES

NETWORK = Path(__file__).resolve().parents[3] / "assets" / "models" / "spoken_digits.onnx"

FRONT_END = SoundRecipe(
    layout=SoundLayout.NCMT,
    loudness=Loudness.STANDARD,
    log_mel=LogMel(
        n_fft=256, hop=160, mels=40, low_hz=60.0, high_hz=3800.0, floor=0.01, divisor=4.0
    ),
)
"""What the network is given of a second of sound at 8 kHz, here and while it is trained."""

_INPUT, _OUTPUT = "spectrogram", "probabilities"
_SHORTEST_S = 0.1
_LONGEST_S = 60


class SpokenDigits(BundledModel):
    """The probability of each digit, and of none, by a network trained in `training/spoken_digits`.

    A shorter sound is looked at in the middle of silence. In a longer one every window counts, and
    the answer is that of the window which is surest of a digit. No state is kept.
    """

    platform = "inferdeck_onnx"

    def __init__(self, profile: ModelProfile) -> None:
        """Raises ModelLoadError if the network's file is missing or broken."""
        super().__init__(profile)
        self._session = OnnxSession(NETWORK, SessionSettings(intra_op_thread_count=1))

    def prepare(self, inputs: Mapping[str, Tensor]) -> Array:
        """A spectrogram of each window: float32 [windows, 1, mels, frames]."""
        rate = self.profile.audio.rate
        samples = sound(
            inputs, rate=rate, shortest=round(_SHORTEST_S * rate), longest=_LONGEST_S * rate
        )
        windows = self._windows(samples)
        return np.stack([FRONT_END.numbers(window, rate) for window in windows])[:, np.newaxis]

    def infer(self, prepared: Array) -> Array:
        """The probabilities of each window: float32 [windows, 11]."""
        (found,) = self._session.compute([_OUTPUT], self._session.prepare({_INPUT: prepared}))
        return np.asarray(found)

    def finish(self, raw: Array) -> tuple[Tensor, ...]:
        """Those of the window that is surest of a digit."""
        surest = raw[int(raw[:, :-1].max(axis=1).argmax())]
        return (Tensor(PROBABILITIES, Datatype.FP32, surest),)

    def _windows(self, samples: Array) -> list[Array]:
        audio = self.profile.audio
        missing = audio.window - len(samples)
        if missing >= 0:
            return [np.pad(samples, (missing // 2, missing - missing // 2))]
        starts = [*range(0, -missing, audio.hop), -missing]
        return [samples[start : start + audio.window] for start in starts]
