"""A video file: every frame, at the speed it was filmed or as fast as it is taken."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

from backend.core.errors import SourceError, SourceFault
from backend.core.flow import DrainLog
from backend.core.samples import Frame, MediaKind
from backend.core.status import Notice, Severity, SourceInfo
from backend.core.tensors import Array
from backend.core.wording import Wording
from backend.sources.files.kinds import FORMATS, FileKind, PathKind, kind_of_head, read_head
from backend.sources.kind import Pace
from backend.sources.pixels import check_frames, rgb
from backend.sources.playback import Jump, Playback
from backend.sources.source import EndOfSource
from backend.wire.media.opencv import cv2

_FALLBACK_FPS = 25.0
_WHOLE = 0.95
_AHEAD = 1.5
"""So many frames before a place are decoded to come to it: times in files are rounded."""


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
        self.playback = Playback(pace, speed)
        self._capture: cv2.VideoCapture | None = None
        self._pending: tuple[Array, float] | None = None
        self._seq = 0
        self._in_pass = 0
        self._whole_pass = True
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
        capture, (pixels, _) = self._begin()
        frames = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self.playback.begin(frames / self._fps)
        self._info = SourceInfo(
            MediaKind.IMAGE,
            self._path.name,
            live=False,
            width=pixels.shape[1],
            height=pixels.shape[0],
            rate=self._fps,
            items=frames or None,
        )
        return self._info

    def read(self, stop: threading.Event) -> Frame | None:
        """The next frame, in its own time; raises EndOfSource after the last."""
        if self._capture is None:
            raise SourceError(SourceFault.LOST, f"{self._path.name} is not open.")
        jump = self.playback.take_jump()
        if jump is not None:
            self._go(jump)
        self._pending = self._pending or self._decode(self._capture)
        if self._pending is None or self.playback.is_past(self._pending[1]):
            if self.playback.holds_at_end(stop, loop=self._loop):
                return None
            self._pending = self._next_pass()
        pixels, at_s = self._pending
        if not self.playback.wait(self._pass_start_s + at_s, stop):
            return None
        self._pending = None
        self.playback.given(at_s)
        frame = Frame(
            self._seq,
            time.monotonic_ns(),
            rgb(pixels),
            at_s,
            self._path.name,
            played_s=at_s,
        )
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
        self._in_pass, self._last_s, self._whole_pass = 0, 0.0, True
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

    def _go(self, jump: Jump) -> None:
        """Decode up to a place, so that what comes next is the frame there."""
        self._pass_start_s = 0.0
        at_s = jump.to_s
        for _ in range(jump.back):
            at_s = self._before(at_s)
        self._pending = self._frame_at(at_s - 0.5 / self._fps)

    def _frame_at(self, from_s: float) -> tuple[Array, float] | None:
        """The first frame at or after a moment, or the last one there is."""
        found = None
        for frame in self._frames_from(from_s):
            found = frame
            if frame[1] >= from_s:
                break
        return found

    def _before(self, at_s: float) -> float:
        """The time of the last frame before a moment, 0 if there is none."""
        before_s = _AHEAD / self._fps
        while True:
            found = None
            for _, frame_s in self._frames_from(at_s - before_s):
                if frame_s > at_s - 0.5 / self._fps:
                    break
                found = frame_s
            if found is not None or before_s >= at_s:
                return found or 0.0
            before_s *= 4

    def _frames_from(self, from_s: float) -> Iterator[tuple[Array, float]]:
        """Frames from shortly before a moment on."""
        capture = self._capture
        assert capture is not None
        self._whole_pass = False
        for first in (max(0, int((from_s - _AHEAD / self._fps) * self._fps)), 0):
            self._in_pass, self._last_s = 0, 0.0
            capture.set(cv2.CAP_PROP_POS_FRAMES, first)
            frame = self._decode(capture)
            if first == 0 or (frame is not None and frame[1] <= max(from_s, 0.0)):
                break  # else it was led too far, and is come to from the start
        while frame is not None:
            yield frame
            frame = self._decode(capture)

    def _next_pass(self) -> tuple[Array, float]:
        """Where it goes on at the end; raises EndOfSource unless something is repeated."""
        span = self.playback.status().span
        if span is not None:
            self._go(Jump(span[0]))
            self.playback.restart()
            if self._pending is not None:
                return self._pending
        self._report_if_cut_short()
        if not self._loop:
            raise EndOfSource
        self._pass_start_s += self._last_s + 1 / self._fps
        _, first = self._begin()
        return first

    def _report_if_cut_short(self) -> None:
        expected = self._info.items
        if expected is not None and self._whole_pass and self._in_pass < expected * _WHOLE:
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
    Wording("video"),
    lambda path, head: kind_of_head(path, head) is FileKind.VIDEO,
    VideoSource,
    FORMATS[FileKind.VIDEO],
)
