"""Every scene as the network sees it, kept in a folder, since making them takes longest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.core.tensors import Array
from backend.models.bundled.spoken_digits import FRONT_END
from training.spoken_digits import espeak
from training.spoken_digits.corpus import RATE, Utterance
from training.spoken_digits.scenes import SceneMaker

MADE = "made"
"""The speaker of scenes in which no recorded digit is."""


@dataclass(frozen=True, slots=True, eq=False)
class Scenes:
    """Spectrograms float16 [n, mels, frames], classes float16 [n, 11], and who speaks in each."""

    spectrograms: Array
    classes: Array
    speakers: Array

    def without(self, speaker: str) -> Scenes:
        """Those in which that one is not heard."""
        kept = self.speakers != speaker
        return Scenes(self.spectrograms[kept], self.classes[kept], self.speakers[kept])


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many scenes are made of each recording, and of what else."""

    of_each_recording: int = 7
    parts_of_each_recording: int = 1
    rounds_of_espeak: int = 1
    of_each_espeak: int = 1
    other_words: int = 3_000
    of_each_other_word: int = 2
    talk: int = 2_500
    no_speech: int = 2_500


def spectrogram(samples: Array) -> Array:
    """What the served model computes for its network: [mels, frames]."""
    return FRONT_END.numbers(samples, RATE)


def scenes(
    folder: Path, recorded: Sequence[Utterance], talk: Array, amounts: Amounts, seed: int
) -> Scenes:
    """Those kept in the folder, or new ones, which are then kept there."""
    path = folder / "scenes.npz"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        made = _collected(_made(recorded, talk, amounts, np.random.default_rng(seed)))
        np.savez(
            path,
            spectrograms=made.spectrograms,
            classes=made.classes,
            speakers=made.speakers,
        )
    kept = np.load(path)
    return Scenes(kept["spectrograms"], kept["classes"], kept["speakers"])


def _made(
    recorded: Sequence[Utterance], talk: Array, amounts: Amounts, rng: np.random.Generator
) -> Iterator[tuple[Array, Array, str]]:
    others = list(espeak.other_words(rng, amounts.other_words))
    digits = list(espeak.digits(rng, amounts.rounds_of_espeak))
    maker = SceneMaker(rng, others, talk)
    for word, neighbours, times in (
        *_with_own_speaker(recorded, amounts.of_each_recording),
        *((word, digits, amounts.of_each_espeak) for word in digits),
        *((word, digits, amounts.of_each_other_word) for word in others),
    ):
        speaker = word.speaker if neighbours is not digits else MADE
        for _ in range(times):
            yield *maker.of_word(word, neighbours), speaker
    for word in recorded:
        for _ in range(amounts.parts_of_each_recording):
            yield *maker.of_part(word), word.speaker
    for word in digits[::4]:
        yield *maker.of_part(word), MADE
    for _ in range(amounts.talk):
        yield *maker.of_talk(), MADE
    for _ in range(amounts.no_speech):
        yield *maker.of_no_speech(), MADE


def _with_own_speaker(
    recorded: Sequence[Utterance], times: int
) -> Iterator[tuple[Utterance, Sequence[Utterance], int]]:
    """Each with its speaker's other words, so that a scene without a speaker can be chosen."""
    own: dict[str, list[Utterance]] = {}
    for word in recorded:
        own.setdefault(word.speaker, []).append(word)
    for word in recorded:
        yield word, own[word.speaker], times


def _collected(made: Iterable[tuple[Array, Array, str]]) -> Scenes:
    spectrograms, classes, speakers = [], [], []
    for samples, wanted, speaker in made:
        spectrograms.append(spectrogram(samples).astype(np.float16))
        classes.append(wanted.astype(np.float16))
        speakers.append(speaker)
    return Scenes(np.stack(spectrograms), np.stack(classes), np.array(speakers))
