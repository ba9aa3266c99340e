"""One item of a source: a video frame, a block of sound, a window of sound."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from backend.core.tensors import Array


class MediaKind(StrEnum):
    """What a source gives and a model takes; a model of kind BYTES takes anything."""

    IMAGE = "image"
    AUDIO = "audio"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True, eq=False)
class FrameFile:
    """A picture as the bytes of a file; `encoding` is a word of `choices.ImageEncoding`.

    `quality` is that of a JPEG, 1 to 100, and 0 for what has none.
    """

    encoding: str
    quality: int
    data: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture: `pixels` is uint8 [height, width, 3], RGB, never written to again.

    `captured_ns` is `time.monotonic_ns()` at capture; `media_time_s` the place in a file;
    `name` the file it came from, if any. `file` is what the pixels travel as or were read from,
    where that is known: it is then not encoded anew. `played_s` is how far into the file that is
    played it is, of a recording too, whose pictures may have places in files of their own.
    """

    seq: int
    captured_ns: int
    pixels: Array
    media_time_s: float | None = None
    name: str = ""
    file: FrameFile | None = None
    played_s: float | None = None

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True)
class WindowGrid:
    """Where sound was cut before: `start_s` after a block's first sample a window began.

    It had so many `samples` at `rate`; the start of one that began before the block is negative.
    """

    start_s: float
    samples: int
    rate: int


@dataclass(frozen=True, slots=True, eq=False)
class AudioBlock:
    """A piece of sound as captured: float32 mono [n], -1 to 1, at `rate` samples per second.

    `captured_ns` is the moment of its last sample. `follows` is False for the first block after a
    jump: what was heard before it is of another place. Windows of the same length are then cut
    where they were before, if `grid` says where.
    """

    seq: int
    captured_ns: int
    samples: Array
    rate: int
    media_time_s: float | None = None
    name: str = ""
    follows: bool = True
    grid: WindowGrid | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AudioWindow:
    """The stretch of sound a model looks at: float32 mono [n] at the model's rate.

    `captured_ns` is the moment of its last sample, `media_time_s` that of its first; `behind_ns`
    is how long it ended before the end of a block, or after it where silence was added.
    """

    seq: int
    captured_ns: int
    samples: Array
    rate: int
    media_time_s: float | None = None
    name: str = ""
    behind_ns: int = 0


Sample: TypeAlias = Frame | AudioWindow
"""What a profile turns into tensors."""

Captured: TypeAlias = Frame | AudioBlock | AudioWindow
"""What a source gives; windows are given by one that another run has cut them for."""
