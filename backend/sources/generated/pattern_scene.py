"""Where the test pattern's shapes are: a pure function of seed and time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backend.core.tensors import Array
from backend.profiles.bundled import SHAPE_LABELS

DESIGN_WIDTH, DESIGN_HEIGHT = 640, 480
_STRIP_HEIGHT = 40  # the text at the bottom, where no shape goes
_MARGIN = 10
_BREATH = 0.13  # part of the orbit by which a shape may come closer to the centre
_SWAY = 10.0  # how far the shape in the middle strays from it

# Circumscribed radius of each shape at size 1, so that all look equally large.
_REACH = {"circle": 0.88, "square": 1.06, "triangle": 1.18, "star": 1.14, "hexagon": 0.96}
_CIRCLE_CORNERS = 96
_STAR_WAIST = 0.46


def _outline(label: str) -> Array:
    """Corners of a shape of size 1 around the origin: float64 [n, 2]."""
    corners = {"circle": _CIRCLE_CORNERS, "square": 4, "triangle": 3, "star": 10, "hexagon": 6}
    count = corners[label]
    angles = np.arange(count) * (2 * math.pi / count) - math.pi / 2
    reach = np.full(count, _REACH[label])
    if label == "star":
        reach[1::2] *= _STAR_WAIST
    return np.stack((reach * np.cos(angles), reach * np.sin(angles)), axis=1)


_OUTLINES = {label: _outline(label) for label in SHAPE_LABELS}


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape at one moment; `outline` is float64 [n, 2] in pixels, `colour` an index."""

    label: str
    colour: int
    centre: tuple[float, float]
    radius: float
    outline: Array


@dataclass(frozen=True, slots=True)
class _Actor:
    """What stays the same about a shape: rates are in turns per second, phases in turns."""

    label: str
    colour: int
    radius: float
    orbit: float
    phase: float
    breath_rate: float
    breath_phase: float
    spin_rate: float
    spin_phase: float


class Scene:
    """Five shapes that circle around a sixth, never touching each other, the text or the edge."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        self.unit = min(width / DESIGN_WIDTH, height / DESIGN_HEIGHT)
        self.strip_height = round(_STRIP_HEIGHT * self.unit)
        self._centre = np.array((width / 2, (height - self.strip_height) / 2))
        self._actors = _cast(np.random.default_rng(seed))
        largest = max(actor.radius * _REACH[actor.label] for actor in self._actors)
        self._axes = self._centre - (largest + _MARGIN) * self.unit

    def shapes(self, seconds: float) -> list[Shape]:
        """Every shape at that time."""
        return [self._shape(actor, seconds) for actor in self._actors]

    def trails(self, seconds: float, ages_s: Array) -> list[Array]:
        """Where each shape's centre was, that many seconds ago: float64 [ages, 2] per shape."""
        return [self._path(actor, seconds - ages_s) for actor in self._actors]

    def _path(self, actor: _Actor, seconds: Array) -> Array:
        breath = _turns(actor.breath_rate * seconds + actor.breath_phase)
        if not actor.orbit:
            sway = np.stack((np.cos(breath), np.sin(2 * breath)), axis=-1)
            return np.asarray(self._centre + _SWAY * self.unit * sway)
        angle = _turns(actor.orbit * seconds + actor.phase)
        nearness = 1 - _BREATH * (0.5 + 0.5 * np.sin(breath))
        around = np.stack((np.cos(angle), np.sin(angle)), axis=-1)
        return np.asarray(self._centre + self._axes * nearness[..., np.newaxis] * around)

    def _shape(self, actor: _Actor, seconds: float) -> Shape:
        x, y = self._path(actor, np.array(seconds))
        spin = float(_turns(actor.spin_rate * seconds + actor.spin_phase))
        turned = np.array(((math.cos(spin), math.sin(spin)), (-math.sin(spin), math.cos(spin))))
        radius = actor.radius * self.unit
        outline = radius * (_OUTLINES[actor.label] @ turned) + (x, y)
        return Shape(actor.label, actor.colour, (float(x), float(y)), radius, outline)


def _turns(turns: Array | float) -> Array:
    return np.asarray(2 * math.pi * np.asarray(turns))


def _cast(random: np.random.Generator) -> list[_Actor]:
    """One shape of each class on the orbit in random order, and a random one in the middle."""
    labels = [SHAPE_LABELS[index] for index in random.permutation(len(SHAPE_LABELS))]
    labels.append(SHAPE_LABELS[int(random.integers(len(SHAPE_LABELS)))])
    colours = random.permutation(len(labels))
    direction = random.choice((-1.0, 1.0))
    turn = random.uniform(0, 1)
    return [
        _Actor(
            label=label,
            colour=int(colours[place]),
            radius=random.uniform(40, 50),
            orbit=direction / 16 if place < len(SHAPE_LABELS) else 0.0,
            phase=turn + place / len(SHAPE_LABELS),
            breath_rate=random.uniform(0.09, 0.16),
            breath_phase=random.uniform(0, 1),
            spin_rate=random.choice((-1.0, 1.0)) * random.uniform(0.05, 0.12),
            spin_phase=random.uniform(0, 1),
        )
        for place, label in enumerate(labels)
    ]
