"""Blocks of sound become the windows a model asked for, at its rate and with true times."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.samples import AudioBlock, WindowGrid
from backend.profiles.model_profile import AudioFormat
from backend.session.run.windower import Windower

SOUND = AudioFormat(rate=16_000, window_s=0.05, hop_s=0.02)


def blocks(samples: np.ndarray, rate: int, size: int) -> list[AudioBlock]:
    return [
        AudioBlock(
            seq=n,
            captured_ns=int((start + len(samples[start : start + size])) / rate * 1e9),
            samples=samples[start : start + size],
            rate=rate,
            media_time_s=start / rate,
        )
        for n, start in enumerate(range(0, len(samples), size))
    ]


@given(length=st.integers(0, 6000), size=st.integers(1, 2000))
def test_windows_do_not_depend_on_how_the_sound_was_cut(length: int, size: int) -> None:
    samples = np.arange(length, dtype=np.float32)
    windower = Windower(SOUND)
    windows = [w for block in blocks(samples, 16_000, size) for w in windower.push(block)]
    whole = max(0, 1 + (length - SOUND.window) // SOUND.hop) if length >= SOUND.window else 0
    assert len(windows) == whole
    for number, window in enumerate(windows):
        start = number * SOUND.hop
        assert np.array_equal(window.samples, samples[start : start + SOUND.window])
        assert window.media_time_s is not None
        assert abs(window.media_time_s - start / 16_000) < 1e-9
        assert abs(window.captured_ns - (start + SOUND.window) / 16_000 * 1e9) < 1e3
    tail = windower.flush()
    shown = (whole - 1) * SOUND.hop + SOUND.window if whole else 0
    assert len(tail) == (1 if length > shown else 0)
    for window in tail:
        start = whole * SOUND.hop
        kept = samples[start:]
        assert np.array_equal(window.samples[: len(kept)], kept)
        assert not window.samples[len(kept) :].any()


def test_a_tone_keeps_its_pitch_through_resampling() -> None:
    rate = 44_100
    tone = np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32)
    windower = Windower(AudioFormat(16_000, 0.5, 0.25))
    windows = [w for block in blocks(tone, rate, 1024) for w in windower.push(block)]
    spectrum = np.abs(np.fft.rfft(windows[1].samples * np.hanning(8000)))
    assert abs(int(spectrum.argmax()) * 2 - 440) <= 2
    assert 0.9 < np.abs(windows[1].samples).max() < 1.1


def test_a_new_rate_starts_over_without_mixing() -> None:
    windower = Windower(SOUND)
    windower.push(AudioBlock(0, 0, np.ones(700, np.float32), 16_000))
    mixed = windower.push(AudioBlock(1, 0, np.zeros(4800, np.float32), 48_000))
    assert mixed
    assert not any(window.samples.any() for window in mixed)


@given(length=st.integers(1, 6000), size=st.integers(1, 2000))
def test_with_a_margin_every_sample_comes_to_the_middle_of_a_window(length: int, size: int) -> None:
    sound = AudioFormat(rate=16_000, window_s=0.05, hop_s=0.02, margin_s=0.025)
    samples = np.arange(1, length + 1, dtype=np.float32)
    windower = Windower(sound)
    windows = [w for block in blocks(samples, 16_000, size) for w in windower.push(block)]
    windows += windower.flush()
    padded = np.pad(samples, (sound.margin, sound.margin + sound.window))
    for number, window in enumerate(windows):
        start = number * sound.hop
        assert np.array_equal(window.samples, padded[start : start + sound.window])
        assert window.media_time_s is not None
        assert abs(window.media_time_s - (start - sound.margin) / 16_000) < 1e-9
        end = start - sound.margin + sound.window
        assert abs(window.captured_ns - end / 16_000 * 1e9) < 1e3
    middle = (len(windows) - 1) * sound.hop - sound.margin + sound.window // 2
    assert abs(middle - length) <= sound.hop


def test_no_window_shows_sound_from_two_places_of_a_file() -> None:
    samples = np.arange(8000, dtype=np.float32)
    windower, parts = Windower(SOUND), blocks(samples, 16_000, 500)
    windows = [w for block in (*parts[:3], *parts[9:14]) for w in windower.push(block)]
    for window in windows:
        assert np.array_equal(np.diff(window.samples), np.ones(SOUND.window - 1))
        assert window.media_time_s is not None
        assert window.samples[0] == round(window.media_time_s * 16_000)
    assert windows[-1].samples[0] >= 9 * 500


def test_a_loop_goes_on_without_a_gap() -> None:
    parts = blocks(np.arange(2000, dtype=np.float32), 16_000, 500)
    windower = Windower(SOUND)
    windows = [w for block in (*parts, *parts) for w in windower.push(block)]
    assert len(windows) == 1 + (4000 - SOUND.window) // SOUND.hop


def test_moments_are_those_of_the_last_samples_whatever_the_resampler_keeps_back() -> None:
    windower = Windower(SOUND)
    sound = np.random.default_rng(1).uniform(-1, 1, 48_000).astype(np.float32)
    windows = [w for block in blocks(sound, 48_000, 1536) for w in windower.push(block)]
    assert len(windows) > 10
    for number, window in enumerate(windows):
        end = number * SOUND.hop + SOUND.window
        assert abs(window.captured_ns - end / SOUND.rate * 1e9) < 1e3


def test_a_jump_to_the_start_begins_anew_too() -> None:
    parts = blocks(np.arange(2000, dtype=np.float32), 16_000, 500)
    windower = Windower(SOUND)
    first = [w for block in parts for w in windower.push(block)]
    again = replace(parts[0], follows=False)
    second = [w for block in (again, *parts[1:]) for w in windower.push(block)]
    assert [w.samples[0] for w in first] == [w.samples[0] for w in second]


@pytest.mark.parametrize("rate", [16_000, 48_000])
@pytest.mark.parametrize("margin_s", [0.0, 0.013])
def test_sound_that_was_cut_before_is_cut_into_the_same_windows(rate: int, margin_s: float) -> None:
    form = AudioFormat(16_000, window_s=0.1, hop_s=0.03, margin_s=margin_s)
    sound = np.random.default_rng(2).uniform(-1, 1, rate).astype(np.float32)
    parts = blocks(sound, rate, rate // 50)
    windower = Windower(form)
    whole = {w.captured_ns: w for block in parts for w in windower.push(block)}
    for first in (0, 1, 7):
        began_s = first / 50
        starts = [w.captured_ns / 1e9 - form.window_s - began_s for w in whole.values()]
        start_s = next(each for each in starts if each > -form.window_s)
        grid = WindowGrid(start_s, form.window, form.rate)
        anew = Windower(form)
        begun = replace(parts[first], follows=False, grid=grid)
        cut = [w for block in (begun, *parts[first + 1 :]) for w in anew.push(block)]
        assert len(cut) > 20
        for window in cut:
            moment = min(whole, key=lambda each: abs(each - window.captured_ns))
            assert abs(moment - window.captured_ns) < 1e3
            assert whole[moment].media_time_s == pytest.approx(window.media_time_s)
            if window.captured_ns / 1e9 > began_s + 2 * form.window_s:  # it has settled
                assert np.allclose(whole[moment].samples, window.samples, atol=1e-4)


def test_a_grid_of_windows_of_another_length_says_nothing() -> None:
    block = blocks(np.ones(4000, np.float32), 16_000, 4000)[0]
    grid = WindowGrid(0.01, SOUND.window + 1, SOUND.rate)
    assert Windower(SOUND).push(replace(block, grid=grid))[0].media_time_s == 0
