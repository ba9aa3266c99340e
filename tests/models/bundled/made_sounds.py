"""Sounds that are no speech, made at random: noise, and notes as instruments play them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backend.core.tensors import Array

RATE = 16_000
_MAJOR, _MINOR, _SEVENTH, _FIFTH = (0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 7, 12)


def coloured_noise(random: np.random.Generator, length: int, slope: float) -> Array:
    """Noise whose power falls with frequency to that power, with standard deviation 1."""
    spectrum = np.fft.rfft(random.normal(0, 1, length))
    noise = np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 1) ** (slope / 2), length)
    return np.asarray(noise / noise.std())


def note(random: np.random.Generator, frequency: float, length: int, style: str) -> Array:
    """One note: held as by an organ or strings, or plucked; with or without vibrato."""
    seconds = np.arange(length) / RATE
    vibrato = (
        0.006 * np.sin(2 * np.pi * random.uniform(4, 7) * seconds) if style == "strings" else 0
    )
    phase = 2 * np.pi * np.cumsum(frequency * (1 + vibrato * np.ones(length))) / RATE
    slope = random.uniform(0.7, 2.0)
    partials = range(1, max(2, min(16, int(7500 / frequency))))
    sound = np.zeros(length)
    for n in partials:
        fade = np.exp(-seconds * random.uniform(2, 6) * n**0.5) if style == "plucked" else 1.0
        sound += fade * np.sin(n * phase + random.uniform(0, 6)) / n**slope
    rise = np.minimum(1, np.arange(length) / (RATE * random.uniform(0.003, 0.05)))
    fall = np.minimum(1, np.arange(length)[::-1] / (RATE * random.uniform(0.01, 0.05)))
    return np.asarray(sound * rise * fall)


def chords(random: np.random.Generator, length: int) -> Array:
    """Chords of three or four notes, each held for 0.12 to 1 s, one after the other."""
    style = str(random.choice(["organ", "strings", "plucked"]))
    return _played(random, length, style, many=True, shortest=0.12, longest=1.0)


def melody(random: np.random.Generator, length: int) -> Array:
    """Single notes of 0.1 to 0.5 s."""
    style = str(random.choice(["organ", "strings", "plucked"]))
    return _played(random, length, style, many=False, shortest=0.1, longest=0.5)


def band(random: np.random.Generator, length: int) -> Array:
    """Chords, a melody, and drums on the beat."""
    beats = np.zeros(length)
    every = int(RATE * random.uniform(0.2, 0.5))
    for start in range(int(random.integers(0, every)), length, every):
        part = min(4000, length - start)
        beats[start : start + part] += random.normal(0, 1, part) * np.exp(-np.arange(part) / 600)
    sounds = [chords(random, length), melody(random, length), beats]
    return np.asarray(sum(random.uniform(0.2, 1) * s / np.abs(s).max() for s in sounds))


def tremolo(random: np.random.Generator, length: int) -> Array:
    """A held chord that swells 3 to 8 times a second, as speech does."""
    seconds = np.arange(length) / RATE
    held = _played(random, length, "organ", many=True, shortest=5.0, longest=6.0)
    depth = random.uniform(0.5, 1.0)
    swell = 1 + depth * np.sin(2 * np.pi * random.uniform(3, 8) * seconds + random.uniform(0, 6))
    return np.asarray(held * swell)


def _played(
    random: np.random.Generator,
    length: int,
    style: str,
    *,
    many: bool,
    shortest: float,
    longest: float,
) -> Array:
    sound, start = np.zeros(length), -int(random.integers(0, RATE // 4))
    while start < length:
        lasts = int(RATE * random.uniform(shortest, longest))
        root = 110 * 2 ** (random.integers(0, 30) / 12)
        steps = [_MAJOR, _MINOR, _SEVENTH, _FIFTH][random.integers(4)] if many else (0,)
        played = sum(note(random, root * 2 ** (s / 12), lasts, style) for s in steps)
        first, last = max(start, 0), min(start + lasts, length)
        if last > first:
            sound[first:last] += np.asarray(played)[first - start : last - start]
        start += lasts
    return sound


MUSIC: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "chords": chords,
    "melodies": melody,
    "a band": band,
    "tremolo": tremolo,
}
