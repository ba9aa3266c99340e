"""`pitch` on tones made to measure: how many cents it is off, and what it does with noise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backend.core.errors import InvalidInput
from backend.core.predictions import Predictions, Scalars, Text
from backend.core.tensors import Array, Datatype, Tensor
from backend.models.bundled.pitch import PitchFinder
from backend.models.bundled.yin import shortest_sound
from backend.profiles.bundled import profile_for
from backend.sources.generated.tone import Tone
from tests.models.bundled.model_scoring import ask, outputs

MODEL = PitchFinder(profile_for("pitch"))
RATE = 16_000
NOTES = np.geomspace(60.5, 1495, 120)
TIMBRES = {
    "sine": (1.0,),
    "bright": tuple(1 / n for n in range(1, 9)),
    "weak fundamental": (0.1, 1.0, 0.7, 0.5, 0.4),
    "no fundamental": (0.0, 1.0, 0.8, 0.6, 0.5, 0.3),
}


def tone(frequency_hz: float, timbre: str, seed: int = 0, noise: float = 0.0) -> Array:
    """0.1 s of a tone with the timbre's partials below 7.8 kHz, in any phase."""
    random = np.random.default_rng(seed)
    seconds = np.arange(1600) / RATE
    sound = np.zeros(1600)
    for number, level in enumerate(TIMBRES[timbre], start=1):
        phase = random.uniform(0, 2 * math.pi)
        if number * frequency_hz < 7800:
            sound += level * np.sin(2 * math.pi * number * frequency_hz * seconds + phase)
    sound *= 0.2 / np.sqrt(np.mean(sound**2))
    return (sound + random.normal(0, noise * 0.2, 1600)).astype(np.float32)


def measure(sound: Array) -> tuple[float, float]:
    """Frequency in Hz and confidence."""
    numbers = ask(MODEL, sound)[0]
    assert isinstance(numbers, Scalars)
    frequency, confidence = numbers.values
    return frequency.value, confidence.value


def note(predictions: Predictions) -> str:
    text = predictions[1]
    assert isinstance(text, Text)
    return text.text


def cents(measured_hz: float, true_hz: float) -> float:
    return abs(1200 * math.log2(measured_hz / true_hz))


@pytest.mark.parametrize("timbre", list(TIMBRES))
@pytest.mark.parametrize(
    ("noise", "worst"),
    [(0.0, 1.0), (0.0316, 2.0), (0.1, 12.0)],
    ids=["clean", "30 dB", "20 dB"],
)
def test_tones_from_60_to_1500_hz(timbre: str, noise: float, worst: float) -> None:
    """Within 1 cent clean, 2 cents at 30 dB and 12 at 20 dB over noise (0.3, 0.9 and 8.4 measured).

    Without a fundamental only up to 1200 Hz: above, too few partials are left below 7.8 kHz.
    """
    for seed, frequency_hz in enumerate(NOTES):
        if timbre == "no fundamental" and frequency_hz > 1200:
            continue
        measured_hz, confidence = measure(tone(frequency_hz, timbre, seed, noise))
        assert cents(measured_hz, frequency_hz) <= worst, f"{frequency_hz:.1f} Hz"
        assert confidence > 0.95


def test_notes_are_named() -> None:
    assert note(ask(MODEL, tone(440 * 2 ** (3 / 1200), "bright"))) == "A4 +3 cents"
    assert note(ask(MODEL, tone(261.6256, "sine"))) == "C4 +0 cents"


def test_noise_and_silence_have_no_pitch() -> None:
    """The confidence of white and pink noise stays under 0.3 (measured: 0.16)."""
    random = np.random.default_rng(0)
    for _ in range(100):
        white = random.normal(0, 0.1, RATE)
        pink = np.fft.irfft(np.fft.rfft(white) / np.sqrt(np.maximum(np.arange(RATE // 2 + 1), 1)))
        for sound in (white[:1600], pink[:1600] * 0.1 / pink.std()):
            frequency_hz, confidence = measure(sound.astype(np.float32))
            assert confidence < 0.3
            assert frequency_hz == 0
    for level in (0.0, 1e-6, 0.5):
        silence = np.full(1600, level, np.float32)
        assert measure(silence) == (0.0, 0.0)
        assert note(ask(MODEL, silence)) == "no pitch"


def test_loudness_and_offset_do_not_matter() -> None:
    sound = tone(220, "bright")
    reference_hz, _ = measure(sound)
    for changed in (sound * 0.01, sound * 3, sound + 0.3):
        assert cents(measure(changed.astype(np.float32))[0], reference_hz) < 0.1


def test_it_follows_the_sweep() -> None:
    sweep = Tone("sweep", rate=RATE)
    for first in range(10, 780, 35):
        window = np.concatenate([sweep.samples(seq) for seq in range(first, first + 5)])
        middle_hz = sweep.frequency_hz((first + 2.5) * 0.02)
        assert middle_hz is not None
        assert cents(measure(window)[0], middle_hz) < 60  # the sweep moves 60 cents in a window


def test_the_same_sound_gives_the_same_numbers() -> None:
    sound = tone(333, "bright", noise=0.1)
    assert measure(sound) == measure(sound.copy()) == measure(np.repeat(sound, 2)[::2])


@pytest.mark.parametrize("length", [shortest_sound(RATE, 60.0), 16_000, 160_000])
def test_short_and_long_sounds(length: int) -> None:
    sound = np.sin(2 * np.pi * 100 * np.arange(length) / RATE).astype(np.float32)
    frequency_hz, _ = measure(sound)
    assert cents(frequency_hz, 100) < 5


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        (np.zeros(0, np.float32), "got no samples"),
        (np.zeros(100, np.float32), r"got 100 samples \(0.006 s\)"),
        (np.zeros(61 * RATE, np.float32), "0.034 to 60 s at 16000 Hz, got 976000 samples"),
        (np.zeros((1, 1600), np.float32), r"must have shape \[-1\], got \[1, 1600\]"),
        (np.array([0, np.nan] * 800, np.float32), "holds nan at index 1"),
        (np.array([0] * 900 + [-np.inf], np.float32), "holds -inf at index 900"),
    ],
)
def test_what_is_no_sound_is_refused(audio: Array, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        outputs(MODEL, Tensor("AUDIO", Datatype.FP32, audio))


def test_other_inputs_are_refused() -> None:
    with pytest.raises(InvalidInput, match="Expected input 'AUDIO', got 'SOUND'"):
        outputs(MODEL, Tensor("SOUND", Datatype.FP32, np.zeros(1600, np.float32)))
    with pytest.raises(InvalidInput, match="must be FP32, got FP64"):
        outputs(MODEL, Tensor("AUDIO", Datatype.FP64, np.zeros(1600)))
