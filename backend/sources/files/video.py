"""A video file: every frame, at the speed it was filmed or as fast as it is taken."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from backend.core.errors import SourceError, SourceFault
from backend.core.flow import DrainLog
from backend.core.samples import Frame, MediaKind
from backend.core.status import Notice, Severity, SourceInfo
from backend.core.tensors import Array
from backend.sources.files.kinds import FORMATS, FileKind, PathKind, kind_of_head, read_head
from backend.sources.files.pacing import Pacer
from backend.sources.kind import Pace
from backend.sources.pixels import check_frames, rgb
from backend.sources.source import EndOfSource
from backend.wire.media.opencv import cv2

_FALLBACK_FPS = 25.0
_WHOLE = 0.95


class VideoSource:
    """The frames of a video file, once or in a loop.

    Frames are due at the times written in the file, so that a variable rate is kept. In a loop
    `seq` goes on rising while `media_time_s` starts over.
    """

    def __init__(
        self, path: Path, *, loop: bool, pace: Pace = Pace.OWN, speed: float = 1.0
    ) -> None:
        self._path = path
        self._loop = loop
        self._pacer = Pacer(pace, speed=speed)
        self._capture: cv2.VideoCapture | None = None
        self._pending: tuple[Array, float] | None = None
        self._seq = 0
        self._in_pass = 0
        self._pass_start_s = 0.0
        self._last_s = 0.0
        self._fps = _FALLBACK_FPS
        self._notices: DrainLog[Notice] = DrainLog(capacity=8)
        self._info = SourceInfo(MediaKind.IMAGE, path.name, live=False)

    @property
    def info(self) -> SourceInfo:
        """The file's name and, once open, its size, rate and length."""
        return self._info

    @property
    def notices(self) -> DrainLog[Notice]:
        """Says so when the file breaks off before its end."""
        return self._notices

    def open(self, stop: threading.Event) -> SourceInfo:  # noqa: ARG002 - opens at once
        """Open the file and decode its first frame; raises SourceError if that fails."""
        read_head(self._path)
        self._seq, self._pass_start_s = 0, 0.0
        self._pacer.restart()
        capture, (pixels, _) = self._begin()
        frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self._info = SourceInfo(
            MediaKind.IMAGE,
            self._path.name,
            live=False,
            width=pixels.shape[1],
            height=pixels.shape[0],
            rate=self._fps,
            items=frames if frames > 0 else None,
        )
        return self._info

    def read(self, stop: threading.Event) -> Frame | None:
        """The next frame, in its own time; raises EndOfSource after the last."""
        if self._capture is None:
            raise SourceError(SourceFault.LOST, f"{self._path.name} is not open.")
        if self._pending is None:
            self._pending = self._decode(self._capture)
        if self._pending is None:
            self._pending = self._next_pass()
        pixels, at_s = self._pending
        if not self._pacer.wait(self._pass_start_s + at_s, stop):
            return None
        self._pending = None
        frame = Frame(self._seq, time.monotonic_ns(), rgb(pixels), at_s, self._path.name)
        self._seq += 1
        return frame

    def close(self) -> None:
        """Close the file."""
        self._pending = None
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _begin(self) -> tuple[cv2.VideoCapture, tuple[Array, float]]:
        """Open the file at its first frame, which is kept for the next read."""
        self.close()
        capture = cv2.VideoCapture(str(self._path.resolve()), cv2.CAP_FFMPEG)
        self._in_pass, self._last_s = 0, 0.0
        self._fps = _sensible(capture.get(cv2.CAP_PROP_FPS))
        try:
            check_frames(capture, f"The video {self._path.name}")
        except SourceError:
            capture.release()
            raise
        first = self._decode(capture) if capture.isOpened() else None
        if first is None:
            capture.release()
            raise SourceError(
                SourceFault.UNREADABLE,
                f"The video {self._path.name} cannot be decoded: it is damaged, cut short, or "
                "uses a codec that OpenCV does not have.",
                hint="Convert it, for example: ffmpeg -i input -c:v libx264 output.mp4",
            )
        self._capture, self._pending = capture, first
        return capture, first

    def _decode(self, capture: cv2.VideoCapture) -> tuple[Array, float] | None:
        """The next frame in BGR and its time in seconds, or None at the end."""
        done, pixels = capture.read()
        if not done:
            return None
        at_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3
        if self._in_pass and at_s <= self._last_s:
            at_s = self._last_s + 1 / self._fps
        self._last_s = at_s
        self._in_pass += 1
        return pixels, at_s

    def _next_pass(self) -> tuple[Array, float]:
        """The first frame again; raises EndOfSource unless the file loops."""
        self._report_if_cut_short()
        if not self._loop:
            raise EndOfSource
        self._pass_start_s += self._last_s + 1 / self._fps
        _, first = self._begin()
        return first

    def _report_if_cut_short(self) -> None:
        expected = self._info.items
        if expected is not None and self._in_pass < expected * _WHOLE:
            self._notices.put(
                Notice(
                    Severity.WARNING,
                    f"{self._path.name} breaks off",
                    f"{self._in_pass} of {expected} frames could be read.",
                )
            )


def _sensible(fps: float) -> float:
    """Frames per second as written in the file, unless it makes no sense."""
    return fps if 0.1 <= fps <= 1000 else _FALLBACK_FPS


VIDEO = PathKind(
    "video",
    lambda path, head: kind_of_head(path, head) is FileKind.VIDEO,
    VideoSource,
    FORMATS[FileKind.VIDEO],
)
