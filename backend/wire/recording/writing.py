"""What a run gives out, as the messages of a recording."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import msgspec
import numpy as np
import orjson
from msgspec import UNSET, UnsetType

from backend.core.choices import RunSettings
from backend.core.files.concealment import concealed_text, kept_address
from backend.core.predictions import Predictions, Tensors
from backend.core.samples import AudioBlock, Frame
from backend.core.status import (
    Failure,
    Loss,
    Notice,
    Result,
    RunStatus,
    Sent,
    Severity,
    SourceInfo,
    Word,
    losses,
)
from backend.core.tensors import Array
from backend.core.timing import Stage
from backend.wire.elements import to_raw
from backend.wire.recording import messages as m
from backend.wire.recording.annotations import annotations_of
from backend.wire.serving.predictions_json import predictions_to_json

Recordable: TypeAlias = AudioBlock | Sent | Result | Failure | Loss | Word | Notice | RunStatus
"""What of a run can be written; a frame is, once it is sent."""

_LEVELS = {Severity.INFO: 2, Severity.WARNING: 3, Severity.ERROR: 4}
_S16 = 32_768.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A message with the moment it is about and the one it came at, nanoseconds since 1970."""

    message: m.Message
    about_ns: int
    at_ns: int
    sequence: int = 0


class MessageMaker:
    """Turns items into messages; `epoch_ns` is what is added to monotonic times."""

    def __init__(self, epoch_ns: int) -> None:
        self._epoch_ns = epoch_ns
        self._settings: tuple[int, RunSettings] | None = None
        self._source: SourceInfo | None = None
        self._blocks = 0

    def entries(self, item: Recordable, now_ns: int) -> Iterator[Entry]:
        """The messages of an item that was taken at the monotonic time `now_ns`."""
        now = now_ns + self._epoch_ns
        match item:
            case Sent():
                yield from self._new_settings(item.lane, item.settings, item.sent_ns)
                yield from self._sample(item)
            case AudioBlock():
                yield from self._sound(item)
            case Result():
                yield from self._new_settings(item.lane, item.settings, now_ns)
                yield from self._result(item)
            case Failure() | Loss() | Word():
                yield self._outcome(item, now)
            case Notice():
                text = concealed_text(f"{item.title}\n{item.body}".rstrip())
                log = m.Log(m.Time.of(now), _LEVELS[item.severity], text, item.topic or "run")
                yield Entry(log, now, now)
            case RunStatus():
                yield from self._status(item, now)

    def _outcome(self, item: Failure | Loss | Word, now: int) -> Entry:
        at = m.Time.of(now)
        if isinstance(item, Failure):
            text = concealed_text(str(item.error))
            note = m.FailureNote(at, item.seq, type(item.error).__name__, text)
            return Entry(note, now, now, item.seq & 0xFFFF_FFFF)
        if isinstance(item, Word):
            word = m.WordNote(at, item.label, item.score, item.seq, _or_unset(item.media_time_s))
            return Entry(word, now, now, item.seq & 0xFFFF_FFFF)
        first, last = (each + self._epoch_ns if each else now for each in item.captured_ns)
        traffic = item.traffic
        loss = m.LossNote(
            m.Time.of(first),
            m.Time.of(last),
            item.first,
            item.last,
            str(item.place),
            traffic.bytes_out,
            traffic.bytes_in,
        )
        return Entry(loss, first, now, item.first & 0xFFFF_FFFF)

    def _new_settings(self, lane: int, settings: RunSettings, at_ns: int) -> Iterator[Entry]:
        if self._settings == (lane, settings):
            return
        if self._settings is not None and lane < self._settings[0]:
            return  # a late answer to a lane before
        self._settings = lane, settings
        at = at_ns + self._epoch_ns
        yield Entry(_settings_note(m.Time.of(at), lane, settings), at, at)

    def _sample(self, sent: Sent) -> Iterator[Entry]:
        sample, sequence = sent.sample, sent.seq & 0xFFFF_FFFF
        about, at = sample.captured_ns + self._epoch_ns, sent.sent_ns + self._epoch_ns
        time = m.Time.of(about)
        media_time_s = _or_unset(sample.media_time_s)
        if not isinstance(sample, Frame):
            note = m.SampleNote(
                time,
                sent.seq,
                "window",
                sent.lane,
                sample.name,
                media_time_s,
                rate=sample.rate,
                samples=len(sample.samples),
                behind_ns=sample.behind_ns,
            )
            yield Entry(note, about, at, sequence)
            return
        file = sample.file
        note = m.SampleNote(
            time,
            sent.seq,
            "file" if file else "picture",
            sent.lane,
            sample.name,
            media_time_s,
            sample.width,
            sample.height,
            file.quality if file else 0,
        )
        yield Entry(note, about, at, sequence)
        picture: m.Message
        if file is not None:
            picture = m.CompressedImage(time, "source", file.data, file.encoding)
        else:
            picture = m.RawImage(
                time,
                "source",
                sample.width,
                sample.height,
                "rgb8",
                sample.width * 3,
                sample.pixels.tobytes(),
            )
        yield Entry(picture, about, at, sequence)

    def _sound(self, block: AudioBlock) -> Iterator[Entry]:
        at = block.captured_ns + self._epoch_ns
        time, sequence = m.Time.of(at), self._blocks & 0xFFFF_FFFF
        self._blocks += 1
        yield Entry(m.SoundNote(time, block.name, _or_unset(block.media_time_s)), at, at, sequence)
        form, data = sound_bytes(block.samples)
        yield Entry(m.RawAudio(time, data, form, block.rate, 1), at, at, sequence)

    def _result(self, result: Result) -> Iterator[Entry]:
        sample, marks = result.sample, result.timeline.marks
        captured_ns = sample.captured_ns
        about = captured_ns + self._epoch_ns
        at = marks.get(Stage.DECODED, captured_ns) + self._epoch_ns
        time, sequence = m.Time.of(about), result.seq & 0xFFFF_FFFF
        text, tensors = predictions_text(result.predictions)
        yield Entry(
            m.Answer(
                time,
                result.seq,
                text,
                tensors,
                result.lane,
                sample.name,
                _or_unset(sample.media_time_s),
            ),
            about,
            at,
            sequence,
        )
        server = result.timeline.server
        yield Entry(
            m.TimelineNote(
                time,
                result.seq,
                {str(stage): mark - captured_ns for stage, mark in marks.items()},
                {name: round(span, 6) for name, span in result.timeline.spans_ms().items()},
                result.traffic.bytes_out,
                result.traffic.bytes_in,
                UNSET
                if server is None
                else m.ServerTimes(
                    server.queue_us,
                    server.compute_input_us,
                    server.compute_infer_us,
                    server.compute_output_us,
                    _or_unset(server.decode_us),
                    _or_unset(server.encode_us),
                ),
                result.lane,
            ),
            about,
            at,
            sequence,
        )
        if isinstance(sample, Frame):
            drawn = annotations_of(result.predictions, time)
            if drawn is not None:
                yield Entry(drawn, about, at, sequence)

    def _status(self, status: RunStatus, now: int) -> Iterator[Entry]:
        time, info, counts = m.Time.of(now), status.source.info, status.counts
        if info is not None and info != self._source:
            self._source = info
            note = m.SourceNote(
                time, info.kind, info.name, info.live, info.width, info.height, info.rate
            )
            yield Entry(note, now, now)
        ledger = m.LedgerNote(
            time,
            counts.captured,
            counts.sent,
            counts.answered,
            counts.failed,
            counts.waiting,
            counts.in_flight,
            {str(place): count for place, count in counts.dropped.items()},
            losses(status.sinks),
        )
        yield Entry(ledger, now, now)


