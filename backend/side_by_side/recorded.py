"""What was answered once: to which sample, and found again by it."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from backend.core.samples import MediaKind
from backend.side_by_side.pairing import Outcome
from backend.wire.recording.items import (
    Recorded,
    RecordedAnswer,
    RecordedPicture,
    RecordedSound,
    RecordedTimeline,
    RecordedWindow,
)
from backend.wire.recording.messages import FailureNote, SettingsNote
from backend.wire.recording.moments import Moment, Moments
from backend.wire.recording.places import ROUNDED_NS, SamplePlaces
from backend.wire.recording.reader import RecordingReader

_SETTINGS = frozenset(("/settings", "/samples", "/pictures/raw", "/pictures/encoded"))
_SENT_KEPT = 256
_FAR_NS = 5_000_000_000
"""Answers so much later are looked up in the file; nearer ones are read up to."""
_PICTURES_KEPT, _WINDOWS_KEPT, _MOST_AHEAD = 64, 256, 256
_SOUND_AHEAD_NS = 1_000_000_000
"""Moments of windows need not be in their order, where sound was not played at its own pace."""
_SOUND_NEAR_S = 0.005
"""Windows so near to each other are of one stretch: resampling is not exact in time."""


def recorded_settings(path: Path) -> SettingsNote | None:
    """How the first samples of a recording were sent; None where it does not say."""
    for item in RecordingReader(path, _SETTINGS):
        if isinstance(item, SettingsNote):
            return item
        if isinstance(item, RecordedPicture):
            break
    return None


def picture_outcomes(items: Iterator[Recorded]) -> Iterator[tuple[RecordedPicture, Outcome | None]]:
    """Each picture with what became of it.

    None where nothing had when the recording ended, or it was dropped.
    """
    for moment in Moments(items):
        if isinstance(moment.sample, RecordedPicture):
            yield moment.sample, _outcome(moment)


def window_outcomes(
    items: Iterator[Recorded],
) -> Iterator[tuple[RecordedAnswer | RecordedWindow, Outcome]]:
    """Each window of sound of which something became, with that.

    A window, or its answer if it was sent before the items begin.
    """
    sent: OrderedDict[int, RecordedWindow] = OrderedDict()
    answer: RecordedAnswer | None = None
    for item in items:
        match item:
            case RecordedWindow():
                sent[item.seq] = item
                while len(sent) > _SENT_KEPT:
                    sent.popitem(last=False)
            case RecordedAnswer():
                if answer is not None:
                    yield sent.pop(answer.seq, answer), Outcome(answer.predictions)
                answer = item
            case RecordedTimeline() if answer is not None and answer.seq == item.seq:
                outcome = Outcome(answer.predictions, _latency_ms(item))
                yield sent.pop(answer.seq, answer), outcome
                answer = None
            case FailureNote() if item.seq in sent:
                yield sent.pop(item.seq), _failure(item)
    if answer is not None:
        yield sent.pop(answer.seq, answer), Outcome(answer.predictions)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sample is: the moment of its capture for the recording, and its place in a file."""

    captured_ns: int
    media_time_s: float | None = None


class RecordedAnswers:
    """What was answered to a recorded sample, by its place; for one thread.

    Reading goes on from where it was; for an earlier or a much later place it is looked up.
    """

    def __init__(self, path: Path, kind: MediaKind) -> None:
        self._reader = RecordingReader(path)
        self._sound = kind is MediaKind.AUDIO
        self._places = SamplePlaces(path, RecordedSound if self._sound else RecordedPicture, 0)
        self._entries: Iterator[tuple[Place, Outcome | None]] = iter(())
        most = _WINDOWS_KEPT if self._sound else _PICTURES_KEPT
        self._kept: deque[tuple[Place, Outcome | None]] = deque(maxlen=most)

    def find(self, wanted: Place, stop: threading.Event) -> Outcome | None:
        """None where nothing was recorded; raises SourceError for a file that cannot be read."""
        kept, at_ns = self._kept, wanted.captured_ns
        if not kept or not _earliest(kept) <= at_ns <= kept[-1][0].captured_ns + _FAR_NS:
            chunk = self._places.chunk_for(at_ns)
            self._entries = self._read(self._reader.items_in(chunk, None, stop))
            kept.clear()
        fitting = [entry for entry in kept if self._fits(entry[0], wanted)]
        if fitting:
            return min(fitting, key=lambda entry: abs(entry[0].captured_ns - at_ns))[1]
        ahead_ns = _SOUND_AHEAD_NS if self._sound else 0
        for entry in islice(self._entries, _MOST_AHEAD):
            kept.append(entry)
            if self._fits(entry[0], wanted):
                return entry[1]
            if entry[0].captured_ns > at_ns + ahead_ns:
                break
        return None

    def _fits(self, place: Place, wanted: Place) -> bool:
        if self._sound and place.media_time_s is not None and wanted.media_time_s is not None:
            return abs(place.media_time_s - wanted.media_time_s) < _SOUND_NEAR_S
        near_ns = _SOUND_NEAR_S * 1e9 if self._sound else ROUNDED_NS
        return abs(place.captured_ns - wanted.captured_ns) < near_ns

    def _read(self, items: Iterator[Recorded]) -> Iterator[tuple[Place, Outcome | None]]:
        found = window_outcomes(items) if self._sound else picture_outcomes(items)
        for sample, outcome in found:
            yield Place(sample.captured_ns, sample.media_time_s), outcome


def _earliest(kept: deque[tuple[Place, Outcome | None]]) -> int:
    return kept[0][0].captured_ns


def _outcome(moment: Moment) -> Outcome | None:
    if moment.answers:
        newest = moment.answers[-1]
        return Outcome(newest.answer.predictions, _latency_ms(newest.timeline))
    return _failure(moment.failures[-1]) if moment.failures else None


def _failure(note: FailureNote) -> Outcome:
    return Outcome(None, error=f"{note.error}: {note.message}")


def _latency_ms(timeline: RecordedTimeline | None) -> float | None:
    """From taken to decoded, as that of a sample that is sent now."""
    marks = timeline.marks_ns if timeline is not None else {}
    if "taken" not in marks or "decoded" not in marks:
        return None
    return (marks["decoded"] - marks["taken"]) / 1e6
