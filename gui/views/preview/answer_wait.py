"""Lets a live frame wait a moment for its answer, so that both are painted at once.

Painting the frame first and its boxes some milliseconds later would cost twice as much, and show
the boxes of one frame on the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer

from backend.core.samples import Frame

HOLD_MS = 12


class AnswerWait:
    """Holds frames back as long as answers come within HOLD_MS of their frames."""

    def __init__(self, parent: QObject, paint: Callable[[], None]) -> None:
        self._frame: Frame | None = None
        self._came_ns = 0
        self._quick = False
        self._timer = QTimer(parent, singleShot=True, interval=HOLD_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(paint)

    def holds(self, frame: Frame) -> bool:
        """Whether this frame, which came now, waits; `paint` is called if nothing comes."""
        self._frame, self._came_ns = frame, time.monotonic_ns()
        if self._quick and not self._timer.isActive():
            self._timer.start()
        return self._quick

    def answered(self, frame: object) -> None:
        """An answer for that frame came now, None for the end of answers."""
        self._timer.stop()
        waited_ns = time.monotonic_ns() - self._came_ns
        self._quick = frame is not None and frame is self._frame and waited_ns < HOLD_MS * 1_000_000
