"""Digits spoken into a real microphone come out of a live run as words, each once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson
import pytest
import soundfile
import soxr

from backend.server.lifecycle.embedded import EmbeddedServer
from tests.embedded import server  # noqa: F401 - a fixture
from tests.real_sources import pulse_microphone, speak

_ROOT = Path(__file__).resolve().parents[3]
RATE = 16_000
SAID = ("seven", "three", "zero", "nine", "two", "five")


def spoken_apart(folder: Path) -> Path:
    """The digits by espeak-ng, half a second and more between them, over a quiet room."""
    rng = np.random.default_rng(2)
    pieces = [np.zeros(RATE, np.float32)]
    for word in SAID:
        samples, rate = soundfile.read(speak(word, folder / "word.wav"), dtype="float32")
        pieces += [soxr.resample(samples, rate, RATE), np.zeros(round(0.8 * RATE), np.float32)]
    sound = np.concatenate(pieces)
    path = folder / "spoken.wav"
    soundfile.write(path, sound + rng.normal(0, 5e-4, len(sound)), RATE)
    return path


@pytest.mark.sound
def test_digits_spoken_into_a_microphone_are_heard_once_each(
    server: EmbeddedServer,  # noqa: F811
    tmp_path: Path,
    program: Callable[[str], str],
) -> None:
    """At least half of them, in their order: a machine that is busy loses sound."""
    for name in ("pulseaudio", "paplay", "pactl", "espeak-ng"):
        program(name)
    with pulse_microphone(tmp_path) as microphone:
        child = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.gui.devices.words_probe"),
                *(server.rest_url, server.grpc_address, str(len(SAID))),
            ],
            cwd=_ROOT,
            env={**microphone.environment, "QT_QPA_PLATFORM": "offscreen"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        microphone.play(spoken_apart(tmp_path))
        out, _ = child.communicate(timeout=60)
    assert child.returncode == 0
    heard = orjson.loads(out)
    assert len(heard) == len(set(heard)) >= len(SAID) // 2
    assert heard == [word for word in SAID if word in heard]
