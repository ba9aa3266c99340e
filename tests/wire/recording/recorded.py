"""Items as a run gives them, and recordings of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from backend.core.choices import ImageEncoding, Payload, RunSettings
from backend.core.ledger import Counts, DropPlace
from backend.core.predictions import Detection, Detections, Predictions
from backend.core.samples import Frame, FrameFile, MediaKind
from backend.core.status import (
    Result,
    RunStatus,
    Sent,
    SourceInfo,
    SourceState,
    SourceStatus,
)
from backend.core.target import Credentials, Target
from backend.core.tensors import Array
from backend.core.timing import ServerTiming, Stage, Timeline
from backend.core.traffic import Traffic
from backend.wire.media.images import encode_image
from backend.wire.recording.file import RecordingFile
from backend.wire.recording.output import create
from backend.wire.recording.writing import Recordable

Item = Recordable

STEP_NS = 33_333_333
SETTINGS = RunSettings(
    Target(
        "lab",
        rest="http://user:hunter2@10.0.0.7:8000?token=hunter2",
        grpc="10.0.0.7:8001",
        credentials=Credentials("hunter2", (("X-Key", "hunter2"),)),
    ),
    "shapes",
)
JPEG = RunSettings(SETTINGS.target, "shapes", payload=Payload(image=ImageEncoding.JPEG))
BOX = (Detections((Detection((1.0, 2.0, 30.5, 40.25), "circle", 0.875, 3),)),)


def pixels(number: int, width: int = 64, height: int = 48) -> Array:
    """A picture that no other number gives."""
    return np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)


def frame(number: int, *, jpeg: bool = False, at_ns: int = 0) -> Frame:
    """A picture with a name and a place, as a file on demand."""
    shown = pixels(number)
    file = FrameFile("jpeg", 85, encode_image(shown, ImageEncoding.JPEG, 85)) if jpeg else None
    captured_ns = at_ns + number * STEP_NS
    return Frame(number, captured_ns, shown, number * 0.5, f"{number}.png", file)


def sent(number: int, *, jpeg: bool = False, at_ns: int = 0) -> Sent:
    """The picture as it was sent, a millisecond after its capture."""
    sample = frame(number, jpeg=jpeg, at_ns=at_ns)
    settings = JPEG if jpeg else SETTINGS
    return Sent(number, sample, sample.captured_ns + 1_000_000, settings, 1)


def result(number: int, predictions: Predictions = BOX, *, at_ns: int = 0) -> Result:
    """Its answer."""
    sample = frame(number, at_ns=at_ns)
    marks: dict[Stage, int] = {
        stage: sample.captured_ns + place * 1_000_000
        for place, stage in enumerate(Stage)
        if stage is not Stage.PAINTED
    }
    timeline = Timeline(marks, ServerTiming(1.5, 2.5, 3.5, 4.5, 5.5, 6.5))
    return Result(number, sample, predictions, timeline, Traffic(100, 10), SETTINGS, 1)


def status() -> RunStatus:
    """What the run says of itself."""
    info = SourceInfo(MediaKind.IMAGE, "camera", live=True, width=64, height=48, rate=30.0)
    counts = Counts(captured=9, sent=7, answered=6, failed=1, dropped={DropPlace.WAITING: 2})
    return RunStatus(source=SourceStatus(SourceState.LIVE, info), counts=counts)


def answered(count: int, *, jpeg: bool = False, at_ns: int = 0) -> Iterator[Item]:
    """So many pictures, each sent and answered."""
    yield status()
    for number in range(count):
        yield sent(number, jpeg=jpeg, at_ns=at_ns)
        yield result(number, at_ns=at_ns)


def record(path: Path, items: Iterable[Item], epoch_ns: int = 1_700_000_000_000_000_000) -> Path:
    """A whole recording of them."""
    file = RecordingFile(create(path), epoch_ns)
    now_ns = time.monotonic_ns()
    for number, item in enumerate(items):
        file.write(item, now_ns + number * STEP_NS)
    file.close()
    return path
