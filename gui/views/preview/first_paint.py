"""Remembers when a picture or a result was on the screen for the first time."""

from __future__ import annotations

from dataclasses import dataclass

from backend.core.flow import DrainLog
from backend.core.samples import Frame
from backend.core.status import Result


@dataclass(frozen=True, slots=True)
class FirstPaint:
    """The moment a frame was first painted, or first had its predictions painted (`is_result`)."""

    seq: int
    captured_ns: int
    painted_ns: int
    is_result: bool

    @property
    def age_ms(self) -> float:
        """Milliseconds from capture to first paint."""
        return (self.painted_ns - self.captured_ns) / 1e6


class FirstPaints:
    """Notes each frame once as a picture and once as a result, into a bounded log."""

    def __init__(self, log: DrainLog[FirstPaint]) -> None:
        self._log = log
        self._picture: Frame | None = None
        self._result: Frame | None = None

    def painted(self, picture: Frame, result: Result | None, now_ns: int) -> None:
        """`picture` is on the screen, with the predictions of `result`."""
        if picture is not self._picture:
            self._picture = picture
            self._log.put(FirstPaint(picture.seq, picture.captured_ns, now_ns, is_result=False))
        frame = result.sample if result is not None else None
        if isinstance(frame, Frame) and frame is not self._result:
            self._result = frame
            self._log.put(FirstPaint(frame.seq, frame.captured_ns, now_ns, is_result=True))
