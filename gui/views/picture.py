"""Turns a frame's pixels into an image that is ready to be copied to the screen."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from backend.core.samples import Frame
from backend.core.tensors import Array
from gui.views.geometry import Area, Rotation, displayed

_SMOOTH_BELOW = 2.0
"""From this enlargement on, single pixels are meant to be seen and are drawn as squares."""


def image_over(pixels: Array) -> QImage:
    """A QImage that shows a contiguous uint8 [height, width, 3] RGB array without copying it.

    The caller keeps the array for as long as the image lives, and nobody writes to it.
    """
    height, width, _ = pixels.shape
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)


class Picture:
    """The frame last painted, already turned and scaled for the screen.

    Scaling once per frame, to exactly the device pixels it will cover, makes each painting a plain
    copy, however often the overlay above it changes.
    """

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._frame: Frame | None = None
        self._image = QImage()

    def image(self, frame: Frame, area: Area, rotation: Rotation, *, mirrored: bool) -> QImage:
        """The picture with the size of `area`, which is in device pixels."""
        key = (area.width, area.height, rotation, mirrored)
        if frame is not self._frame or key != self._key:
            self._image = _scaled(displayed(frame.pixels, rotation, mirrored=mirrored), area)
            self._frame, self._key = frame, key
        return self._image

    def forget(self) -> None:
        """Let go of the frame's memory."""
        self._frame, self._image = None, QImage()


def _scaled(pixels: Array, area: Area) -> QImage:
    """A copy of its own, in the screen's format; smooth unless single pixels are meant to show."""
    # 32 bits per pixel first: Qt scales and copies these several times faster than 24.
    image = image_over(pixels).convertToFormat(QImage.Format.Format_RGB32)
    width, height = int(area.width), int(area.height)
    if (image.width(), image.height()) == (width, height):
        return image
    smooth = width < _SMOOTH_BELOW * image.width()
    mode = (
        Qt.TransformationMode.SmoothTransformation
        if smooth
        else Qt.TransformationMode.FastTransformation
    )
    return image.scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
