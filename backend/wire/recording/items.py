"""What a recording gives back, each with its moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from backend.core.errors import InvalidInput
from backend.core.predictions import Predictions
from backend.core.samples import AudioBlock, Frame, FrameFile
from backend.core.tensors import Array
from backend.core.timing import ServerTiming
from backend.wire.media.images import decode_image
from backend.wire.recording.messages import (
    FailureNote,
    LedgerNote,
    Log,
    LossNote,
    SettingsNote,
    SourceNote,
    WordNote,
)


@dataclass(frozen=True, slots=True, eq=False)
class RecordedPicture:
    """A picture as it was sent: `data` is its pixels row by row in RGB, or the file it went as.

    `captured_ns` is the moment of its capture since 1970, `encoding` raw, jpeg or png.
    """

    seq: int
    lane: int
    captured_ns: int
    name: str
    media_time_s: float | None
    width: int
    height: int
    encoding: str
    quality: int
    data: bytes

    def pixels(self) -> Array:
        """RGB uint8 [height, width, 3]; raises InvalidInput for a damaged file."""
        if self.encoding != "raw":
            return decode_image(self.data)
        if len(self.data) != self.width * self.height * 3 or not self.data:
            raise InvalidInput(
                f"A picture of {self.width} x {self.height} has {len(self.data)} bytes."
            )
        return np.frombuffer(self.data, np.uint8).reshape(self.height, self.width, 3)

    def frame(self, number: int, captured_ns: int, played_s: float | None = None) -> Frame:
        """The picture as a source gives it, to be sent as the same bytes again."""
        file = None
        if self.encoding != "raw":
            file = FrameFile(self.encoding, self.quality, self.data)
        return Frame(
            number, captured_ns, self.pixels(), self.media_time_s, self.name, file, played_s
        )


@dataclass(frozen=True, slots=True)
class RecordedWindow:
    """The stretch of sound that was sent: its samples are those of the sound recorded beside it.

    It ended `behind_ns` before the last sample of the block that was captured at
    `captured_ns + behind_ns`.
    """

    seq: int
    lane: int
    captured_ns: int
    name: str
    media_time_s: float | None
    rate: int
    samples: int
    behind_ns: int


@dataclass(frozen=True, slots=True, eq=False)
class RecordedSound:
    """Sound as captured: float32 mono [n]; `captured_ns` is that of its last sample."""

    captured_ns: int
    name: str
    media_time_s: float | None
    rate: int
    samples: Array

    def block(self, number: int, captured_ns: int, media_time_s: float | None) -> AudioBlock:
        """The sound as a source gives it."""
        return AudioBlock(number, captured_ns, self.samples, self.rate, media_time_s, self.name)


@dataclass(frozen=True, slots=True, eq=False)
class RecordedAnswer:
    """What the model said of sample `seq`, captured at `captured_ns` and decoded at `at_ns`."""

    seq: int
    lane: int
    captured_ns: int
    at_ns: int
    name: str
    media_time_s: float | None
    predictions: Predictions


@dataclass(frozen=True, slots=True)
class RecordedTimeline:
    """What the answer to sample `seq` cost: marks are nanoseconds after its capture."""

    seq: int
    lane: int
    captured_ns: int
    marks_ns: dict[str, int]
    spans_ms: dict[str, float]
    bytes_out: int
    bytes_in: int
    server: ServerTiming | None


Recorded: TypeAlias = (
    RecordedPicture
    | RecordedWindow
    | RecordedSound
    | RecordedAnswer
    | RecordedTimeline
    | FailureNote
    | LossNote
    | WordNote
    | SettingsNote
    | SourceNote
    | LedgerNote
    | Log
)
"""Notes, settings and numbers are as they stand in the file."""
