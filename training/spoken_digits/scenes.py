"""Seconds of sound to learn from: words somewhere in a window, with what is around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.core.tensors import Array
from training.spoken_digits import augment
from training.spoken_digits.corpus import AUDIO, NAMES, OTHER, RATE, Utterance, shortened

WINDOW = AUDIO.window
NOTHING = len(NAMES)
"""The class of a window without a digit in its middle."""

_SURE_S, _GONE_S = 0.12, 0.26
_PARTS_APART_S = (0.02, 0.5)
_SPAN = 3 * WINDOW
_REVERSIBLE = (0, 2, 3, 4, 6, 7, 8)


class SceneMaker:
    """Puts utterances into windows of one second, each with its probability of every class.

    A digit counts in full while its middle is within 0.12 s of the window's, and not at all from
    0.26 s on, so that a stream of windows rises and falls once for each word.
    """

    def __init__(self, rng: np.random.Generator, others: Sequence[Utterance], talk: Array) -> None:
        self._rng = rng
        self._others = others
        self._talk = talk

    def of_word(self, word: Utterance, neighbours: Sequence[Utterance]) -> tuple[Array, Array]:
        """The word near the middle, some of the time between others: samples, classes [11]."""
        rng = self._rng
        samples = self._changed(word)
        middle = _SPAN / 2 + np.clip(rng.normal(0, 0.12), -0.45, 0.45) * RATE
        start = round(middle - len(samples) / 2)
        placed = [(start, samples, word.digit)]
        if rng.random() < 0.4:
            placed += self._around(start, start + len(samples), neighbours)
        return self._finished(*_laid_out(placed))

    def of_part(self, word: Utterance) -> tuple[Array, Array]:
        """What is no digit: half a digit, or a whole one backwards."""
        samples = self._changed(word)
        if word.digit in _REVERSIBLE and self._rng.random() < 0.4:
            samples = samples[::-1]
        else:
            half = round(len(samples) * self._rng.uniform(0.25, 0.5))
            samples = samples[:half] if self._rng.random() < 0.5 else samples[-half:]
        start = round(_SPAN / 2 - len(samples) / 2 + self._rng.uniform(-0.4, 0.4) * RATE)
        return self._finished(*_laid_out([(start, samples, OTHER)]))

    def of_talk(self) -> tuple[Array, Array]:
        """A second of the conversation, as it is or changed."""
        start = int(self._rng.integers(0, len(self._talk) - _SPAN))
        samples = self._talk[start : start + _SPAN]
        if self._rng.random() < 0.5:
            samples = _centred(augment.other_voice(samples, self._rng), _SPAN)
        return self._finished(samples, _only(NOTHING))

    def of_no_speech(self) -> tuple[Array, Array]:
        """Silence, noise, hum, knocks or music."""
        rng = self._rng
        kind = rng.random()
        if kind < 0.03:
            return np.zeros(WINDOW, np.float32), _only(NOTHING)
        if kind < 0.35:
            samples = augment.music(WINDOW, rng)
        elif kind < 0.6:
            samples = augment.clicks(WINDOW, rng)
        elif kind < 0.7:
            samples = augment.hum(WINDOW, rng)
        else:
            samples = augment.noise(WINDOW, rng)
        if rng.random() < 0.5:
            samples = samples + augment.noise(WINDOW, rng) * rng.uniform(0.01, 1)
        return self._finished(np.pad(samples, WINDOW), _only(NOTHING))

    def _changed(self, word: Utterance) -> Array:
        samples = word.samples
        if self._rng.random() < 0.8:
            samples = augment.other_voice(samples, self._rng)
        samples = shortened(samples)
        edge = min(40, len(samples) // 4)
        ramp = np.ones(len(samples), np.float32)
        ramp[:edge] = np.linspace(0, 1, edge)
        ramp[len(ramp) - edge :] = np.linspace(1, 0, edge)
        return samples * ramp / np.float32(max(float(samples.std()), 1e-6))

    def _around(
        self, start: int, end: int, neighbours: Sequence[Utterance]
    ) -> list[tuple[int, Array, int]]:
        """A word before, one after, or both, with pauses as in a number that is read out."""
        rng = self._rng
        placed = []
        sides = int(rng.integers(1, 4))
        for side in (1, 2):
            if not sides & side:
                continue
            among = neighbours if rng.random() < 0.6 else self._others
            word = among[int(rng.integers(len(among)))]
            samples = self._changed(word) * np.float32(rng.uniform(0.5, 1.6))
            pause = round(rng.uniform(*_PARTS_APART_S) * RATE)
            at = start - pause - len(samples) if side == 1 else end + pause
            placed.append((at, samples, word.digit))
        return placed

    def _finished(self, samples: Array, classes: Array) -> tuple[Array, Array]:
        """The middle second, through a room, a microphone, noise and a line."""
        rng = self._rng
        if rng.random() < 0.35:
            samples = augment.in_a_room(samples, rng)
        samples = samples[WINDOW : 2 * WINDOW]
        if rng.random() < 0.6:
            samples = augment.equalised(samples, rng)
        if rng.random() < 0.75:
            samples = samples + self._noise() * self._ratio(samples)
        if rng.random() < 0.12:
            samples = augment.telephone(samples, rng)
        if rng.random() < 0.12:
            samples = augment.distorted(samples, rng)
        return np.asarray(samples, np.float32), classes

    def _noise(self) -> Array:
        rng = self._rng
        kind = rng.random()
        if kind < 0.15:
            start = int(rng.integers(0, len(self._talk) - WINDOW))
            talk = self._talk[start : start + WINDOW]
            return talk / np.float32(max(float(talk.std()), 1e-3) * 2)
        if kind < 0.25:
            return augment.hum(WINDOW, rng)
        if kind < 0.35:
            return augment.music(WINDOW, rng)
        return augment.noise(WINDOW, rng)

    def _ratio(self, samples: Array) -> np.float32:
        """What noise of deviation 1 is multiplied with to be 3 to 45 dB below."""
        below_db = self._rng.uniform(3, 45)
        return np.float32(max(float(samples.std()), 1e-4) * 10 ** (-below_db / 20))


def _laid_out(placed: Sequence[tuple[int, Array, int]]) -> tuple[Array, Array]:
    """Three seconds with the words in their places, and what the middle second holds."""
    samples = np.zeros(_SPAN, np.float32)
    classes = np.zeros(NOTHING + 1, np.float32)
    for start, word, digit in placed:
        first, last = max(0, start), min(_SPAN, start + len(word))
        samples[first:last] += word[first - start : last - start]
        if digit != OTHER:
            away_s = abs(start + len(word) / 2 - _SPAN / 2) / RATE
            classes[digit] += np.clip((_GONE_S - away_s) / (_GONE_S - _SURE_S), 0, 1)
    classes[NOTHING] = max(0.0, 1.0 - float(classes[:NOTHING].sum()))
    return samples, classes / classes.sum()


def _only(index: int) -> Array:
    classes = np.zeros(NOTHING + 1, np.float32)
    classes[index] = 1
    return classes


def _centred(samples: Array, length: int) -> Array:
    missing = max(0, length - len(samples))
    padded = np.pad(samples, (missing // 2, missing - missing // 2))
    start = (len(padded) - length) // 2
    return padded[start : start + length]
