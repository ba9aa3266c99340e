"""Tells whether somebody speaks."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from backend.core.tensors import Array, Datatype, Tensor
from backend.models.bundled.music_signs import MusicSigns, MusicSignsMeter
from backend.models.bundled.speech_signs import SpeechSigns, SpeechSignsMeter
from backend.models.contract import BundledModel
from backend.models.inputs import sound
from backend.profiles.model_profile import ModelProfile
from backend.profiles.names import PROBABILITY

_LONGEST_S = 60

# For each sign, where it is as likely speech as not, and how quickly that changes. Set between
# recorded digits and made noises, tones and notes; see the tests for what that gives elsewhere.
_LEVEL_DB = (-55.0, 2.5)
_PERIODICITY = (0.82, 0.04)
_VARIATION_DB = (4.4, 0.7)
_FULLNESS_DB = (-29.0, 1.5)

# The signs of music count together, by logistic regression between the conversation's first half
# with digits of three speakers and made music; the limit is a little to speech's favour.
_STEADINESS, _DEPTH, _ABRUPTNESS = 15.0, 0.127, 1.055
_MUSIC = (15.1, 1.0)


class VoiceActivity(BundledModel):
    """The probability that a stretch of sound holds speech, from half a second at a time.

    It is as sure as the weakest of its signs allows: four of speech, and that it is no music. In a
    longer sound the likeliest half second counts. No state is kept: what came before does not
    matter. Singing may count as speech, whispering does not. docs/bundled_models.md has figures.
    """

    platform = "inferdeck_dsp"

    def __init__(self, profile: ModelProfile) -> None:
        super().__init__(profile)
        self._meter = SpeechSignsMeter(profile.audio.rate)
        self._music = MusicSignsMeter(profile.audio.rate)

    def prepare(self, inputs: Mapping[str, Tensor]) -> list[Array]:
        """The samples, in pieces of one window or less."""
        audio = self.profile.audio
        longest = _LONGEST_S * audio.rate
        samples = sound(inputs, rate=audio.rate, shortest=self._meter.shortest, longest=longest)
        if len(samples) <= audio.window:
            return [samples]
        starts = [*range(0, len(samples) - audio.window, audio.window // 2)]
        starts.append(len(samples) - audio.window)
        return [samples[start : start + audio.window] for start in starts]

    def infer(self, prepared: list[Array]) -> float:
        """The probability of the likeliest piece."""
        return max(map(self._probability, prepared))

    def finish(self, raw: float) -> tuple[Tensor, ...]:
        """The probability of speech."""
        return (Tensor(PROBABILITY, Datatype.FP32, np.array([raw], np.float32)),)

    def _probability(self, piece: Array) -> float:
        speech = _speech_likelihood(self._meter.measure(piece))
        return min(speech, 1 - _music_likelihood(self._music.measure(piece)))


def _speech_likelihood(signs: SpeechSigns) -> float:
    return min(
        _likelihood(signs.level_db, *_LEVEL_DB),
        _likelihood(signs.periodicity, *_PERIODICITY),
        _likelihood(signs.variation_db, *_VARIATION_DB),
        _likelihood(signs.fullness_db, *_FULLNESS_DB),
    )


def _music_likelihood(signs: MusicSigns) -> float:
    together = (
        _STEADINESS * signs.steadiness + _DEPTH * signs.depth_db + _ABRUPTNESS * signs.abruptness
    )
    return _likelihood(together, *_MUSIC)


def _likelihood(value: float, even: float, width: float) -> float:
    """The logistic function, which is 0.5 at `even` and 0.73 one `width` above."""
    return 1 / (1 + math.exp(min(max((even - value) / width, -50.0), 50.0)))
