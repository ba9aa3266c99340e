"""Turns a frame's pixels into an image that is ready to be copied to the screen."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from backend.core.samples import Frame
from backend.core.tensors import Array
from gui.views.preview.geometry import Area, Rotation, displayed

_BLURRED_SIDE = 24
"""A picture out of focus has no more detail than one with this many pixels along its short side."""

_STRIP = 64
"""Lines drawn at a time."""


_BEYOND = 12
"""Points by which marks may reach out of the picture."""

_KEPT = 4
"""Frames: the one on the screen, the next, and two that come while that waits."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Size in device pixels, turn and mirror of a frame on the screen."""

    width: int
    height: int
    rotation: Rotation
    mirrored: bool


def paint_margins(painter: QPainter, area: Area, size: tuple[float, float], color: QColor) -> None:
    """Fill what a picture at `area` leaves of a widget of that size."""
    width, height = size
    for margin in (
        QRectF(0, 0, width, area.y),
        QRectF(0, area.bottom, width, height - area.bottom),
        QRectF(0, area.y, area.x, area.height),
        QRectF(area.right, area.y, width - area.right, area.height),
    ):
        if margin.width() > 0 and margin.height() > 0:
            painter.fillRect(margin, color)


def touched(area: Area) -> QRect:
    """The part of a widget in which a picture at `area` and marks on its edges are painted."""
    whole = QRectF(area.x, area.y, area.width, area.height).toAlignedRect()
    return whole.adjusted(-_BEYOND, -_BEYOND, _BEYOND, _BEYOND)


class Picture:
    """Frames already turned and scaled for the screen.

    Scaling once per frame, to exactly the device pixels it will cover, makes each painting a plain
    copy, however often the overlay above it changes. `prepare` does it on another thread, ahead of
    the painting, with what the painting before wanted. Whoever needs an image that another thread
    is making waits for that, and for no other.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._making: list[tuple[Frame, _Wanted]] = []
        self._wanted: _Wanted | None = None
        self._kept: deque[tuple[Frame, _Wanted, QImage]] = deque(maxlen=_KEPT)

    def image(self, frame: Frame, area: Area, rotation: Rotation, *, mirrored: bool) -> QImage:
        """The picture with the size of `area`, which is in device pixels."""
        self._wanted = wanted = _Wanted(int(area.width), int(area.height), rotation, mirrored)
        return self._scaled(frame, wanted)

    def prepare(self, frame: Frame) -> bool:
        """Make the image that a painting will ask for, if it is known; from any thread."""
        if (wanted := self._wanted) is not None:
            self._scaled(frame, wanted)
        return wanted is not None

    def forget(self) -> None:
        """Let go of the frames' memory."""
        with self._changed:
            self._kept.clear()

    def _scaled(self, frame: Frame, wanted: _Wanted) -> QImage:
        with self._changed:
            self._changed.wait_for(lambda: not self._is_made(frame, wanted))
            for kept, made_for, image in self._kept:
                if kept is frame and made_for == wanted:
                    return image
            self._making.append((frame, wanted))
        made: QImage | None = None
        try:
            pixels = displayed(frame.pixels, wanted.rotation, mirrored=wanted.mirrored)
            made = _scaled(pixels, wanted.width, wanted.height)
        finally:
            with self._changed:
                self._making.remove((frame, wanted))
                if made is not None:
                    self._kept.append((frame, wanted, made))
                self._changed.notify_all()
        return made

    def _is_made(self, frame: Frame, wanted: _Wanted) -> bool:
        return any(other is frame and made_for == wanted for other, made_for in self._making)


def _scaled(pixels: Array, width: int, height: int) -> QImage:
    """A copy of its own, in the screen's format; smooth unless single pixels are meant to show."""
    from backend.wire.media.screen import scale_onto  # OpenCV, which a start does not wait for

    image = QImage(width, height, QImage.Format.Format_RGB32)
    scale_onto(pixels, np.frombuffer(image.bits(), np.uint8).reshape(height, width, 4))
    return image


def blurred(image: QImage) -> QImage:
    """The image out of focus: shrunk by half again and again, and drawn large again."""
    small = image
    while min(small.width(), small.height()) > _BLURRED_SIDE:
        small = _smooth(small, small.width() // 2, small.height() // 2)
    middle = _smooth(small, max(1, image.width() // 4), max(1, image.height() // 4))
    return _smooth(middle, image.width(), image.height())


def _smooth(image: QImage, width: int, height: int) -> QImage:
    """The image in another size, on this thread only.

    Qt hands larger pieces to a pool of threads and waits for them; on a machine that is busy with
    models and servers that wait is many times longer than the work. Strips stay below its limit.
    """
    scaled = QImage(width, height, QImage.Format.Format_RGB32)
    painter = QPainter(scaled)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    for y in range(0, height, _STRIP):
        painter.setClipRect(0, y, width, _STRIP)
        painter.drawImage(QRect(0, 0, width, height), image)
    painter.end()
    return scaled
