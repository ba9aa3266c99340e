"""Writes what was measured into the model card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.core.tensors import Array
from training.spoken_digits.corpus import NAMES
from training.spoken_digits.measure import Heard

CARD = Path(__file__).with_name("MODEL_CARD.md")
_BEGIN, _END = "<!-- measured -->", "<!-- end of measured -->"
_CONFUSIONS = 8
_HEAD = (
    "| speaker left out | right | said in a stream | heard once, right | wrong | missed | "
    "heard beyond that | false alarms a minute |"
)


@dataclass(frozen=True, slots=True, eq=False)
class SpeakerResult:
    """One speaker, by a network that has not heard this speaker.

    `confusion` is counts [10, 11]; the last column is "nothing".
    """

    speaker: str
    confusion: Array
    stream: Heard
    false_alarms_per_minute: float

    @property
    def accuracy(self) -> float:
        """Part of the recordings for which the right digit came first."""
        return float(np.trace(self.confusion) / self.confusion.sum())


@dataclass(frozen=True, slots=True)
class Outcome:
    """Every speaker, and the network that ships."""

    speakers: tuple[SpeakerResult, ...]
    false_alarms_per_minute: float
    onnx_difference: float


def write(outcome: Outcome, size: int, parameters: int) -> None:
    """Put the tables between the marks in the model card."""
    text = CARD.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    tables = "\n".join(_lines(outcome, size, parameters))
    CARD.write_text(f"{before}{_BEGIN}\n\n{tables}\n\n{_END}{after}", encoding="utf-8")
    print(tables, flush=True)


def _lines(outcome: Outcome, size: int, parameters: int) -> list[str]:
    speakers = outcome.speakers
    mean = float(np.mean([each.accuracy for each in speakers]))
    lines = [_HEAD, "|---" * _HEAD.count(" | ") + "|---|"]
    for each in speakers:
        stream = each.stream
        lines.append(
            f"| {each.speaker} | {each.accuracy:.1%} | {stream.said} | {stream.right} | "
            f"{stream.wrong} | {stream.missed} | {stream.extra} | "
            f"{each.false_alarms_per_minute:.1f} |"
        )
    worst = min(speakers, key=lambda each: each.accuracy)
    shipped = (
        f"The network that ships, which has heard all five: {parameters:,} weights, "
        f"{size:,} bytes; {outcome.false_alarms_per_minute:.1f} false alarms a minute on the half "
        "of the conversation that it has not heard. Its ONNX file differs from it by at most "
        f"{outcome.onnx_difference:.0e}."
    )
    mean_and_worst = (
        f"Mean of the speakers: **{mean:.1%}**; the worst is {worst.speaker} with "
        f"{worst.accuracy:.1%}."
    )
    mistakes = f"Most frequent mistakes with an unheard speaker: {_mistakes(speakers)}."
    return [*lines, "", mean_and_worst, "", shipped, "", mistakes]


def _mistakes(speakers: tuple[SpeakerResult, ...]) -> str:
    total = np.sum([each.confusion for each in speakers], axis=0)
    np.fill_diagonal(total, 0)
    order = np.argsort(total, axis=None)[::-1][:_CONFUSIONS]
    names = (*NAMES, "nothing")
    found = []
    for place in order:
        digit, answer = np.unravel_index(place, total.shape)
        count = int(total[digit, answer])
        if count:
            found.append(f"{names[digit]} as {names[answer]} ({count})")
    return ", ".join(found) or "none"
