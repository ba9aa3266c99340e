"""The test pattern: moving shapes whose places are known, so that a model can be checked."""

from __future__ import annotations

import threading
import time

from backend.core.errors import UsageError
from backend.core.samples import Frame, MediaKind
from backend.core.status import SourceInfo
from backend.core.tensors import Array
from backend.sources.generated.ticker import Ticker
from backend.sources.kind import GENERATED, SourceKind

_SMALLEST, _LARGEST = 160, 8192


class TestPattern:
    """A live source of pictures that are the same for the same seed and frame number.

    Only the clock, which shows the time since `open`, differs from run to run: the age of what is
    on the screen can be read off it. Raises UsageError for a size under 160 or over 8192 pixels a
    side or a rate that is not above 0 and at most 240 frames per second.
    """

    __test__ = False  # pytest takes every class of this name for a test

    def __init__(
        self, width: int = 640, height: int = 480, fps: float = 30.0, seed: int = 0
    ) -> None:
        if not (_SMALLEST <= width <= _LARGEST and _SMALLEST <= height <= _LARGEST):
            raise UsageError(
                f"A test pattern has {_SMALLEST} to {_LARGEST} pixels a side, "
                f"got {width} x {height}."
            )
        if not 0 < fps <= 240:
            raise UsageError(f"A test pattern has above 0 and at most 240 fps, got {fps}.")
        self._fps = float(fps)
        # The profile of the model whose shapes it draws, and OpenCV: only for who streams it.
        from backend.sources.generated.pattern_drawing import Painter
        from backend.sources.generated.pattern_scene import Scene

        self._painter = Painter(width, height, Scene(width, height, seed))
        self._ticker = Ticker(1 / self._fps)
        self._opened_ns = 0
        self._seq = 0
        self.info = SourceInfo(
            kind=MediaKind.IMAGE,
            name="Test pattern",
            live=True,
            width=width,
            height=height,
            rate=self._fps,
        )

    def open(self, stop: threading.Event) -> SourceInfo:  # noqa: ARG002 - never waits
        """Start at frame 0."""
        self._seq = 0
        self._opened_ns = time.monotonic_ns()
        self._ticker.restart()
        return self.info

    def read(self, stop: threading.Event) -> Frame | None:
        """The next frame, when it is due; none is left out, however late the reader comes."""
        if not self._ticker.wait(stop):
            return None
        now_ns = time.monotonic_ns()
        clock_ms = (now_ns - self._opened_ns) // 1_000_000
        frame = Frame(self._seq, now_ns, self.paint(self._seq, clock_ms), name=self.info.name)
        self._seq += 1
        return frame

    def close(self) -> None:
        """Nothing is held."""

    def paint(self, seq: int, clock_ms: int) -> Array:
        """The picture with that number: RGB uint8 [height, width, 3]."""
        return self._painter.paint(seq, seq / self._fps, clock_ms)


PATTERN = SourceKind(
    scheme="pattern",
    title="Test pattern",
    icon="pattern",
    make=lambda _argument, _options: TestPattern(),
    tip="Moving shapes with known places, a frame number and a clock, 640x480 at 30 fps",
    group=GENERATED,
    demo_model="shapes",
)
