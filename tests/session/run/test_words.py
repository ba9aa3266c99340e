"""Spoken digits come out of a whole run as words, each once, on every road."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.core.choices import RunSettings, Transport
from backend.core.flow import Policy
from backend.core.samples import MediaKind
from backend.core.status import Word
from backend.core.target import Target
from backend.profiles.bundled import DIGIT_LABELS
from backend.session.run.live import Session
from backend.session.sinks import WORDS
from backend.sources.registry import KINDS, Pace, SourceRegistry
from tests.real_sources import speak
from tests.session.combinations import Combination, combinations

SOURCES = SourceRegistry(KINDS)
RATE = 8_000
PAUSE_S = 0.6
SPOKEN = ("7_jackson_5", "3_george_9", "3_theo_11", "0_lucas_2", "9_nicolas_8", "5_jackson_30")


def words(settings: RunSettings, path: Path) -> list[Word]:
    """Every word of a run over a file."""
    source = SOURCES.make(str(path), loop=False, pace=Pace.FREE)
    session = Session(settings, source, retry=False)
    heard = session.subscribe(WORDS, Policy.EVERY, "test", 64)
    session.start()
    assert session.join(60)
    assert session.error is None
    return heard.drain()


def one_after_the_other(pieces: Sequence[np.ndarray], rate: int, path: Path) -> list[float]:
    """A file of the pieces with pauses before, between and after; the middle of each in it."""
    pause = np.zeros(round(PAUSE_S * rate), np.float32)
    sound = [pause]
    middles = []
    for piece in pieces:
        middles.append((sum(map(len, sound)) + len(piece) / 2) / rate)
        sound += [piece, pause]
    soundfile.write(path, np.concatenate(sound), rate)
    return middles


@pytest.fixture
def recorded(data_dir: Path, tmp_path: Path) -> tuple[Path, list[float]]:
    """Recordings of five speakers in one file, and where they are in it."""
    folder = data_dir / "speech" / "spoken_digits"
    pieces = [soundfile.read(folder / f"{name}.wav", dtype="float32")[0] for name in SPOKEN]
    path = tmp_path / "spoken.wav"
    return path, one_after_the_other(pieces, RATE, path)


@pytest.mark.parametrize(
    "way",
    [way for way in combinations(MediaKind.AUDIO) if way.payload.compression == "none"],
    ids=str,
)
def test_recorded_digits_are_heard_once_each(
    recorded: tuple[Path, list[float]], target: Target, way: Combination
) -> None:
    path, middles = recorded
    heard = words(way.settings(target, "spoken_digits"), path)
    assert [word.label for word in heard] == [DIGIT_LABELS[int(name[0])] for name in SPOKEN]
    for word, middle in zip(heard, middles, strict=True):
        assert word.media_time_s == pytest.approx(middle, abs=0.35)
        assert word.score > 0.5


def test_a_recording_that_is_nothing_but_the_word_is_heard(data_dir: Path, target: Target) -> None:
    path = data_dir / "speech" / "spoken_digits" / "7_george_0.wav"
    settings = RunSettings(target, "spoken_digits", transport=Transport.GRPC_STREAM)
    assert [word.label for word in words(settings, path)] == ["seven"]


def test_a_made_voice_is_heard(
    target: Target, tmp_path: Path, program: Callable[[str], str]
) -> None:
    """Ten digits by espeak-ng: at least nine of them, each once, and nothing else."""
    program("espeak-ng")
    pieces, rate = [], 0
    for label in DIGIT_LABELS[:10]:
        samples, rate = soundfile.read(speak(label, tmp_path / "word.wav"), dtype="float32")
        pieces.append(samples)
    path = tmp_path / "count.wav"
    one_after_the_other(pieces, rate, path)
    settings = RunSettings(target, "spoken_digits", transport=Transport.GRPC_STREAM)
    heard = [word.label for word in words(settings, path)]
    assert len(heard) == len(set(heard)) >= 9
    assert heard == sorted(heard, key=DIGIT_LABELS.index)


def test_noise_says_no_words(target: Target, tmp_path: Path) -> None:
    path = tmp_path / "noise.wav"
    noise = np.random.default_rng(1).normal(0, 0.1, 20 * RATE)
    soundfile.write(path, noise.astype(np.float32), RATE)
    assert words(RunSettings(target, "spoken_digits"), path) == []
