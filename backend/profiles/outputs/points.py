"""Outputs that give points: of a body, a hand, a face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from backend.core.predictions import KeyPoints, Predictions
from backend.core.tensors import Array, Tensor
from backend.profiles.options import option
from backend.profiles.outputs.parts import (
    Activation,
    Unit,
    activated,
    alone,
    finite_rows,
    in_pixels,
    key_points,
    numbers_of,
)
from backend.profiles.outputs.view import SampleView


class PointForm(StrEnum):
    """The numbers of a point, or one map of scores [height, width] for each point."""

    XY = "xy"
    YX = "yx"
    XY_SCORE = "xy score"
    YX_SCORE = "yx score"
    HEATMAPS = "heatmaps"


MOST_POINTS = 2048
"""More than this nobody can look at."""


@dataclass(frozen=True, slots=True)
class PointDecoder:
    """Reads points [k, numbers], or heat maps [k, height, width]; the labels name the points.

    Points that stand in one row are told apart by `numbers`. Where a model says in an output of
    its own whether there is anything to see, points without a score have that one.
    """

    output: str = option("", "Output to read; empty for the first.")
    form: PointForm = option(PointForm.XY_SCORE, "What the output holds.")
    numbers: int = option(
        0, "Numbers of a point where all stand in one row; 0 for a row each.", low=0, high=1000
    )
    unit: Unit = option(Unit.NORMALISED, "What points are counted in; heat maps have their own.")
    presence: str = option("", "Output that says how sure it is to see them; empty for none.")
    activation: Activation = option(Activation.NONE, "What makes a score of that number.")
    threshold: float = option(0.3, "Smallest score that counts.", low=0, high=1)

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """The points that are sure enough, at most 2,048, in source pixels."""
        geometry = view.geometry
        if self.form is PointForm.HEATMAPS:
            points = _peaks(numbers_of(outputs, self.output, 3)[:MOST_POINTS])
            points[:, :2] = in_pixels(points[:, :2], Unit.NORMALISED, geometry)
        else:
            points = self._listed(self._table(outputs)[:MOST_POINTS])
            points[:, :2] = in_pixels(points[:, :2], self.unit, geometry)
        points[:, :2] = geometry.points_to_source(points[:, :2])
        seen = self._presence(outputs)
        if self.form in (PointForm.XY, PointForm.YX):
            points[:, 2] = seen
        named = key_points(points, view.labels)
        usable = finite_rows(points) & (points[:, 2] >= self.threshold) & (seen >= self.threshold)
        return (KeyPoints(tuple(named[row] for row in np.flatnonzero(usable))),)

    def _table(self, outputs: Mapping[str, Tensor]) -> Array:
        """[k, numbers], whether each point has a row or all of them have one."""
        if not self.numbers:
            return numbers_of(outputs, self.output, 2)
        row = numbers_of(outputs, self.output, 1)
        if len(row) % self.numbers:
            raise ValueError(f"{len(row)} numbers are no points of {self.numbers} numbers each")
        return row.reshape(-1, self.numbers)

    def _presence(self, outputs: Mapping[str, Tensor]) -> float:
        """How sure the model is that there is anything, 1 if it does not say."""
        if not self.presence:
            return 1.0
        score = activated(numbers_of(outputs, self.presence, 1), alone(self.activation))
        return float(score[0])

    def _listed(self, table: Array) -> Array:
        """[k, 3] as x, y, score."""
        wanted = 3 if self.form in (PointForm.XY_SCORE, PointForm.YX_SCORE) else 2
        if table.shape[1] < wanted:
            raise ValueError(f"a point has {table.shape[1]} numbers, expected {wanted}")
        points = np.ones((len(table), 3))
        points[:, :wanted] = table[:, :wanted]
        if self.form in (PointForm.YX, PointForm.YX_SCORE):
            points[:, :2] = points[:, 1::-1]
        return points


def _peaks(maps: Array) -> Array:
    """The highest place of each map as x, y in parts of its size, and how high it is."""
    count, height, width = maps.shape
    flat = maps.reshape(count, -1)
    best = flat.argmax(axis=1)
    points = np.empty((count, 3))
    points[:, 0] = (best % width + 0.5) / width
    points[:, 1] = (best // width + 0.5) / height
    points[:, 2] = flat[np.arange(count), best]
    return points
