"""Masks as coloured pictures, ready to be copied to the screen, and what their colours mean."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtGui import QColor, QImage, QPainter

from backend.core.predictions import Mask, shares
from backend.core.tensors import Array
from gui.views.class_hues import ClassHues, class_name
from gui.views.preview.geometry import Placement, displayed
from gui.views.preview.look import LegendRow, MaskMode, OverlayStyle
from gui.views.preview.marks import mark_color
from gui.views.preview.picture import blurred
from gui.widgets.language import percent

_DIMMED = 0.78


class MaskLayer:
    """Keeps the newest mask in its colours, as large as it is shown."""

    def __init__(self) -> None:
        self._mask: Mask | None = None
        self._key: tuple[object, ...] = ()
        self._image, self._pixels = QImage(), np.zeros((1, 1), np.uint32)
        self._counted: Mask | None = None
        self._rows: tuple[LegendRow, ...] = ()

    def image(
        self,
        mask: Mask,
        placement: Placement,
        style: OverlayStyle,
        ground: QColor,
        picture: QImage,
        ratio: float,
        hues: ClassHues,
    ) -> QImage:
        """The mask over the picture as shown, in device pixels; made once for each mask.

        `ground` is what removed background is replaced by, `picture` what is under the mask,
        which is looked at to blur it only.
        """
        size = round(placement.area.width * ratio), round(placement.area.height * ratio)
        blur = style.masks is MaskMode.BLUR
        under = (ground.rgb(), picture.cacheKey() if blur else 0)
        shown = (size, placement.rotation, placement.mirrored)
        key = (*shown, style.masks, style.mask_opacity, *under)
        if mask is not self._mask or key != self._key:
            numbers = {index: hues.number(_name(mask.labels, index)) for index, _ in shares(mask)}
            self._pixels = _colored(mask, placement, size, (style, ground, numbers))
            self._image = _image_over(self._pixels)
            if blur and not picture.isNull():
                self._image = _through(self._image, blurred(picture), size)
            self._mask, self._key = mask, key
        return self._image

    def rows(self, mask: Mask, hues: ClassHues) -> tuple[LegendRow, ...]:
        """Its classes with their part of the picture, the largest first."""
        if mask is not self._counted:
            self._counted, self._rows = mask, tuple(_rows(mask, hues))
        return self._rows


def mask_colors(style: OverlayStyle, ground: QColor, numbers: Mapping[int, int]) -> Array:
    """uint32 [256] ARGB, premultiplied, for classes by index; `numbers` chooses their colours.

    For MaskMode.BLUR only the alpha matters: it is that of the blurred picture.
    """
    table = np.zeros(256, np.uint32)
    match style.masks:
        case MaskMode.COLORS:
            for index in range(1, 256):
                table[index] = _argb(mark_color(numbers.get(index, index)), style.mask_opacity)
        case MaskMode.DIM:
            table[0] = _argb(QColor(0, 0, 0), _DIMMED)
        case MaskMode.BLUR | MaskMode.REMOVE:
            table[0] = _argb(ground, 1.0)
    return table


def foreground_colors(style: OverlayStyle, ground: QColor, number: int) -> Array:
    """uint32 [256] ARGB, premultiplied, by how sure a pixel is no background: edges are soft."""
    table = np.zeros(256, np.uint32)
    color = mark_color(number)
    for sure in range(256):
        share = sure / 255
        match style.masks:
            case MaskMode.COLORS:
                table[sure] = _argb(color, style.mask_opacity * share)
            case MaskMode.DIM:
                table[sure] = _argb(QColor(0, 0, 0), _DIMMED * (1 - share))
            case MaskMode.BLUR | MaskMode.REMOVE:
                table[sure] = _argb(ground, 1 - share)
    return table


def _argb(color: QColor, alpha: float) -> int:
    red, green, blue = (round(part * alpha) for part in (color.red(), color.green(), color.blue()))
    return round(255 * alpha) << 24 | red << 16 | green << 8 | blue


def _colored(
    mask: Mask,
    placement: Placement,
    size: tuple[int, int],
    look: tuple[OverlayStyle, QColor, Mapping[int, int]],
) -> Array:
    """uint32 [height, width] as shown; only pixels that will be seen are looked up."""
    style, ground, numbers = look
    if mask.foreground is None:
        values, table = mask.classes, mask_colors(style, ground, numbers)
    else:
        number = next(iter(numbers.values()), 0)
        values, table = mask.foreground, foreground_colors(style, ground, number)
    values = displayed(values, placement.rotation, mirrored=placement.mirrored)
    height, width = values.shape
    rows = np.arange(size[1]) * height // size[1]
    columns = np.arange(size[0]) * width // size[0]
    return np.asarray(np.take(table, np.take(values[rows], columns, axis=1)))


def _image_over(pixels: Array) -> QImage:
    """A QImage over uint32 [height, width], which the caller keeps."""
    height, width = pixels.shape
    form = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.data, width, height, 4 * width, form)


def _through(mask: QImage, picture: QImage, size: tuple[int, int]) -> QImage:
    """The picture where the mask is solid, clear elsewhere."""
    seen = QImage(*size, QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(seen)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    painter.drawImage(0, 0, picture)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
    painter.drawImage(0, 0, mask)
    painter.end()
    return seen


def _rows(mask: Mask, hues: ClassHues) -> list[LegendRow]:
    named = [(_name(mask.labels, index), share) for index, share in shares(mask)]
    return [LegendRow(name, percent(share, 0), hue=hues.number(name)) for name, share in named]


def _name(labels: tuple[str, ...], index: int) -> str:
    return class_name(labels[index] if index < len(labels) else "", index)
