"""Turns a frame's pixels into an image that is ready to be copied to the screen."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from backend.core.samples import Frame
from backend.core.tensors import Array
from gui.views.preview.geometry import Area, Rotation, displayed

_SMOOTH_BELOW = 2.0
"""From this enlargement on, single pixels are meant to be seen and are drawn as squares."""

_BLURRED_SIDE = 24
"""A picture out of focus has no more detail than one with this many pixels along its short side."""

_STRIP = 64
"""Lines drawn at a time."""


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
    if width >= _SMOOTH_BELOW * image.width():
        return image.scaled(width, height)
    # Halving first makes every pixel count: one smooth step looks at the nearest four only.
    while image.width() >= 2 * width and image.height() >= 2 * height:
        image = _smooth(image, image.width() // 2, image.height() // 2)
    return _smooth(image, width, height)


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
