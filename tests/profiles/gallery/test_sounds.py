"""The gallery's models of sound hear words and speech."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from backend.core.choices import RunSettings
from backend.core.predictions import Classification, Predictions
from backend.core.samples import AudioWindow
from backend.core.status import Result
from backend.core.target import Target
from backend.core.tensors import Array
from backend.core.timing import Timeline
from backend.core.traffic import Traffic
from backend.profiles.inputs.mfcc import MfccRecipe
from backend.session.lanes.word_spotter import WordSpotter
from tests.profiles.gallery.running import load, predict, profile_of

RATE = 16_000


def mfcc(samples: Array) -> Array:
    """The makers' front end, frame by frame and band by band: [49, 10]."""
    samples = samples / np.abs(samples).max()
    hertz = np.arange(257) * RATE / 512
    mel = 1127 * np.log(1 + hertz / 700)
    ends = 1127 * np.log(1 + np.array([20, 4000]) / 700)
    corners = np.linspace(ends[0], ends[1], 42)
    rows = []
    for start in range(0, RATE - 480 + 1, 320):
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(480) / 480)
        spectrum = np.abs(np.fft.fft(np.pad(samples[start : start + 480] * window, (0, 32))))[:257]
        logs = []
        for low, centre, high in zip(corners, corners[1:], corners[2:], strict=False):
            weights = np.minimum((mel - low) / (centre - low), (high - mel) / (high - centre))
            weights = np.where(hertz > 0, np.maximum(0, weights), 0)
            logs.append(np.log(spectrum @ weights + 1e-6))
        band = np.arange(40) + 0.5
        rows.append(
            [2 * np.sum(logs * np.cos(np.pi * k * band / 40)) / np.sqrt(80) for k in range(10)]
        )
    return np.array(rows)


def test_the_front_end_is_the_makers() -> None:
    rng = np.random.default_rng(3)
    sweep = np.sin(2 * np.pi * np.cumsum(np.linspace(100, 3500, RATE)) / RATE)
    samples = (0.3 * sweep + 0.02 * rng.normal(size=RATE)).astype(np.float32)
    ours = MfccRecipe().numbers(samples, RATE)
    assert ours.shape == (49, 10)
    assert np.abs(ours - mfcc(samples)).max() < 1e-3


def best(predictions: Predictions) -> str:
    (classes,) = predictions
    assert isinstance(classes, Classification)
    return classes.classes[0].label


@pytest.fixture
def speak(program: Callable[[str], str], tmp_path: Path) -> Callable[[str, str, int], AudioWindow]:
    """A word spoken by a machine, in the middle of one second."""
    espeak = program("espeak-ng")

    def spoken(word: str, voice: str, speed: int) -> AudioWindow:
        path = tmp_path / "word.wav"
        command = [espeak, "-v", voice, "-s", str(speed), "-w", str(path), word]
        subprocess.run(command, check=True, timeout=60)
        samples, rate = soundfile.read(path, dtype="float32")
        samples = soxr.resample(samples, rate, RATE)
        loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
        middle = (loud[0] + loud[-1]) // 2
        padded = np.pad(samples, (RATE // 2, RATE))
        return AudioWindow(0, 0, padded[middle : middle + RATE], RATE)

    return spoken


@pytest.mark.parametrize("file", ["kws_f32.tflite", "kws_i8.tflite"])
def test_keywords_are_heard(
    data_dir: Path, speak: Callable[[str, str, int], AudioWindow], file: str
) -> None:
    """A machine's voice is not what it was trained with: it hears most words, and some always."""
    model = load(data_dir, "keywords", f"kws_ds_cnn/{file}")
    profile = profile_of(data_dir, "keywords", model)
    heard: dict[str, int] = {}
    for word in profile.labels[:10]:
        spoken = [speak(word, voice, 160) for voice in ("en-us", "en-gb")]
        heard[word] = sum(best(predict(model, profile, window)) == word for window in spoken)
    for word in ("left", "right", "yes", "off", "up"):
        assert heard[word] == 2, heard
    assert sum(heard.values()) >= 13, heard


def test_keywords_are_words_once_each_and_what_is_between_is_none(
    data_dir: Path, speak: Callable[[str, str, int], AudioWindow]
) -> None:
    """The windows of a whole stream, through what reads words from a run's results."""
    model = load(data_dir, "keywords")
    profile = profile_of(data_dir, "keywords", model)
    said = ["left", "right", "yes", "off", "up", "yes"]
    pause = np.zeros(RATE // 2, np.float32)
    spoken = [part for word in said for part in (pause, speak(word, "en-us", 160).samples)]
    sound = np.concatenate([pause, *spoken, pause])
    sound += np.random.default_rng(0).normal(0, 5e-4, len(sound)).astype(np.float32)
    settings = RunSettings(Target("t"), "keywords")
    spotter = WordSpotter()
    spotter.expect(profile)
    words = []
    starts = range(0, len(sound) - profile.audio.window + 1, profile.audio.hop)
    for seq, start in enumerate(starts):
        samples = sound[start : start + profile.audio.window]
        window = AudioWindow(seq, 0, samples, RATE, start / RATE)
        predictions = predict(model, profile, window)
        words.append(
            spotter.add(Result(seq, window, predictions, Timeline({}), Traffic(), settings))
        )
    words.append(spotter.finish())
    assert [word.label for word in words if word is not None] == said


def test_noise_is_silence(data_dir: Path) -> None:
    model = load(data_dir, "keywords")
    noise = np.random.default_rng(0).normal(0, 0.001, RATE).astype(np.float32)
    answer = predict(model, profile_of(data_dir, "keywords", model), AudioWindow(0, 0, noise, RATE))
    assert best(answer) == "silence"
