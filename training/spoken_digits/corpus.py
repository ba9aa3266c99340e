"""What is spoken, and by whom: the recordings of the data set, and one of a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from backend.core.errors import UsageError
from backend.core.tensors import Array
from backend.profiles.bundled import DIGIT_LABELS, profile_for

AUDIO = profile_for("spoken_digits").audio
RATE = AUDIO.rate
"""Samples per second of everything here: that of the recordings, and of the served model."""

NAMES = DIGIT_LABELS[:-1]
OTHER = -1
"""The digit of a sound that is none."""

_LONGEST_S = 0.9
_HELD_OUT_FROM = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """Sound [n] at RATE, -1 to 1, of one digit, or of something else as OTHER."""

    samples: Array
    digit: int
    speaker: str


def recordings(folder: Path) -> list[Utterance]:
    """Every `<digit>_<speaker>_<n>.wav` of the Free Spoken Digit Dataset, by name.

    Raises UsageError if the folder holds none.
    """
    found = []
    for path in sorted(folder.glob("[0-9]_*_*.wav")):
        digit, speaker, _ = path.stem.split("_")
        found.append(Utterance(at_rate(*soundfile.read(path)), int(digit), speaker))
    if not found:
        raise UsageError(
            f"{folder} holds no recordings named <digit>_<speaker>_<n>.wav.",
            hint="Unpack the folder 'recordings' of the Free Spoken Digit Dataset there.",
        )
    return found


def shortened(samples: Array) -> Array:
    """At most 0.9 s, the loudest stretch of that length."""
    length = round(_LONGEST_S * RATE)
    if len(samples) <= length:
        return samples
    energy = np.concatenate([[0.0], np.cumsum(np.asarray(samples, np.float64) ** 2)])
    start = int(np.argmax(energy[length:] - energy[:-length]))
    return samples[start : start + length]


def conversation(path: Path) -> tuple[Array, Array]:
    """A recording of people who talk, in two halves: to learn from, and to count false alarms."""
    samples = at_rate(*soundfile.read(path))
    middle = round(len(samples) * _HELD_OUT_FROM)
    return samples[:middle], samples[middle:]


def at_rate(samples: Array, rate: int) -> Array:
    """One channel, float32, 8 kHz."""
    mono = samples.mean(axis=1) if samples.ndim > 1 else samples
    return np.asarray(mono if rate == RATE else soxr.resample(mono, rate, RATE), np.float32)
