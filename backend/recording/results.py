"""What was recorded as the values that a run gives out."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from msgspec import UnsetType

from backend.core.choices import (
    Api,
    Compression,
    ImageEncoding,
    Payload,
    RunSettings,
    Serialization,
    Transport,
)
from backend.core.errors import ConsoleError
from backend.core.ledger import Counts, DropPlace
from backend.core.samples import Sample
from backend.core.status import Failure, Notice, Result, Severity, Word
from backend.core.target import Target
from backend.core.timing import Stage, Timeline
from backend.core.traffic import Traffic
from backend.wire.recording.messages import FailureNote, LedgerNote, Log, SettingsNote, WordNote
from backend.wire.recording.moments import Answered

_SEVERITIES = {3: Severity.WARNING, 4: Severity.ERROR}
_NOBODY = RunSettings(Target("recording"), "")

E = TypeVar("E", bound=StrEnum)


def settings_of(note: SettingsNote | None) -> RunSettings:
    """How samples were sent; words that this version does not know are those of its defaults."""
    if note is None:
        return _NOBODY
    default = _NOBODY.payload
    quality = note.jpeg_quality if 1 <= note.jpeg_quality <= 100 else default.jpeg_quality
    payload = Payload(
        _word(Serialization, note.serialization, default.serialization),
        _word(ImageEncoding, note.image, default.image),
        _word(Compression, note.compression, default.compression),
        quality,
    )
    return RunSettings(
        Target(note.target, note.rest, note.grpc),
        note.model,
        _word(Api, note.api, _NOBODY.api),
        _word(Transport, note.transport, _NOBODY.transport),
        payload,
        note.in_flight or None,
    )


def counts_of(note: LedgerNote | None) -> Counts:
    """Where samples went until then."""
    if note is None:
        return Counts()
    places = {str(place): place for place in DropPlace}
    dropped = {places[name]: count for name, count in note.dropped.items() if name in places}
    return Counts(
        note.captured,
        note.sent,
        note.answered,
        note.failed,
        note.waiting,
        note.in_flight,
        dropped,
    )


def result_of(found: Answered, sample: Sample, settings: RunSettings, now_ns: int) -> Result:
    """An answer as if it came now: its marks are moved, what is between them is as it was."""
    answer, recorded = found.answer, found.timeline
    traffic, marks, server = Traffic(), {Stage.CAPTURED: now_ns, Stage.DECODED: now_ns}, None
    if recorded is not None:
        captured_ns = now_ns - recorded.marks_ns.get(Stage.DECODED, 0)
        known = {str(stage): stage for stage in Stage if stage is not Stage.PAINTED}
        marks = {
            known[name]: captured_ns + place_ns
            for name, place_ns in recorded.marks_ns.items()
            if name in known
        }
        traffic, server = Traffic(recorded.bytes_out, recorded.bytes_in), recorded.server
    timeline = Timeline(marks, server)
    return Result(answer.seq, sample, answer.predictions, timeline, traffic, settings, answer.lane)


def failure_of(note: FailureNote) -> Failure:
    """Why a sample got no answer."""
    return Failure(note.seq, ConsoleError(note.message))


def word_of(note: WordNote) -> Word:
    """A word that was heard."""
    place_s = None if isinstance(note.media_time_s, UnsetType) else note.media_time_s
    return Word(note.label, note.score, note.seq, place_s)


def notice_of(note: Log) -> Notice:
    """What happened beside the samples."""
    title, _, body = note.message.partition("\n")
    return Notice(_SEVERITIES.get(note.level, Severity.INFO), title, body)


def _word(words: type[E], text: str, default: E) -> E:
    try:
        return words(text)
    except ValueError:
        return default
