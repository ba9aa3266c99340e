"""Words from espeak-ng: every English accent with every variant of voice it has."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.core.errors import UsageError
from backend.core.tensors import Array
from training.spoken_digits.corpus import NAMES, OTHER, Utterance, at_rate

_HEADER_BYTES = 44
_RATE = 22_050
_TIMEOUT_S = 20
_SILENCE = 0.01
_MARGIN = 160

_WORDS = Path(__file__).with_name("other_words.txt")


@dataclass(frozen=True, slots=True)
class Voice:
    """An accent with a variant, words per minute, and pitch 0 to 99."""

    name: str
    speed: int
    pitch: int


def digits(rng: np.random.Generator, rounds: int) -> Iterator[Utterance]:
    """Each digit by each of all voices, `rounds` times at other speeds and pitches."""
    names = voices()
    for _ in range(rounds):
        for name in names:
            for digit, word in enumerate(NAMES):
                samples = spoken(word, _voice(name, rng))
                if samples.size:
                    yield Utterance(samples, digit, name)


def other_words(rng: np.random.Generator, count: int) -> Iterator[Utterance]:
    """Words that are no digits, a quarter of them near to one, and a quarter sentences."""
    names = voices()
    alike, common, sentences = _listed_words()
    kinds = (alike, common, sentences, common)
    for place in range(count):
        words = kinds[place % len(kinds)]
        word = words[int(rng.integers(len(words)))]
        name = names[int(rng.integers(len(names)))]
        samples = spoken(word, _voice(name, rng))
        if samples.size:
            yield Utterance(samples, OTHER, name)


def voices() -> list[str]:
    """Names such as `en-us+f3`; raises UsageError where espeak-ng is not installed."""
    accents = sorted(
        {row.split()[1] for row in _listing("en") if " gmw/" in row and "mb/" not in row.split()[4]}
    )
    variants = sorted({row.split("!v/")[1].split("  ")[0].strip() for row in _listing("variant")})
    usable = [variant.split(" (")[0] for variant in variants]
    return [f"{accent}+{variant}" for accent in accents for variant in ("", *usable)]


def spoken(text: str, voice: Voice) -> Array:
    """The sound of it at 8 kHz without the silence around it; empty if there is none."""
    name = voice.name.removesuffix("+")
    order = [_program(), "-v", name, "-s", str(voice.speed), "-p", str(voice.pitch), "--stdout"]
    wave = subprocess.run(
        [*order, text], check=True, stdout=subprocess.PIPE, timeout=_TIMEOUT_S
    ).stdout
    samples = np.frombuffer(wave[_HEADER_BYTES:], "<i2").astype(np.float32) / 32768
    return _trimmed(at_rate(samples, _RATE)) if samples.size else samples


def _listed_words() -> tuple[list[str], list[str], list[str]]:
    """Words like digits, common ones, and sentences."""
    parts = re.split(r"^#.*\n", _WORDS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    _, alike, common, sentences = parts
    return alike.split(), common.split(), sentences.strip().splitlines()


def _voice(name: str, rng: np.random.Generator) -> Voice:
    return Voice(name, int(rng.integers(110, 230)), int(rng.integers(10, 95)))


def _trimmed(samples: Array) -> Array:
    loud = np.flatnonzero(np.abs(samples) > _SILENCE * np.abs(samples).max(initial=1e-9))
    if not loud.size:
        return samples[:0]
    return samples[max(0, loud[0] - _MARGIN) : loud[-1] + _MARGIN]


def _listing(language: str) -> list[str]:
    text = subprocess.run(
        [_program(), f"--voices={language}"], check=True, capture_output=True, timeout=_TIMEOUT_S
    ).stdout.decode()
    return text.splitlines()[1:]


def _program() -> str:
    found = shutil.which("espeak-ng")
    if found is None:
        raise UsageError("espeak-ng is not installed.", hint="Install it, as with apt.")
    return found
