"""Tone, sweep and noise: continuous sound of known pitch, in even blocks."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from backend.core.errors import UsageError
from backend.core.samples import AudioBlock, MediaKind
from backend.core.tensors import Array
from backend.sources.generated.tone import Tone


def sound(tone: Tone, first: int, count: int) -> Array:
    return np.concatenate([tone.samples(seq) for seq in range(first, first + count)])


def measured_hz(samples: Array, rate: int) -> float:
    """Frequency from the first to the last rising zero crossing, interpolated."""
    rising = np.nonzero((samples[:-1] < 0) & (samples[1:] >= 0))[0]
    exact = rising + samples[rising] / (samples[rising] - samples[rising + 1])
    return float((len(exact) - 1) * rate / (exact[-1] - exact[0]))


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_a_tone_has_its_frequency_even_after_a_day(rate: int) -> None:
    tone = Tone("tone", frequency_hz=440.0, rate=rate)
    for first in (0, 86_400 * 50):
        samples = sound(tone, first, 50)
        assert samples.dtype == np.float32
        assert measured_hz(samples, rate) == pytest.approx(440.0, abs=0.01)
        assert np.abs(samples).max() == pytest.approx(0.5, abs=0.01)


def test_a_sweep_rises_and_falls_without_a_jump() -> None:
    sweep = Tone("sweep", rate=16_000)
    samples = sound(sweep, 0, 50 * 17)  # a whole period of 16 s and the next one's start
    steepest = 2 * np.pi * 1280 / 16_000 * 0.5
    assert np.abs(np.diff(samples)).max() <= steepest * 1.001
    for second in (1, 4, 7, 9, 12, 15, 16.5):
        part = samples[int((second - 0.05) * 16_000) : int((second + 0.05) * 16_000)]
        assert measured_hz(part, 16_000) == pytest.approx(sweep.frequency_hz(second), rel=0.01)
    assert sweep.frequency_hz(0) == pytest.approx(80)
    assert sweep.frequency_hz(8) == pytest.approx(1280)


def test_noise_is_white_and_repeatable() -> None:
    noise = Tone("noise", seed=3)
    samples = sound(noise, 0, 100)
    assert np.array_equal(samples, sound(Tone("noise", seed=3), 0, 100))
    assert not np.array_equal(noise.samples(0), noise.samples(1))
    assert samples.std() == pytest.approx(0.1, rel=0.02)
    power = np.abs(np.fft.rfft(samples)) ** 2
    halves = power[1 : len(power) // 2].sum(), power[len(power) // 2 :].sum()
    assert halves[0] == pytest.approx(halves[1], rel=0.05)
    assert noise.frequency_hz(1.0) is None


def test_blocks_are_numbered_timed_and_20_ms_long() -> None:
    tone, stop = Tone(), threading.Event()
    info = tone.open(stop)
    assert (info.kind, info.live, info.rate, info.name) == (MediaKind.AUDIO, True, 48_000, "Tone")
    blocks = [tone.read(stop) for _ in range(4)]
    tone.close()
    taken = [block for block in blocks if isinstance(block, AudioBlock)]
    assert [block.seq for block in taken] == [0, 1, 2, 3]
    assert {len(block.samples) for block in taken} == {960}
    times = [block.captured_ns for block in taken]
    assert times == sorted(times)
    stop.set()
    assert tone.read(stop) is None


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"kind": "chirp"}, "Expected one of tone, sweep, noise, got 'chirp'"),
        ({"rate": 4_000}, "got 4000"),
        ({"frequency_hz": 0.0}, "below 24000 Hz, got 0"),
        ({"frequency_hz": 24_000.0}, "got 24000"),
    ],
)
def test_impossible_sounds_are_refused(wanted: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Tone(**wanted)  # type: ignore[arg-type]
