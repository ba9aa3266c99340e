"""What lies over the picture, as an image that is kept until something in it changes.

A live picture is painted for each frame and again for each answer, and only the answer changes what
lies over it. Drawing on an image of its own is also several times faster for soft, see-through
lines: on it they replace what is there, where on a picture they would have to be mixed with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter

from gui.views.preview.geometry import Area

_T = TypeVar("_T")


class OverlayLayer(Generic[_T]):
    """Draws on an image and paints that; `drawn` counts how often it was drawn."""

    def __init__(self) -> None:
        self.drawn = 0
        self._image = QImage()
        self._source: object = None
        self._key: tuple[object, ...] = ()
        self._told: _T | None = None

    def paint(
        self,
        painter: QPainter,
        source: object,
        key: tuple[object, ...],
        area: Area,
        draw: Callable[[QPainter], _T],
    ) -> _T:
        """Paint what `draw` draws within the area, and give what it gives."""
        ratio = painter.device().devicePixelRatioF()
        told = self.prepare(source, key, area, ratio, draw)
        painter.drawImage(0, 0, self._image)
        return told

    def prepare(
        self,
        source: object,
        key: tuple[object, ...],
        area: Area,
        ratio: float,
        draw: Callable[[QPainter], _T],
    ) -> _T:
        """Draw it for that many device pixels per point; from any thread, one at a time.

        `draw` is called only if `source` is another object, or `key` is not equal to the one
        before.
        """
        key = (*key, ratio, area)
        if self._told is None or source is not self._source or key != self._key:
            self._clear(area, ratio)
            on_image = QPainter(self._image)
            self._told = draw(on_image)
            on_image.end()
            self._source, self._key = source, key
            self.drawn += 1
        return self._told

    def _clear(self, area: Area, ratio: float) -> None:
        width, height = math.ceil(area.right * ratio), math.ceil(area.bottom * ratio)
        if (self._image.width(), self._image.height()) != (width, height):
            form = QImage.Format.Format_ARGB32_Premultiplied
            self._image = QImage(max(1, width), max(1, height), form)
        self._image.setDevicePixelRatio(ratio)
        self._image.fill(Qt.GlobalColor.transparent)
