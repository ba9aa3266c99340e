"""Sound that makes itself: a tone, a sweep, noise."""

from __future__ import annotations

import math
import threading
import time
from enum import StrEnum

import numpy as np

from backend.core.errors import UsageError
from backend.core.samples import AudioBlock, MediaKind
from backend.core.status import SourceInfo
from backend.core.tensors import Array
from backend.sources.generated.ticker import Ticker
from backend.sources.kind import GENERATED, SourceKind

BLOCK_S = 0.02
"""Length of a block."""

_LEVEL = 0.5
_NOISE_LEVEL = 0.1
_SWEEP_LOW_HZ, _SWEEP_HIGH_HZ = 80.0, 1280.0
_SWEEP_S = 8.0  # from low to high; then as long back


class ToneKind(StrEnum):
    """What is heard."""

    TONE = "tone"
    SWEEP = "sweep"
    NOISE = "noise"


class Tone:
    """A live source of sound that is the same at every run, sample for sample.

    A tone is a sine at half of full scale; a sweep is one that rises over four octaves and falls
    again, equally long in each; noise is white, with a standard deviation of a tenth of full
    scale. Raises UsageError for another kind, for a rate outside 8 to 192 kHz, or for a frequency
    that is not above 0 and below half the rate.
    """

    def __init__(
        self, kind: str = "tone", frequency_hz: float = 440.0, rate: int = 48_000, seed: int = 0
    ) -> None:
        if kind not in tuple(ToneKind):
            raise UsageError(f"Expected one of {', '.join(ToneKind)}, got '{kind}'.")
        if not 8_000 <= rate <= 192_000:
            raise UsageError(f"The rate must be 8000 to 192000 Hz, got {rate}.")
        if not 0 < frequency_hz < rate / 2:
            raise UsageError(
                f"The frequency must be above 0 and below {rate / 2:g} Hz, got {frequency_hz:g}."
            )
        self.kind = ToneKind(kind)
        self._frequency_hz = frequency_hz
        self._rate = rate
        self._seed = seed
        self._block = round(rate * BLOCK_S)
        self._ticker = Ticker(self._block / rate)
        self._seq = 0
        self.info = SourceInfo(
            kind=MediaKind.AUDIO, name=self.kind.capitalize(), live=True, rate=float(rate)
        )

    def open(self, stop: threading.Event) -> SourceInfo:
        """Start at the first block, which is complete one block length from now."""
        self._seq = 0
        self._ticker.restart()
        self._ticker.wait(stop)
        return self.info

    def read(self, stop: threading.Event) -> AudioBlock | None:
        """The next block, when its last sample is due; none is left out."""
        if not self._ticker.wait(stop):
            return None
        seq, self._seq = self._seq, self._seq + 1
        return AudioBlock(
            seq, time.monotonic_ns(), self.samples(seq), self._rate, name=self.info.name
        )

    def close(self) -> None:
        """Nothing is held."""

    def samples(self, seq: int) -> Array:
        """The samples of the block with that number: float32 [n]."""
        if self.kind is ToneKind.NOISE:
            random = np.random.default_rng((self._seed, seq))
            return random.standard_normal(self._block, np.float32) * np.float32(_NOISE_LEVEL)
        seconds = np.arange(seq * self._block, (seq + 1) * self._block) / self._rate
        turns = seconds * self._frequency_hz
        if self.kind is ToneKind.SWEEP:
            turns = _sweep_turns(seconds)
        return (_LEVEL * np.sin(2 * math.pi * (turns % 1.0))).astype(np.float32)

    def frequency_hz(self, seconds: float) -> float | None:
        """What is heard at a time since the first sample; None for noise."""
        match self.kind:
            case ToneKind.TONE:
                return self._frequency_hz
            case ToneKind.SWEEP:
                part = seconds % (2 * _SWEEP_S) / _SWEEP_S
                octaves = math.log2(_SWEEP_HIGH_HZ / _SWEEP_LOW_HZ)
                return float(_SWEEP_LOW_HZ * 2 ** (octaves * min(part, 2 - part)))
            case ToneKind.NOISE:
                return None


def _sweep_turns(seconds: Array) -> Array:
    """Turns of the sweep's phase: the integral of its frequency, which goes up and down."""
    growth = math.log(_SWEEP_HIGH_HZ / _SWEEP_LOW_HZ)
    per_rise = _SWEEP_LOW_HZ * _SWEEP_S / growth * math.expm1(growth)
    periods, within = np.divmod(seconds, 2 * _SWEEP_S)
    rising = within <= _SWEEP_S
    part = np.where(rising, within, 2 * _SWEEP_S - within) / _SWEEP_S
    risen = _SWEEP_LOW_HZ * _SWEEP_S / growth * np.expm1(growth * part)
    return np.asarray(2 * per_rise * periods + np.where(rising, risen, 2 * per_rise - risen))


def _kind(kind: ToneKind, tip: str, demo_model: str = "") -> SourceKind:
    return SourceKind(
        scheme=kind.value,
        title=kind.capitalize(),
        icon="tone",
        make=lambda _argument, _options: Tone(kind),
        tip=tip,
        group=GENERATED,
        demo_model=demo_model,
    )


TONES = (
    _kind(ToneKind.TONE, "A steady tone of 440 Hz", "pitch"),
    _kind(ToneKind.SWEEP, "A tone that rises and falls", "pitch"),
    _kind(ToneKind.NOISE, "All frequencies at once"),
)
