"""A picture that grows at its right edge and moves left with the clock."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter

from backend.core.samples import AudioBlock
from backend.core.tensors import Array

_JUMP_S = 0.15
_FOLLOW = 0.05


class SampleClock:
    """When the newest sample was taken, steadier than the times of the blocks it comes in.

    Blocks arrive with jitter; their samples do not have it. The clock counts samples and follows
    the blocks' times slowly; only a jump of more than 0.15 s is taken as a gap.
    """

    def __init__(self) -> None:
        self.end_s: float | None = None

    def advance(self, block: AudioBlock) -> float:
        """Count a block in; returns the seconds of silence before it, usually 0."""
        at_s = block.captured_ns / 1e9
        if self.end_s is None:
            self.end_s = at_s
            return 0.0
        expected = self.end_s + len(block.samples) / block.rate
        error = at_s - expected
        if abs(error) <= _JUMP_S:
            self.end_s = expected + _FOLLOW * error
            return 0.0
        self.end_s = at_s
        return max(0.0, error)


class RingImage:
    """The newest `columns` columns of an RGB picture, each stored twice.

    Because of the second copy any stretch of neighbouring columns is one rectangle of memory, so
    drawing it is one blit, and adding a column touches only that column.
    """

    def __init__(self, columns: int, rows: int, ground: int) -> None:
        self.columns, self.rows = columns, rows
        self._ground = np.uint32(ground)
        self._pixels = np.full((rows, 2 * columns), self._ground, np.uint32)
        self._image = QImage(
            self._pixels.data, 2 * columns, rows, 8 * columns, QImage.Format.Format_RGB32
        )
        self._count = 0

    def push(self, columns: Array) -> None:
        """Add uint32 columns [rows, n], 0xffRRGGBB, oldest first."""
        columns = columns[:, -self.columns :]
        added = columns.shape[1]
        slots = (self._count + np.arange(added)) % self.columns
        self._pixels[:, slots] = columns
        self._pixels[:, slots + self.columns] = columns
        self._count += added

    def skip(self, count: int) -> None:
        """Add empty columns."""
        count = min(count, self.columns)
        if count > 0:
            self.push(np.full((self.rows, count), self._ground, np.uint32))

    def newest(self, count: int) -> Array:
        """A copy of the newest columns, uint32 [rows, count], oldest first."""
        end = self._count % self.columns + self.columns
        return self._pixels[:, end - count : end].copy()

    def paint(self, painter: QPainter, target: QRect, ahead: int) -> None:
        """Fill `target` with one column per pixel.

        Its right edge lies `ahead` columns after the newest column, or before it if negative;
        what is not known yet keeps the ground colour.
        """
        blank = min(max(0, ahead), target.width())
        hidden = max(0, -ahead)
        width = min(target.width() - blank, self.columns - hidden)
        if width < target.width():
            painter.fillRect(target, QColor(int(self._ground)))
        if width <= 0:
            return
        end = self._count % self.columns + self.columns - hidden
        left = target.x() + target.width() - blank - width
        painter.drawImage(
            QRect(left, target.y(), width, target.height()),
            self._image,
            QRect(end - width, 0, width, self.rows),
        )
