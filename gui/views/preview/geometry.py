"""Where a picture lies in a widget, and how its pixels and the widget's points map to each other.

Mirror and rotation only change what is shown. A picture is mirrored left to right first and then
turned clockwise; boxes and points go the same way, so they stay on what they mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias, TypeVar

import numpy as np

from backend.core.tensors import Array

Box: TypeAlias = tuple[float, float, float, float]
"""x0, y0, x1, y1."""

_Part = TypeVar("_Part", float, Array)


class Rotation(IntEnum):
    """Clockwise turn of the shown picture, in degrees."""

    NONE = 0
    QUARTER = 90
    HALF = 180
    THREE_QUARTERS = 270

    @property
    def swaps_sides(self) -> bool:
        """Whether width and height change places."""
        return self in (Rotation.QUARTER, Rotation.THREE_QUARTERS)


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle with its top left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """y of the lower edge."""
        return self.y + self.height

    def scaled(self, factor: float) -> Area:
        """The same rectangle in another unit."""
        return Area(self.x * factor, self.y * factor, self.width * factor, self.height * factor)

    def inside(self, width: float, height: float) -> Area:
        """The part of it that lies between the origin and there."""
        left, top = max(0.0, self.x), max(0.0, self.y)
        right, bottom = min(width, self.right), min(height, self.bottom)
        return Area(left, top, right - left, bottom - top)

    def overlap(self, other: Area) -> float:
        """The area that both cover."""
        width = min(self.right, other.right) - max(self.x, other.x)
        height = min(self.bottom, other.bottom) - max(self.y, other.y)
        return max(0.0, width) * max(0.0, height)


def shown_size(width: int, height: int, rotation: Rotation) -> tuple[int, int]:
    """Width and height after the turn."""
    return (height, width) if rotation.swaps_sides else (width, height)


def letterbox(width: int, height: int, outer_width: int, outer_height: int) -> Area:
    """The largest rectangle of the picture's shape, centred, on whole pixels.

    Sides are at least one pixel, so that a picture never vanishes in a tiny widget.
    """
    scale = min(outer_width / width, outer_height / height)
    shown_width = max(1, min(outer_width, round(width * scale)))
    shown_height = max(1, min(outer_height, round(height * scale)))
    return Area(
        (outer_width - shown_width) // 2,
        (outer_height - shown_height) // 2,
        shown_width,
        shown_height,
    )


def exact(width: int, height: int, outer_width: int, outer_height: int, pan: Pan) -> Area:
    """One picture pixel per screen pixel, centred and then moved by `pan` as far as it goes."""
    return Area(
        _along(width, outer_width, pan.x), _along(height, outer_height, pan.y), width, height
    )


@dataclass(frozen=True, slots=True)
class Pan:
    """How far the user has dragged the picture, in screen pixels."""

    x: float = 0.0
    y: float = 0.0

    def moved(self, x: float, y: float) -> Pan:
        """Dragged on by so much."""
        return Pan(self.x + x, self.y + y)


def _along(size: int, outer: int, pan: float) -> int:
    """Start of a side: centred where it fits, else moved but never past its own ends."""
    centred = (outer - size) // 2
    if size <= outer:
        return centred
    return int(min(0, max(outer - size, centred + round(pan))))


@dataclass(frozen=True, slots=True)
class Placement:
    """A source picture of `width` x `height` pixels, shown in `area` with mirror and rotation."""

    width: int
    height: int
    area: Area
    rotation: Rotation = Rotation.NONE
    mirrored: bool = False

    @property
    def scale(self) -> float:
        """Widget points per source pixel."""
        across = self.height if self.rotation.swaps_sides else self.width
        return self.area.width / across

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        """Source pixels to widget points."""
        u, v = x / self.width, y / self.height
        if self.mirrored:
            u = 1.0 - u
        u, v = _turn(u, v, self.rotation)
        return self.area.x + u * self.area.width, self.area.y + v * self.area.height

    def points_to_view(self, points: Array) -> Array:
        """Source pixels [n, 2] to widget points [n, 2]."""
        u, v = points[:, 0] / self.width, points[:, 1] / self.height
        u, v = _turn(1.0 - u if self.mirrored else u, v, self.rotation)
        return np.column_stack(
            (self.area.x + u * self.area.width, self.area.y + v * self.area.height)
        )

    def box_to_view(self, box: Box) -> Area:
        """A source box as a rectangle in the widget, with its sides in order."""
        x0, y0 = self.to_view(box[0], box[1])
        x1, y1 = self.to_view(box[2], box[3])
        return Area(min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0))


def _turn(u: _Part, v: _Part, rotation: Rotation) -> tuple[_Part, _Part]:
    """A point, or many, of the unit square after a clockwise turn of the square."""
    match rotation:
        case Rotation.NONE:
            return u, v
        case Rotation.QUARTER:
            return 1.0 - v, u
        case Rotation.HALF:
            return 1.0 - u, 1.0 - v
        case Rotation.THREE_QUARTERS:
            return v, 1.0 - u


def displayed(pixels: Array, rotation: Rotation, *, mirrored: bool) -> Array:
    """The picture as it is shown: mirrored, then turned clockwise; contiguous."""
    shown = pixels[:, ::-1] if mirrored else pixels
    return np.ascontiguousarray(np.rot90(shown, k=-(rotation // 90)))