def predictions_text(predictions: Predictions) -> tuple[msgspec.Raw, tuple[m.TensorNote, ...]]:
    """Predictions as JSON by their kinds, and plain tensors as their bytes; NaN becomes null."""
    plain = tuple(each for each in predictions if not isinstance(each, Tensors))
    text = orjson.dumps(predictions_to_json(plain), option=orjson.OPT_SERIALIZE_NUMPY)
    tensors = tuple(
        m.TensorNote(tensor.name, tensor.datatype, tensor.shape, bytes(to_raw(tensor)))
        for each in predictions
        if isinstance(each, Tensors)
        for tensor in each.tensors
    )
    return msgspec.Raw(text), tensors


def sound_bytes(samples: Array) -> tuple[str, bytes]:
    """The format and the bytes of float32 samples: 16 bits if that loses nothing."""
    scaled = samples * np.float32(_S16)
    whole = np.rint(scaled)
    if np.array_equal(whole, scaled) and (not whole.size or np.abs(whole + 0.5).max() < _S16):
        return "pcm-s16", whole.astype("<i2").tobytes()
    return "pcm-f32", samples.astype("<f4").tobytes()


def sound_samples(form: str, data: bytes) -> Array:
    """The opposite of `sound_bytes`; raises ValueError for another format or half a sample."""
    if form == "pcm-s16":
        return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(_S16)
    if form == "pcm-f32":
        return np.frombuffer(data, "<f4").astype(np.float32)
    raise ValueError(f"sound of format {form[:40]!r}")


def _or_unset(value: float | None) -> float | UnsetType:
    return UNSET if value is None else value


def _settings_note(time: m.Time, lane: int, settings: RunSettings) -> m.SettingsNote:
    target, payload = settings.target, settings.payload
    return m.SettingsNote(
        time,
        lane,
        target.name,
        kept_address(target.rest),
        kept_address(target.grpc),
        target.dialect,
        target.tls is not None,
        settings.model,
        settings.api,
        settings.transport,
        payload.serialization,
        payload.image,
        payload.jpeg_quality,
        payload.compression,
        settings.reply_within_s,
        settings.in_flight or 0,
    )
