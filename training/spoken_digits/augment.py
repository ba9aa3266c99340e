"""Changes sound as voices, rooms, microphones and lines do."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import soxr

from backend.core.tensors import Array
from training.spoken_digits.corpus import RATE

_FRAME, _HOP = 256, 64
_QUIET = 1e-6


def other_voice(samples: Array, rng: np.random.Generator) -> Array:
    """The same word at another pitch, at another speed, and from another length of throat."""
    pitch, speed, throat = np.exp(rng.uniform(-1, 1, 3) * np.log([1.3, 1.3, 1.2]))
    if rng.random() < 0.4 or len(samples) < 4 * _FRAME:
        return np.asarray(soxr.resample(samples, RATE * throat, RATE), np.float32)
    shifted = soxr.resample(samples, RATE * pitch, RATE)
    return _vocoded(shifted, step=speed / pitch, throat=throat / pitch)


def in_a_room(samples: Array, rng: np.random.Generator) -> Array:
    """With the reverberation of a made room: noise that falls by 60 dB within 0.08 to 0.6 s."""
    fall_s = rng.uniform(0.08, 0.6)
    times = np.arange(round(fall_s * RATE)) / RATE
    response = rng.standard_normal(len(times)) * np.exp(-6.9 * times / fall_s)
    response *= rng.uniform(0.05, 0.6) / np.sqrt(np.sum(response**2))
    response[: round(rng.uniform(0, 0.004) * RATE)] = 0
    response[0] = 1
    return _filtered(samples, np.fft.rfft(response, _length(samples, response)))


def equalised(samples: Array, rng: np.random.Generator) -> Array:
    """Through another microphone: up to 12 dB more or less, changing smoothly with frequency."""
    size = _length(samples, np.zeros(1))
    octaves = np.log2(np.maximum(np.fft.rfftfreq(size, 1 / RATE), 30.0))
    knots = np.linspace(octaves[0], octaves[-1], 6)
    gain_db = np.interp(octaves, knots, rng.uniform(-12, 12, len(knots)))
    return _filtered(samples, 10 ** (gain_db / 20))


def telephone(samples: Array, rng: np.random.Generator) -> Array:
    """Only 300 to 3400 Hz, about."""
    size = _length(samples, np.zeros(1))
    frequencies = np.fft.rfftfreq(size, 1 / RATE)
    low, high = rng.uniform(150, 400), rng.uniform(2600, 3600)
    gain = 1 / (1 + (low / np.maximum(frequencies, 1)) ** 6) / (1 + (frequencies / high) ** 12)
    return _filtered(samples, gain)


def distorted(samples: Array, rng: np.random.Generator) -> Array:
    """Too loud for its amplifier, or so quiet that its steps are heard."""
    peak = float(np.abs(samples).max(initial=_QUIET))
    if rng.random() < 0.5:
        return np.asarray(np.tanh(samples / peak * rng.uniform(1.5, 6)), np.float32)
    steps = rng.uniform(12, 100)
    return np.asarray(np.round(samples / peak * steps) / steps, np.float32)


def noise(length: int, rng: np.random.Generator) -> Array:
    """Noise of any colour from brown to violet, some of it in bursts; a deviation of 1."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    frequencies = np.maximum(np.fft.rfftfreq(length, 1 / RATE), 20.0)
    made = np.fft.irfft(spectrum * frequencies ** rng.uniform(-1.2, 0.6), length)
    if rng.random() < 0.3:
        knots = np.exp(rng.normal(0, 0.8, max(2, length // 800)))
        made *= np.interp(np.linspace(0, 1, length), np.linspace(0, 1, len(knots)), knots)
    return np.asarray(made / max(float(made.std()), _QUIET), np.float32)


def hum(length: int, rng: np.random.Generator) -> Array:
    """Mains hum with its harmonics; a deviation of 1."""
    times = np.arange(length) / RATE
    base = rng.choice([50.0, 60.0, 100.0, 120.0])
    made = sum(
        rng.random() / k * np.sin(2 * np.pi * (base * k * times + rng.random()))
        for k in range(1, 8)
    )
    return np.asarray(made / max(float(np.std(made)), _QUIET), np.float32)


def music(length: int, rng: np.random.Generator) -> Array:
    """Notes and chords with harmonics, plucked or held, in any rhythm; a deviation of 1."""
    made = np.zeros(length)
    times = np.arange(length) / RATE
    for _ in range(int(rng.integers(1, 7))):
        start = rng.uniform(-0.5, 0.9)
        inside = np.maximum(times - start, 0)
        fall = np.exp(-inside * rng.uniform(0.5, 12)) * (times >= start)
        fall *= np.minimum(inside / rng.uniform(0.002, 0.1), 1)
        vibrato = rng.uniform(0, 0.5) * np.sin(2 * np.pi * rng.uniform(3, 8) * times)
        frequency = 55 * 2 ** (rng.integers(0, 54) / 12)
        for harmonic in range(1, int(rng.integers(2, 10))):
            if frequency * harmonic < RATE / 2:
                phase = 2 * np.pi * frequency * harmonic * times + vibrato * harmonic
                made += fall * rng.random() / harmonic * np.sin(phase)
    return np.asarray(made / max(float(made.std()), _QUIET), np.float32)


def clicks(length: int, rng: np.random.Generator) -> Array:
    """Knocks, taps and keys: short bursts of filtered noise; a deviation of 1."""
    made = np.zeros(length)
    for _ in range(int(rng.integers(1, 8))):
        size = int(rng.integers(40, 1200))
        start = int(rng.integers(0, length))
        burst = rng.standard_normal(size) * np.exp(-np.arange(size) / size * rng.uniform(3, 9))
        smooth = int(rng.integers(1, 12))
        burst = np.convolve(burst, np.ones(smooth) / smooth, "same")[: length - start]
        made[start : start + len(burst)] += burst * rng.uniform(0.2, 1)
    return np.asarray(made / max(float(made.std()), _QUIET), np.float32)


def _vocoded(samples: Array, step: float, throat: float) -> Array:
    """A phase vocoder: `step` times as fast, its spectrum's envelope stretched by `throat`.

    J. L. Flanagan and R. M. Golden, "Phase vocoder", Bell System Technical Journal 45, 1966.
    """
    window = np.hanning(_FRAME + 1)[:-1].astype(np.float32)
    pieces = np.lib.stride_tricks.sliding_window_view(np.pad(samples, _FRAME), _FRAME)[::_HOP]
    spectra = np.fft.rfft(pieces * window, axis=1)
    places = np.arange(0, len(spectra) - 1, step)
    before = places.astype(int)
    part = (places - before)[:, np.newaxis].astype(np.float32)
    strengths, angles = np.abs(spectra), np.angle(spectra)
    turns = (angles[1:] - angles[:-1])[before]
    turns[0] = angles[0]
    phases = np.cumsum(turns, axis=0)
    sizes = (1 - part) * strengths[before] + part * strengths[before + 1]
    envelopes = np.log(sizes + np.float32(_QUIET)) @ _smoothing()
    moved = envelopes @ _stretching(round(throat, 2))
    sizes *= np.exp(np.clip(moved - envelopes, -4, 4))
    frames = np.fft.irfft(sizes * np.exp(np.complex64(1j) * phases), axis=1) * window
    made = np.zeros((len(frames) + 3, _HOP), np.float32)
    for quarter in range(4):
        made[quarter : quarter + len(frames)] += frames[:, quarter * _HOP : (quarter + 1) * _HOP]
    edge = round(_FRAME / step)
    return made.reshape(-1)[edge:-edge] / np.float32(1.5)


@lru_cache(maxsize=128)
def _stretching(throat: float) -> Array:
    """Moves what is in each bin to one `throat` times as high: [bins, bins]."""
    bins = np.arange(_FRAME // 2 + 1)
    identity = np.eye(len(bins))
    return np.stack([np.interp(bins / throat, bins, row) for row in identity]).astype(np.float32)


@lru_cache(maxsize=1)
def _smoothing() -> Array:
    """Averages each bin of a spectrum with those within 150 Hz: [bins, bins]."""
    bins = np.arange(_FRAME // 2 + 1)
    near = np.maximum(0, 6 - np.abs(bins[:, np.newaxis] - bins))
    return np.asarray(near / near.sum(axis=0), np.float32)


def _filtered(samples: Array, response: Array) -> Array:
    size = 2 * (len(response) - 1)
    return np.asarray(
        np.fft.irfft(np.fft.rfft(samples, size) * response, size)[: len(samples)], np.float32
    )


def _length(samples: Array, response: Array) -> int:
    """A length that can be transformed quickly and holds both."""
    return 1 << (len(samples) + len(response) - 1).bit_length()
