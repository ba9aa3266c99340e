"""What was answered once, by the numbers under which its samples are sent again."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from pathlib import Path

from backend.core.samples import MediaKind
from backend.profiles.model_profile import AudioFormat
from backend.side_by_side.pairing import Outcome
from backend.wire.recording.items import RecordedAnswer, RecordedPicture, RecordedSound
from backend.wire.recording.messages import SettingsNote
from backend.wire.recording.moments import Answered, Moment, Moments
from backend.wire.recording.places import SamplePlaces
from backend.wire.recording.reader import RecordingReader

_SETTINGS = frozenset(("/settings", "/samples", "/pictures/raw", "/pictures/encoded"))


def recorded_outcomes(
    path: Path, kind: MediaKind, audio: AudioFormat, stop: threading.Event
) -> Generator[tuple[int, Outcome], None, None]:
    """Number and outcome of each sample that has one, in their order; raises SourceError.

    Pictures are numbered as they come. A window of sound has the number under which it is cut
    again: how many steps it lies after the first that the recorded sound has.
    """
    reader = RecordingReader(path)
    if kind is MediaKind.AUDIO:
        yield from _of_windows(reader, audio, stop)
        return
    number = 0
    for moment in Moments(reader.items(stop)):
        if isinstance(moment.sample, RecordedPicture):
            outcome = _outcome(moment)
            if outcome is not None:
                yield number, outcome
            number += 1


def recorded_settings(path: Path) -> SettingsNote | None:
    """How the first samples of a recording were sent; None where it does not say."""
    for item in RecordingReader(path, _SETTINGS):
        if isinstance(item, SettingsNote):
            return item
        if isinstance(item, RecordedPicture):
            break
    return None


class RecordedAnswers:
    """What was answered to a recorded picture, by the moment of its capture; for one thread.

    Reading goes on from where it was, and anew from an earlier place only when one is asked for.
    """

    def __init__(self, path: Path) -> None:
        self._reader = RecordingReader(path)
        self._places = SamplePlaces(path, RecordedPicture, 0)
        self._moments: Iterator[Moment] = iter(())
        self._read_ns: int | None = None

    def find(self, captured_ns: int, stop: threading.Event) -> Outcome | None:
        """None where nothing was recorded; raises SourceError for a file that cannot be read."""
        if self._read_ns is None or captured_ns <= self._read_ns:
            chunk = self._places.chunk_for(captured_ns)
            self._moments = iter(Moments(self._reader.items_in(chunk, None, stop)))
        for moment in self._moments:
            if not isinstance(moment.sample, RecordedPicture):
                continue
            self._read_ns = moment.sample.captured_ns
            if self._read_ns >= captured_ns:
                return _outcome(moment) if self._read_ns == captured_ns else None
        self._read_ns = None
        return None


def _of_windows(
    reader: RecordingReader, audio: AudioFormat, stop: threading.Event
) -> Generator[tuple[int, Outcome], None, None]:
    first: RecordedSound | None = None
    for item in reader.items(stop):
        if isinstance(item, RecordedSound):
            first = first or item
        elif isinstance(item, RecordedAnswer) and first is not None:
            number = _number(item, first, audio)
            if number >= 0:
                yield number, Outcome(item.predictions)


def _number(answer: RecordedAnswer, first: RecordedSound, audio: AudioFormat) -> int:
    """How many steps after the first window of the sound the answer's one lies.

    By its place in the file, or else by the moment of its last sample.
    """
    if answer.media_time_s is not None and first.media_time_s is not None:
        after_s = answer.media_time_s - first.media_time_s + audio.margin_s
    else:
        began_s = first.captured_ns / 1e9 - len(first.samples) / first.rate
        after_s = answer.captured_ns / 1e9 - began_s - audio.window_s + audio.margin_s
    return round(after_s / audio.hop_s)


def _outcome(moment: Moment) -> Outcome | None:
    """None for a sample of which nothing had become when the recording ended, or it was dropped."""
    if moment.answers:
        return Outcome(moment.answers[-1].answer.predictions, _latency_ms(moment.answers[-1]))
    if moment.failures:
        note = moment.failures[-1]
        return Outcome(None, error=f"{note.error}: {note.message}")
    return None


def _latency_ms(found: Answered) -> float | None:
    """From taken to decoded, as that of a sample that is sent now."""
    marks = found.timeline.marks_ns if found.timeline is not None else {}
    if "taken" not in marks or "decoded" not in marks:
        return None
    return (marks["decoded"] - marks["taken"]) / 1e6
