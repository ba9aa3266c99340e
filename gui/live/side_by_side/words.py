"""A comparison in words: what a side said, how far the two agree, which of them is faster."""

from __future__ import annotations

from pathlib import Path

from backend.core.predictions import (
    Classification,
    Detections,
    KeyPoints,
    Mask,
    Prediction,
    Predictions,
    Scalars,
    Tensors,
    Text,
)
from backend.core.samples import AudioWindow, Frame
from backend.side_by_side import Estimate, Figures, Outcome, Pair
from gui.widgets.language import count, marked, number, percent, tr

_KINDS = {
    Classification: marked("a classification"),
    Detections: marked("boxes"),
    KeyPoints: marked("key points"),
    Mask: marked("a mask"),
    Scalars: marked("numbers"),
    Tensors: marked("tensors"),
    Text: marked("text"),
}
_MOST_NAMED = 3
_LONGEST = 60


def said(outcome: Outcome) -> str:
    """What a side said of a sample, in a few words, or why it said nothing."""
    if outcome.predictions is None:
        return outcome.error
    return "; ".join(filter(None, map(_said, outcome.predictions))) or tr("nothing")


def agreement_words(pair: Pair) -> str:
    """How far the two agree on a sample."""
    if pair.agreement is None:
        return tr("unanswered")
    if pair.agreement.identical:
        return tr("identical")
    return _share(pair.agreement.value)


def nothing_in_common(pair: Pair) -> str:
    """That the two give different kinds of predictions, or ''."""
    if not pair.a.predictions or not pair.b.predictions:
        return ""
    ours, theirs = set(map(type, pair.a.predictions)), set(map(type, pair.b.predictions))
    if ours & theirs:
        return ""
    return tr(
        "No kind of prediction in common: A gives {a}, B gives {b}. Only their times are compared.",
        a=_kinds(pair.a.predictions),
        b=_kinds(pair.b.predictions),
    )


def overall(figures: Figures) -> str:
    """How far the newest pairs agree, and how many are identical."""
    if not figures.agreements:
        return ""
    mean = sum(figures.agreements) / len(figures.agreements)
    same = count(
        figures.pairs, "{same} of {n} identical", "{same} of {n} identical", same=figures.identical
    )
    return tr(
        "{mean} on average, {least} at least; {same}",
        mean=_share(mean),
        least=_share(min(figures.agreements)),
        same=same,
    )


def unpaired_words(samples: int) -> str:
    """How many samples only one of two recordings has."""
    return (
        count(
            samples,
            "{n} sample is in one of the recordings only.",
            "{n} samples are in one of the recordings only.",
        )
        if samples
        else ""
    )


def difference(estimate: Estimate, *, both_run: bool) -> str:
    """Which side is faster, with the interval of the paired difference; a slower run holds up."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return ""
    low, high = _ms(estimate.low), _ms(estimate.high)
    if estimate.low <= 0 <= estimate.high:
        return tr("Neither is faster beyond the noise ({low} to {high} ms)", low=low, high=high)
    slower, value = ("B", estimate.value) if estimate.value > 0 else ("A", -estimate.value)
    if slower == "A":
        low, high = _ms(-estimate.high), _ms(-estimate.low)
    values = {"slower": slower, "value": _ms(value), "low": low, "high": high}
    if both_run:
        return tr(
            "{slower} takes {value} ms longer ({low} to {high} ms) and sets the pace", **values
        )
    return tr("{slower} took {value} ms longer ({low} to {high} ms)", **values)


def place_of(pair: Pair, first_ns: int) -> str:
    """Where a sample is: the picture's name, or seconds in what is played or of the comparison."""
    sample = pair.sample
    if sample is not None and sample.media_time_s is None and Path(sample.name).suffix:
        return sample.name
    match sample:
        case None:
            seconds = None
        case Frame() if sample.played_s is not None:
            seconds = sample.played_s
        case Frame() | AudioWindow():
            seconds = sample.media_time_s
        case _:
            seconds = (sample.captured_ns - first_ns) / 1e9
    if seconds is None:
        seconds = (pair.number - first_ns) / 1e9
    return f"{number(seconds, 1)} s"


def _share(value: float) -> str:
    """A share that is not the whole never reads as the whole."""
    return percent(min(value, 0.999) if value < 1 else 1.0, 1)


def _ms(value: float) -> str:
    return number(value, 1 if abs(value) >= 1 else 2).replace("-", "−")


def _kinds(predictions: Predictions) -> str:
    return ", ".join(tr(_KINDS[type(each)]) for each in predictions)


def _said(prediction: Prediction) -> str:
    match prediction:
        case Detections(items):
            names = [f"{each.text or each.label} {number(each.score, 2)}" for each in items]
            return _named(names) if names else tr("no boxes")
        case Classification(classes):
            best = max(classes, key=lambda each: each.score, default=None)
            return f"{best.label} {number(best.score, 2)}" if best is not None else ""
        case Text(text):
            return " ".join(text.split())[:_LONGEST] or tr("no text")
        case Scalars(values):
            return _named([f"{v.name} {number(v.value, 2)} {v.unit}".strip() for v in values])
        case KeyPoints(points):
            return count(len(points), "{n} key point", "{n} key points")
        case Mask():
            return tr("a mask")
        case Tensors(tensors):
            return count(len(tensors), "{n} tensor", "{n} tensors")


def _named(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    shown = ", ".join(names[:_MOST_NAMED])
    return f"{shown} +{more}" if more > 0 else shown
