"""The messages of a recording as the items that they were made of."""

from __future__ import annotations

import math
from typing import Any

from msgspec import UnsetType

from backend.core.errors import InvalidInput
from backend.core.predictions import Predictions, Tensors
from backend.core.tensors import datatype_from_name
from backend.core.timing import ServerTiming
from backend.wire.elements import TensorRef, from_raw
from backend.wire.json.text import read_json
from backend.wire.recording import messages as m
from backend.wire.recording.items import (
    Recorded,
    RecordedAnswer,
    RecordedPicture,
    RecordedSound,
    RecordedTimeline,
    RecordedWindow,
)
from backend.wire.recording.writing import sound_samples
from backend.wire.serving.predictions_json import predictions_from_json

_LEVELS_OF_PREDICTIONS = 6
_MOST_BYTES = 32 * 1024 * 1024
_MOST_CONTAINERS = 1_000_000
"""Lists and objects of predictions: each takes many times its length of memory once it is read."""


class ItemMaker:
    """Turns messages into items; a picture or sound is one with the note right before it."""

    def __init__(self) -> None:
        self._note: tuple[int, m.Message] | None = None

    def item(self, message: m.Message, sequence: int, at_ns: int) -> Recorded | None:
        """The item that is complete with this message, if one is.

        Raises ValueError and ConsoleError for what makes no sense.
        """
        before, self._note = self._note, (sequence, message)
        noted = before[1] if before is not None and before[0] == sequence else None
        match message:
            case m.RawImage() | m.CompressedImage():
                return _picture(noted, message) if isinstance(noted, m.SampleNote) else None
            case m.RawAudio():
                return _sound(noted, message) if isinstance(noted, m.SoundNote) else None
            case m.SampleNote():
                return _window(message) if message.kind == "window" else None
            case m.Answer():
                return _answer(message, at_ns)
            case m.TimelineNote():
                return _timeline(message)
            case m.SoundNote() | m.ImageAnnotations():
                return None
        return message


def _window(note: m.SampleNote) -> RecordedWindow:
    return RecordedWindow(
        note.seq,
        note.lane,
        note.timestamp.ns,
        note.name,
        _given(note.media_time_s),
        note.rate,
        note.samples,
        note.behind_ns,
    )


def _picture(note: m.SampleNote, picture: m.RawImage | m.CompressedImage) -> RecordedPicture:
    encoding = picture.format if isinstance(picture, m.CompressedImage) else "raw"
    if encoding not in ("raw", "jpeg", "png"):
        raise ValueError(f"a picture of format {encoding[:40]!r}")
    return RecordedPicture(
        note.seq,
        note.lane,
        note.timestamp.ns,
        note.name,
        _given(note.media_time_s),
        note.width,
        note.height,
        encoding,
        note.quality,
        picture.data,
    )


def _sound(note: m.SoundNote, sound: m.RawAudio) -> RecordedSound:
    if sound.number_of_channels != 1 or not sound.sample_rate:
        raise ValueError(
            f"sound of {sound.number_of_channels} channels at {sound.sample_rate} Hz, "
            "where one channel was written"
        )
    samples = sound_samples(sound.format, sound.data)
    return RecordedSound(
        note.timestamp.ns, note.name, _given(note.media_time_s), sound.sample_rate, samples
    )


def _answer(message: m.Answer, at_ns: int) -> RecordedAnswer:
    return RecordedAnswer(
        message.seq,
        message.lane,
        message.timestamp.ns,
        at_ns,
        message.name,
        _given(message.media_time_s),
        _predictions(message),
    )


def _predictions(message: m.Answer) -> Predictions:
    text = bytes(message.predictions)
    if len(text) > _MOST_BYTES or text.count(b"[") + text.count(b"{") > _MOST_CONTAINERS:
        raise ValueError(f"predictions of {len(text)} bytes are more than is read")
    plain = predictions_from_json(_with_nan(read_json(text, _LEVELS_OF_PREDICTIONS)), ())
    if not message.tensors:
        return plain
    tensors = []
    for note in message.tensors:
        place = TensorRef("output", note.name, "")
        tensors.append(from_raw(note.data, datatype_from_name(note.datatype), note.shape, place))
    return (*plain, Tensors(tuple(tensors)))


def _with_nan(value: Any) -> Any:
    """JSON has no word for what is not a number, so that null stands for it."""
    if not isinstance(value, dict):
        raise InvalidInput("Predictions are an object.")
    return _replaced(value)


def _replaced(value: Any) -> Any:
    match value:
        case None:
            return math.nan
        case dict():
            return {key: _replaced(each) for key, each in value.items()}
        case list():
            return [_replaced(each) for each in value]
    return value


def _timeline(note: m.TimelineNote) -> RecordedTimeline:
    server = None
    if isinstance(note.server, m.ServerTimes):
        times = note.server
        server = ServerTiming(
            times.queue_us,
            times.compute_input_us,
            times.compute_infer_us,
            times.compute_output_us,
            _given(times.decode_us),
            _given(times.encode_us),
        )
    return RecordedTimeline(
        note.seq,
        note.lane,
        note.timestamp.ns,
        note.marks_ns,
        note.spans_ms,
        note.bytes_out,
        note.bytes_in,
        server,
    )


def _given(value: float | UnsetType) -> float | None:
    return None if isinstance(value, UnsetType) else value
