"""`spoken_digits` on recordings, on voices of espeak-ng, and on sounds that are no digits.

The network has heard the five recorded speakers: that recordings are understood shows that
model and training agree. What it makes of speakers it has not heard is in its model card.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from backend.core.errors import InvalidInput
from backend.core.predictions import Classification
from backend.core.tensors import Array, Datatype, Tensor
from backend.models.bundled.spoken_digits import FRONT_END, NETWORK, SpokenDigits
from backend.profiles.bundled import DIGIT_LABELS, profile_for
from tests.models.bundled.model_scoring import ask, outputs
from tests.real_sources import speak

MODEL = SpokenDigits(profile_for("spoken_digits"))
RATE = MODEL.profile.audio.rate
RNG = np.random.default_rng(5)


def best(sound: Array) -> str:
    (found,) = ask(MODEL, sound.astype(np.float32))
    assert isinstance(found, Classification)
    assert {each.label for each in found.classes} == set(DIGIT_LABELS)
    assert sum(each.score for each in found.classes) == pytest.approx(1, abs=1e-5)
    return found.classes[0].label


def recording(data_dir: Path, name: str) -> Array:
    path = data_dir / "speech" / "spoken_digits" / f"{name}.wav"
    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == RATE
    return np.asarray(samples)


def centred(sound: Array, level: float = 1.0) -> Array:
    """In the middle of a window, over a little noise."""
    sound = sound[: MODEL.profile.audio.window]
    window = RNG.normal(0, 1e-3, MODEL.profile.audio.window).astype(np.float32)
    start = (len(window) - len(sound)) // 2
    window[start : start + len(sound)] += sound
    return window * np.float32(level)


def test_the_network_is_small() -> None:
    assert NETWORK.stat().st_size < 1_000_000


def test_recorded_digits_are_understood(data_dir: Path) -> None:
    """At least 0.9 of 100 recordings, two of each digit and speaker (0.93)."""
    right = [
        best(centred(recording(data_dir, f"{digit}_{speaker}_{take}"))) == DIGIT_LABELS[digit]
        for digit in range(10)
        for speaker in ("george", "jackson", "lucas", "nicolas", "theo")
        for take in (3, 31)
    ]
    assert np.mean(right) >= 0.9


def test_the_level_does_not_matter(data_dir: Path) -> None:
    window = centred(recording(data_dir, "7_jackson_5"))
    assert [best(window * np.float32(gain)) for gain in (0.01, 0.1, 1.0)] == ["seven"] * 3


def test_a_voice_of_espeak_is_understood(tmp_path: Path, program: Callable[[str], str]) -> None:
    """At least 9 of 10 digits by its standard voice."""
    program("espeak-ng")
    right = 0
    for digit, word in enumerate(DIGIT_LABELS[:10]):
        samples, rate = soundfile.read(speak(word, tmp_path / f"{word}.wav"), dtype="float32")
        right += best(np.asarray(soxr.resample(samples, rate, RATE))) == DIGIT_LABELS[digit]
    assert right >= 9


def test_a_short_recording_is_looked_at_as_it_is(data_dir: Path) -> None:
    assert best(recording(data_dir, "4_theo_7")) == "four"


def test_in_a_long_sound_the_surest_window_counts(data_dir: Path) -> None:
    sound = np.zeros(5 * RATE, np.float32)
    word = recording(data_dir, "8_lucas_4")
    sound[3 * RATE : 3 * RATE + len(word)] = word
    assert best(sound) == "eight"


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(RATE),
        RNG.normal(0, 0.1, RATE),
        np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE),
        np.cumsum(RNG.normal(0, 0.01, RATE)),
    ],
    ids=["silence", "white noise", "tone", "rumble"],
)
def test_what_is_no_speech_is_nothing(sound: Array) -> None:
    assert best(sound) == "nothing"


def test_talk_is_mostly_nothing(data_dir: Path) -> None:
    """At most 0.08 of a talk's windows, in its half that was not learnt from (0.05)."""
    samples, rate = soundfile.read(data_dir / "speech" / "conversation_60s.wav", dtype="float32")
    talk = np.asarray(soxr.resample(samples, rate, RATE))[30 * RATE :]
    hop, window = MODEL.profile.audio.hop, MODEL.profile.audio.window
    starts = range(0, len(talk) - window + 1, hop)
    digits = [best(talk[start : start + window]) != "nothing" for start in starts]
    assert np.mean(digits) <= 0.08


@pytest.mark.parametrize(("count", "shapes"), [(8000, 1), (800, 1), (9000, 3), (12_000, 6)])
def test_the_network_gets_a_spectrogram_of_each_window(count: int, shapes: int) -> None:
    prepared = MODEL.prepare({"AUDIO": Tensor("AUDIO", Datatype.FP32, np.ones(count, np.float32))})
    assert prepared.shape == (shapes, 1, 40, 51)
    assert prepared.dtype == np.float32


def test_the_front_end_is_that_of_the_recipe() -> None:
    sound = RNG.normal(0, 0.1, RATE).astype(np.float32)
    prepared = MODEL.prepare({"AUDIO": Tensor("AUDIO", Datatype.FP32, sound)})
    assert np.array_equal(prepared[0, 0], FRONT_END.numbers(sound, RATE))


def test_the_same_sound_gives_the_same_answer() -> None:
    sound = Tensor("AUDIO", Datatype.FP32, RNG.normal(0, 0.1, RATE).astype(np.float32))
    first, again = outputs(MODEL, sound), outputs(SpokenDigits(MODEL.profile), sound)
    assert np.array_equal(first[0].data, again[0].data)


@pytest.mark.parametrize("count", [0, 799, 60 * RATE + 1])
def test_a_length_it_cannot_use_is_refused(count: int) -> None:
    with pytest.raises(InvalidInput, match=r"Expected 'AUDIO' of 0\.100 to 60 s at 8000 Hz"):
        outputs(MODEL, Tensor("AUDIO", Datatype.FP32, np.zeros(count, np.float32)))
