"""What a network recognises: single recordings, streams of them, and talk without digits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from backend.core.peaks import PeakPicker
from backend.core.tensors import Array
from training.spoken_digits.corpus import AUDIO, NAMES, RATE, Utterance, shortened
from training.spoken_digits.features import spectrogram
from training.spoken_digits.scenes import NOTHING, WINDOW

_NEAR_S = 0.6
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Heard:
    """Words of a stream: said, heard once and rightly, heard wrongly, and heard beyond that."""

    said: int
    right: int
    wrong: int
    missed: int
    extra: int


def probabilities(network: nn.Module, windows: Sequence[Array]) -> Array:
    """float [n, 11] of windows of one second; `network` gives probabilities, as the shipped one."""
    found = []
    with torch.no_grad():
        for start in range(0, len(windows), _BATCH):
            batch = np.stack([spectrogram(window) for window in windows[start : start + _BATCH]])
            found.append(network(torch.from_numpy(batch)[:, None]).numpy())
    return np.concatenate(found)


def confusion(network: nn.Module, words: Sequence[Utterance]) -> Array:
    """How often each digit [10] was taken for each class [11], every word alone in its window."""
    found = probabilities(network, [_alone(word.samples) for word in words]).argmax(axis=1)
    counts = np.zeros((NOTHING, NOTHING + 1), int)
    for word, answer in zip(words, found, strict=True):
        counts[word.digit, answer] += 1
    return counts


def heard_in_stream(network: nn.Module, words: Sequence[Utterance], seed: int) -> Heard:
    """The words one after the other, with pauses of 0.3 to 1.2 s and a little noise."""
    rng = np.random.default_rng(seed)
    pieces, said, length = [np.zeros(RATE, np.float32)], [], RATE
    for place in rng.permutation(len(words)):
        samples = words[place].samples / np.float32(max(float(words[place].samples.std()), 1e-6))
        said.append(((length + len(samples) / 2) / RATE, words[place].digit))
        pause = np.zeros(round(rng.uniform(0.3, 1.2) * RATE), np.float32)
        pieces += [samples, pause]
        length += len(samples) + len(pause)
    stream = np.concatenate([*pieces, np.zeros(RATE, np.float32)])
    stream += rng.standard_normal(len(stream)).astype(np.float32) * 0.01
    return _compared(said, events(network, stream))


def events(network: nn.Module, stream: Array) -> list[tuple[float, int]]:
    """Time in seconds, and digit, of every word heard in a stream, as the application hears it."""
    starts = range(0, len(stream) - WINDOW + 1, AUDIO.hop)
    found = probabilities(network, [stream[start : start + WINDOW] for start in starts])
    picker = PeakPicker()
    peaks = []
    for start, row in zip(starts, found, strict=True):
        scores = {NAMES[digit]: float(row[digit]) for digit in range(NOTHING)}
        peaks.append(picker.add((start + WINDOW / 2) / RATE, scores))
    peaks.append(picker.finish())
    return [(peak.at_s, NAMES.index(peak.label)) for peak in peaks if peak is not None]


def false_alarms_per_minute(network: nn.Module, talk: Array) -> float:
    """Words heard where no digit is said."""
    return len(events(network, talk)) / (len(talk) / RATE / 60)


def _compared(said: Sequence[tuple[float, int]], heard: Sequence[tuple[float, int]]) -> Heard:
    """Each word heard belongs to the nearest said, within 0.6 s."""
    counts: Counter[str] = Counter()
    times = np.array([at_s for at_s, _ in said])
    of_word: dict[int, list[int]] = {}
    for at_s, digit in heard:
        nearest = int(np.abs(times - at_s).argmin())
        if abs(times[nearest] - at_s) > _NEAR_S:
            counts["extra"] += 1
        else:
            of_word.setdefault(nearest, []).append(digit)
    for place, (_, digit) in enumerate(said):
        answers = of_word.get(place, [])
        if not answers:
            counts["missed"] += 1
        elif digit in answers:
            counts["right"] += 1
        else:
            counts["wrong"] += 1
        counts["extra"] += max(0, len(answers) - 1)
    return Heard(len(said), *(counts[key] for key in ("right", "wrong", "missed", "extra")))


def _alone(samples: Array) -> Array:
    """In the middle of a window of silence."""
    word = shortened(samples)
    before = (WINDOW - len(word)) // 2
    return np.pad(word, (before, WINDOW - before - len(word)))
