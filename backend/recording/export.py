"""What a recording holds, in words and as tables."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import orjson

from backend.core.predictions import scores
from backend.core.timing import SPANS
from backend.wire.recording.items import (
    Recorded,
    RecordedAnswer,
    RecordedPicture,
    RecordedSound,
    RecordedTimeline,
    RecordedWindow,
)
from backend.wire.recording.messages import (
    FailureNote,
    LedgerNote,
    Log,
    LossNote,
    SettingsNote,
    SourceNote,
    WordNote,
)
from backend.wire.recording.reader import ANSWERS, RecordingReader
from backend.wire.serving.predictions_json import predictions_to_json


@dataclass(slots=True)
class Contents:
    """How much of what a recording holds; times are nanoseconds since 1970, 0 without samples."""

    version: str = ""
    pictures: int = 0
    windows: int = 0
    sound_s: float = 0.0
    answers: int = 0
    failures: int = 0
    notices: int = 0
    words: int = 0
    first_ns: int = 0
    last_ns: int = 0
    unfinished: bool = False
    sources: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """From the first sample to the last."""
        return (self.last_ns - self.first_ns) / 1e9


_LISTED = 32
_MOST_LOST = 1_000_000
"""Rows for one note, whatever it claims."""


def contents_of(path: Path) -> Contents:
    """Read a recording through; raises SourceError as the reader does."""
    found = Contents()
    reader = RecordingReader(path)
    for item in reader:
        _count(found, item)
    found.unfinished = reader.unfinished
    found.version = reader.about.version if reader.about else ""
    return found


def _count(found: Contents, item: Recorded) -> None:
    match item:
        case RecordedPicture() | RecordedWindow() | RecordedSound():
            found.first_ns = found.first_ns or item.captured_ns
            found.last_ns = max(found.last_ns, item.captured_ns)
            found.pictures += isinstance(item, RecordedPicture)
            found.windows += isinstance(item, RecordedWindow)
            if isinstance(item, RecordedSound):
                found.sound_s += len(item.samples) / item.rate
        case RecordedAnswer():
            found.answers += 1
        case FailureNote():
            found.failures += 1
        case Log():
            found.notices += 1
        case WordNote():
            found.words += 1
        case LedgerNote():
            found.dropped, found.missed = item.dropped, item.missed
        case SourceNote():
            _list(found.sources, f"{item.kind} {item.name}")
        case SettingsNote():
            _list(found.settings, f"{item.target} {item.model} {item.api} {item.transport}")


def _list(texts: list[str], text: str) -> None:
    if text not in texts and len(texts) < _LISTED:
        texts.append(text)


def export_json_lines(path: Path, file: IO[bytes]) -> int:
    """Write an object a line for each answer, failure and drop; how many. Raises SourceError.

    Times are seconds since 1970, spans milliseconds; predictions are as `POST /predict` has them,
    but for plain tensors, of which a checksum and the first elements are written.
    """
    count = 0
    for row in _rows(RecordingReader(path, ANSWERS), _json_row):
        file.write(orjson.dumps(row, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")
        count += 1
    return count


_CSV_HEAD = (
    "seq", "captured_s", "media_time_s", "name", "error", "labels", "scores", "predictions",
    *SPANS, "latency", "bytes_out", "bytes_in",
)  # fmt: skip


def export_csv(path: Path, file: IO[str]) -> int:
    """Write a row for each answer, failure and drop; how many. Raises SourceError.

    Columns are those of the JSON lines; `labels` and `scores` are in the order of the predictions,
    separated by `;`, and `predictions` is their JSON.
    """
    writer = csv.DictWriter(file, _CSV_HEAD, extrasaction="ignore")
    writer.writeheader()
    count = 0
    for row in _rows(RecordingReader(path, ANSWERS), _csv_row):
        writer.writerow({key: _plain_cell(value) for key, value in row.items()})
        count += 1
    return count


def _plain_cell(value: object) -> object:
    """What a spreadsheet would take for a formula is marked as text."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


def _rows(
    reader: RecordingReader,
    row_of: Callable[[RecordedAnswer, RecordedTimeline | None], dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    """A row for each answer, with the timeline that follows it, each failure and each drop."""
    answer: RecordedAnswer | None = None
    for item in reader:
        match item:
            case RecordedAnswer():
                if answer is not None:
                    yield row_of(answer, None)
                answer = item
            case RecordedTimeline() if answer is not None:
                matching = item if item.seq == answer.seq else None
                yield row_of(answer, matching)
                answer = None
            case FailureNote():
                at_s = item.timestamp.ns / 1e9
                yield {
                    "seq": item.seq,
                    "captured_s": at_s,
                    "error": f"{item.error}: {item.message}",
                }
            case LossNote():
                for seq in range(item.first, min(item.last, item.first + _MOST_LOST) + 1):
                    yield {"seq": seq, "error": f"dropped: {item.place}"}
    if answer is not None:
        yield row_of(answer, None)


def _json_row(answer: RecordedAnswer, timeline: RecordedTimeline | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "seq": answer.seq,
        "captured_s": answer.captured_ns / 1e9,
        "predictions": predictions_to_json(answer.predictions, summarise=True),
    }
    if answer.name:
        row["name"] = answer.name
    if answer.media_time_s is not None:
        row["media_time_s"] = answer.media_time_s
    if timeline is not None:
        row["spans_ms"] = timeline.spans_ms
        row["bytes_out"], row["bytes_in"] = timeline.bytes_out, timeline.bytes_in
    return row


def _csv_row(answer: RecordedAnswer, timeline: RecordedTimeline | None) -> dict[str, Any]:
    row = _json_row(answer, timeline)
    found = list(scores(answer.predictions))
    row |= row.pop("spans_ms", {})
    row["labels"] = ";".join(label for label, _ in found)
    row["scores"] = ";".join(f"{score:.6g}" for _, score in found)
    text = orjson.dumps(row["predictions"], option=orjson.OPT_SERIALIZE_NUMPY)
    return row | {"predictions": text.decode()}
