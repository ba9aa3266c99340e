"""Finds faces that look at the camera, with the Haar cascades that ship inside OpenCV."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from backend.core.tensors import Array, Tensor
from backend.models.bundled.cascades import Cascade, Window
from backend.models.bundled.detections import FoundObject, box_tensors
from backend.models.bundled.scaling import grey, shrunk
from backend.models.bundled.skin import without_cold_places
from backend.models.bundled.turned import TurnedPicture
from backend.models.contract import BundledModel
from backend.models.inputs import picture
from backend.profiles.model_profile import ModelProfile
from backend.wire.media.opencv import cv2

_SIDE = 512
"""Longest side of the picture that is searched, in pixels."""

_FINE_STEP, _COARSE_STEP = 1.45, 1.2
"""From one size of window to the next: for the smallest and leaning faces, and for all others."""

_TILT = 25.0
"""Degrees by which the picture is turned, either way, for heads that lean over."""

_TILTED_SIDE = 171
"""Longest side of the picture that is searched for those, in pixels."""

_LEAST_TILTED = 2
"""Windows that make such a face."""

_BESIDE = 0.5
"""How far around a face that is found, in its sides, no other one is looked for."""

_MARGIN = 10
"""Pixels around each halved picture: half of the smallest window."""

_SAME = 0.3
"""Overlap (IoU) above which two windows show the same face."""

_NESTED = 0.5
"""Part of the smaller face's box above which it is not a face beside the other one."""

_MOST_PLACES = 100

_CONTRAST = 28.0
"""Standard deviation that a picture's lightness is brought to if it has more.

OpenCV leaves out windows with one under 10, so those with less than some 0.36 of the picture's.
"""

_LEAST_WINDOWS = 3
"""Windows of the first cascade that make a face without the second one."""

_CHECKED_SIDE, _CHECKED_LARGEST, _CHECKED_STEP = 28, 40, 1.12
_CHECKED_ROOM = 0.3
_LEAST_WITNESSES = 3
"""Windows of the second cascade that make a face of fewer windows of the first."""

_SCORE_WINDOWS = 3.0
"""Windows at which the score is 0.63."""

_WIDTH, _HEIGHT, _DOWN = 0.76, 0.98, 0.06
"""A face's width, height and how far its middle is under the window's, in sides of the window."""


class Faces(BundledModel):
    """One cascade looks for faces of every size, another one confirms what the first is unsure of.

    Faces are found from about 4 percent of the picture's longer side, whatever else is in it. The
    first cascade steps coarsely and any window that passes is a place to look at; where fewer
    than three overlap, the second one steps finely around and must pass as often. All of these
    windows make the box, and their number the score. Then the picture without these faces is
    turned both ways, for heads that lean over, of at least 12 percent of its longer side with all
    around them; those in its corners are left out. Heads that turn away are mostly missed. Large
    faces may be cut by the picture's edge.
    """

    platform = "opencv_cascade"

    def __init__(self, profile: ModelProfile) -> None:
        super().__init__(profile)
        self._proposing = Cascade("haarcascade_frontalface_alt2.xml", 20)
        self._confirming = Cascade("haarcascade_frontalface_default.xml", 24)

    def prepare(self, inputs: Mapping[str, Tensor]) -> Array:
        """The pixels."""
        return picture(inputs)

    def infer(self, prepared: Array) -> list[FoundObject]:
        """Every face, in pixels of the picture."""
        light, scale = shrunk(grey(prepared), _SIDE)
        light = _with_less_contrast(light)
        groups = _grouped(self._propose(light, prepared))[:_MOST_PLACES]
        faces = [_face(windows) for group in groups if (windows := self._confirmed(light, group))]
        leaning = _grouped(self._propose_tilted(_without(light, faces)))[:_MOST_PLACES]
        faces += [_face(windows) for windows in leaning if len(windows) >= _LEAST_TILTED]
        return [_inside(face.enlarged(scale), prepared) for face in _strongest(faces)]

    def finish(self, raw: list[FoundObject]) -> tuple[Tensor, ...]:
        """The boxes, surest first."""
        return box_tensors(raw)

    def _propose(self, light: Array, pixels: Array) -> Iterator[Window]:
        """Windows that may show an upright face."""
        smallest = self._proposing.smallest
        finest = without_cold_places(light, pixels, smallest)
        yield from self._proposing.windows(finest, 2 * smallest - 1, _FINE_STEP)
        for window in self._halves(_halved(light), _COARSE_STEP):
            yield window.moved(2)

    def _propose_tilted(self, light: Array) -> Iterator[Window]:
        """Windows that may show the face of a head that leans over."""
        small, scale = shrunk(light, _TILTED_SIDE)
        for degrees in (-_TILT, _TILT):
            turned = TurnedPicture(small, degrees)
            for window in self._halves(turned.pixels, _FINE_STEP):
                yield turned.back(window).moved(scale)

    def _halves(self, light: Array, step: float) -> Iterator[Window]:
        """Windows of every size, from pictures of half the side each.

        Halving keeps OpenCV at its step of two pixels, which it gives up for larger windows. All
        but the first picture have a margin, for faces that fill the picture or are cut by its edge.
        """
        scale, margin, smallest = 1.0, 0, self._proposing.smallest
        while min(light.shape) >= smallest / 2:
            wide = cv2.copyMakeBorder(light, *4 * (margin,), cv2.BORDER_REPLICATE)
            for window in self._proposing.windows(np.asarray(wide), 2 * smallest - 1, step):
                yield window.moved(1, -margin, -margin).moved(scale)
            light, scale, margin = _halved(light), scale * 2, _MARGIN

    def _confirmed(self, light: Array, group: list[Window]) -> list[Window]:
        """The windows that show a face there, none if few are not confirmed."""
        if len(group) >= _LEAST_WINDOWS:
            return group
        witnesses = self._witnesses(light, group[0])
        return group + witnesses if len(witnesses) >= _LEAST_WITNESSES else []

    def _witnesses(self, light: Array, place: Window) -> list[Window]:
        """Where the other cascade sees a face at that place."""
        room = _CHECKED_ROOM * place.side
        left, top = (max(0, int(edge - room)) for edge in (place.left, place.top))
        right, bottom = (math.ceil(edge + place.side + room) for edge in (place.left, place.top))
        crop = light[top:bottom, left:right]
        scale = place.side / _CHECKED_SIDE
        size = (max(1, round(crop.shape[1] / scale)), max(1, round(crop.shape[0] / scale)))
        method = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
        near = np.asarray(cv2.resize(crop, size, interpolation=method))
        found = self._confirming.windows(near, _CHECKED_LARGEST, _CHECKED_STEP)
        moved = (window.moved(scale, left, top) for window in found)
        return [window for window in moved if window.overlap(place) >= _SAME]


