"""How an overlay is drawn: what the user chose, and what is known beside the predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont

from backend.core.predictions import Detection
from gui.views.class_hues import ClassHues, class_name
from gui.views.preview.geometry import Area
from gui.widgets.theme import Palette


class Layer(StrEnum):
    """A part of the overlay that can be switched off."""

    BOXES = "boxes"
    LABELS = "labels"
    SCORES = "scores"
    POINTS = "points"
    MASKS = "masks"
    TRAILS = "trails"
    COUNTS = "counts"


LAYER_KEYS = {
    Qt.Key.Key_B: Layer.BOXES,
    Qt.Key.Key_M: Layer.MASKS,
    Qt.Key.Key_K: Layer.POINTS,
    Qt.Key.Key_L: Layer.LABELS,
}
ALL_LAYERS = frozenset(Layer)


class MaskMode(StrEnum):
    """What a mask does to the picture: its classes in colours, or what is outside them changed."""

    COLORS = "colors"
    DIM = "dim"
    BLUR = "blur"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class OverlayStyle:
    """What the user chose.

    Objects and points with a lower score than `threshold` are left out. `opacity` is that of all
    that is drawn but the legend, and masks, which have `mask_opacity`; both are 0 to 1.
    """

    layers: frozenset[Layer] = ALL_LAYERS
    threshold: float = 0.0
    opacity: float = 1.0
    mask_opacity: float = 0.5
    masks: MaskMode = MaskMode.COLORS

    def shows(self, layer: Layer) -> bool:
        """Whether the layer is on."""
        return layer in self.layers


class Place(Protocol):
    """A place in source pixels."""

    @property
    def x(self) -> float:
        """To the right."""
        ...

    @property
    def y(self) -> float:
        """Downwards."""
        ...


class Followed(Protocol):
    """An object that was followed from result to result."""

    @property
    def id(self) -> int:
        """Its number, never used twice."""
        ...

    @property
    def trail(self) -> Sequence[Place]:
        """Where its middle was, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class LegendRow:
    """A name with its value and a note beside it; `hue` chooses its mark colour, None for none."""

    name: str
    value: str
    note: str = ""
    hue: int | None = None


@dataclass(frozen=True, slots=True)
class Following:
    """What is known of the objects of a result from those before it.

    `tracks` are in the order of its detections. With `by_track` each object has a colour of its
    own, else each class has one.
    """

    tracks: tuple[Followed | None, ...] = ()
    counts: tuple[LegendRow, ...] = ()
    by_track: bool = False

    def track(self, place: int) -> Followed | None:
        """The track of a detection by its place in the result."""
        return self.tracks[place] if place < len(self.tracks) else None


NOTHING_FOLLOWED = Following()


@dataclass(frozen=True, slots=True)
class Look:
    """Style with what it depends on where it is drawn.

    `bounds` is the part of the widget that tags must stay within, `outer` all of it, where the
    legend is put if given; `pointer` is the place of the pointer. `emphasis` is how many times
    larger than designed labels and legend are at least, for those who look from afar; the legend is
    only gathered, not drawn, if somebody else shows it. A second answer has `dashed` boxes.
    """

    palette: Palette
    font: QFont
    style: OverlayStyle
    bounds: Area
    outer: Area | None = None
    following: Following = NOTHING_FOLLOWED
    pointer: tuple[float, float] | None = None
    emphasis: float = 1.0
    legend_elsewhere: bool = False
    dashed: bool = False
    hues: ClassHues = field(default_factory=ClassHues)

    @property
    def corner(self) -> Area:
        """Where the legend has its corner: beside the picture if there is room."""
        return self.bounds if self.outer is None else self.outer

    def shows(self, layer: Layer) -> bool:
        """Whether the layer is on."""
        return self.style.shows(layer)

    def hue(self, place: int, item: Detection) -> int:
        """The number that chooses the mark colour of a detection by its place in the result."""
        track = self.following.track(place)
        if self.following.by_track and track is not None:
            return track.id
        return self.hues.number(class_name(item.label, item.index))
