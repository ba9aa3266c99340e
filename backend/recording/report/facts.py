"""What a report says of a recording: its figures, its course, and its slowest samples."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from backend.core.choices import ImageEncoding
from backend.core.errors import InvalidInput
from backend.core.predictions import Detections, scores
from backend.core.tensors import Array
from backend.core.timing import SPANS
from backend.recording.export import Contents, contents_of
from backend.wire.media.images import encode_image
from backend.wire.media.opencv import cv2
from backend.wire.recording.items import Recorded, RecordedPicture
from backend.wire.recording.messages import FailureNote, Log, SettingsNote
from backend.wire.recording.moments import Answered, Moment, Moments
from backend.wire.recording.reader import RecordingReader

_SLOWEST = 6
_THUMBNAIL = 360
_QUALITY = 80
_MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small JPEG, its size, and boxes in its pixels with their texts."""

    data: bytes
    width: int
    height: int
    boxes: tuple[tuple[tuple[float, float, float, float], str], ...]


@dataclass(frozen=True, slots=True)
class SlowSample:
    """One of the samples that took longest; times are seconds after the first and milliseconds."""

    seq: int
    at_s: float
    name: str
    latency_ms: float
    spans_ms: dict[str, float]
    said: str
    picture: Thumbnail | None


@dataclass(slots=True)
class Facts:
    """Everything on the page; `course` is a point for each answer, seconds and milliseconds."""

    contents: Contents
    settings: list[SettingsNote] = field(default_factory=list)
    course: list[tuple[float, float]] = field(default_factory=list)
    spans_ms: dict[str, list[float]] = field(default_factory=dict)
    labels: Counter[str] = field(default_factory=Counter)
    best: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    slowest: list[SlowSample] = field(default_factory=list)


def facts_of(path: Path) -> Facts:
    """Read a recording through, twice; raises SourceError."""
    facts = Facts(contents_of(path))
    slowest: list[tuple[float, int, SlowSample]] = []
    for moment in Moments(_noted(RecordingReader(path), facts)):
        at_s = (moment.sample.captured_ns - facts.contents.first_ns) / 1e9
        for number, found in enumerate(moment.answers):
            _add_answer(facts, found, at_s)
            latency = _latency(found)
            full = len(slowest) == _SLOWEST
            if latency is None or (full and latency <= slowest[0][0]):
                continue
            entry = latency, -found.answer.seq * 64 - number, _slow(moment, found, at_s, latency)
            (heapq.heappushpop if full else heapq.heappush)(slowest, entry)
    facts.slowest = [each for _, _, each in sorted(slowest, key=lambda entry: -entry[0])]
    return facts


def _noted(reader: RecordingReader, facts: Facts) -> Iterator[Recorded]:
    """The items, with what stands for itself written down."""
    for item in reader:
        match item:
            case SettingsNote() if len(facts.settings) < _MOST_LISTED:
                facts.settings.append(item)
            case FailureNote() if len(facts.failures) < _MOST_LISTED:
                facts.failures.append(f"#{item.seq} {item.error}: {item.message}")
            case Log() if len(facts.notices) < _MOST_LISTED:
                facts.notices.append(item.message)
        yield item


def _add_answer(facts: Facts, found: Answered, at_s: float) -> None:
    latency = _latency(found)
    if latency is not None and found.timeline is not None:
        facts.course.append((at_s, latency))
        for name in SPANS:
            if name in found.timeline.spans_ms:
                facts.spans_ms.setdefault(name, []).append(found.timeline.spans_ms[name])
    for label, score in scores(found.answer.predictions):
        facts.labels[label] += 1
        facts.best[label] = max(score, facts.best.get(label, 0.0))


def _latency(found: Answered) -> float | None:
    return None if found.timeline is None else found.timeline.spans_ms.get("latency")


def _slow(moment: Moment, found: Answered, at_s: float, latency_ms: float) -> SlowSample:
    said = ", ".join(f"{label} {score:.2f}" for label, score in scores(found.answer.predictions))
    spans = found.timeline.spans_ms if found.timeline is not None else {}
    picture = None
    if isinstance(moment.sample, RecordedPicture):
        picture = _thumbnail(moment.sample, found)
    answer = found.answer
    return SlowSample(answer.seq, at_s, answer.name, latency_ms, spans, said, picture)


def _thumbnail(sample: RecordedPicture, found: Answered) -> Thumbnail | None:
    """None for a picture that cannot be read: the figures are worth having all the same."""
    try:
        pixels: Array = sample.pixels()
    except InvalidInput:
        return None
    height, width = pixels.shape[:2]
    factor = min(1.0, _THUMBNAIL / max(width, height))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    boxes = tuple(
        (tuple(value * factor for value in item.box), f"{item.text or item.label} {item.score:.2f}")
        for prediction in found.answer.predictions
        if isinstance(prediction, Detections)
        for item in prediction.items
    )
    data = encode_image(small, ImageEncoding.JPEG, _QUALITY)
    return Thumbnail(data, size[0], size[1], boxes)