def _halved(light: Array) -> Array:
    height, width = light.shape
    size = (max(1, width // 2), max(1, height // 2))
    return np.asarray(cv2.resize(light, size, interpolation=cv2.INTER_AREA))


def _without(light: Array, faces: Iterable[FoundObject]) -> Array:
    """The picture with one flat grey where a face is."""
    rest = light.copy()
    for face in faces:
        x0, y0, x1, y1 = face.box
        room = _BESIDE * (x1 - x0), _BESIDE * (y1 - y0)
        left, top = max(0, int(x0 - room[0])), max(0, int(y0 - room[1]))
        rest[top : max(0, int(y1 + room[1])), left : max(0, int(x1 + room[0]))] = 128
    return rest


def _with_less_contrast(light: Array) -> Array:
    contrast = float(light.std())
    if contrast <= _CONTRAST:
        return light
    return np.asarray(cv2.convertScaleAbs(light, alpha=_CONTRAST / contrast))


def _grouped(windows: Iterator[Window]) -> list[list[Window]]:
    """Windows with those that overlap them, the heaviest first."""
    groups: list[list[Window]] = []
    for window in sorted(windows, key=lambda w: (-w.weight, w.left, w.top, w.side)):
        for group in groups:
            if window.overlap(group[0]) >= _SAME:
                group.append(window)
                break
        else:
            groups.append([window])
    return groups


def _face(windows: Sequence[Window]) -> FoundObject:
    """The mean of the windows, narrowed to the face."""
    sides = [(w.left + w.side / 2, w.top + w.side / 2, w.side) for w in windows]
    x, y, side = (float(value) for value in np.mean(sides, axis=0))
    y += _DOWN * side
    width, height = _WIDTH * side / 2, _HEIGHT * side / 2
    score = 1 - math.exp(-len(windows) / _SCORE_WINDOWS)
    return FoundObject((x - width, y - height, x + width, y + height), 0, score)


def _inside(face: FoundObject, pixels: Array) -> FoundObject:
    """The face without what lies beyond the picture."""
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = face.box
    box = (max(0.0, x0), max(0.0, y0), min(float(width), x1), min(float(height), y1))
    return replace(face, box=box)


def _strongest(faces: Sequence[FoundObject]) -> list[FoundObject]:
    """One face where several places led to the same."""
    kept: list[FoundObject] = []
    for face in sorted(faces, key=lambda f: (-f.score, f.box)):
        if all(_shared(face.box, other.box) < _NESTED for other in kept):
            kept.append(face)
    return kept


def _shared(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> float:
    """Intersection over the smaller area."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
