"""Outputs that say where text is, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.core.predictions import Detections, Predictions, Text
from backend.core.skeletons import CORNERS
from backend.core.tensors import Array, Tensor
from backend.profiles.options import option
from backend.profiles.outputs.parts import MOST_CANDIDATES, Candidates, numbers_of
from backend.profiles.outputs.view import SampleView
from backend.wire.media.opencv import cv2

_SMALLEST_SIDE = 3.0


@dataclass(frozen=True, slots=True)
class TextBoxDecoder:
    """Reads how likely each pixel is in the core of a line of text, [1, 1, height, width].

    Each connected part gives the smallest turned rectangle around it, which is grown on all sides
    by ``area * grow / circumference``, for the model is taught to see lines shrunk (M. Liao et al.:
    Real-time Scene Text Detection with Differentiable Binarization, arXiv:1911.08947, 2019).
    """

    output: str = option("", "Output to read; empty for the first.")
    pixel_threshold: float = option(0.3, "Smallest score of a pixel that counts.", low=0, high=1)
    threshold: float = option(0.6, "Smallest mean score of a line that counts.", low=0, high=1)
    grow: float = option(1.6, "How much a line is grown.", low=0, high=10)

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """A box for each line, with its four corners; the surest first."""
        scores = np.nan_to_num(numbers_of(outputs, self.output, 2).astype(np.float32))
        if not scores.size:
            raise ValueError(f"output '{self.output}' has no pixels")
        lines = self._lines(np.clip(scores, 0, 1))
        height, width = scores.shape
        geometry = view.geometry
        scale = np.array([geometry.model_width / width, geometry.model_height / height])
        corners = np.array([line for line, _ in lines]).reshape(-1, 4, 2)
        places = np.ones((len(lines), 4, 3))
        places[..., :2] = geometry.points_to_source(corners * scale)
        ends = (places[..., :2].min(axis=1), places[..., :2].max(axis=1))
        found = Candidates(
            np.concatenate(ends, axis=1),
            np.array([score for _, score in lines], np.float64),
            np.zeros(len(lines), np.int64),
            places,
        )
        return (Detections(found.surest(1.0).detections(view, CORNERS)),)

    def _lines(self, scores: Array) -> list[tuple[Array, float]]:
        """Corners [4, 2] in pixels of the output and the mean score of each line."""
        seen = (scores >= self.pixel_threshold).astype(np.uint8)
        count, parts = cv2.connectedComponents(seen, connectivity=8)
        sums = np.bincount(parts.reshape(-1), scores.reshape(-1), count)
        means = sums / np.maximum(np.bincount(parts.reshape(-1), minlength=count), 1)
        edges, _ = cv2.findContours(seen, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        largest = sorted(edges, key=len, reverse=True)[: 2 * MOST_CANDIDATES]
        lines = []
        for edge in largest:
            column, row = edge[0, 0]
            score = float(means[parts[row, column]])
            corners = _grown(cv2.minAreaRect(edge), self.grow)
            if score >= self.threshold and corners is not None:
                lines.append((corners, score))
        return lines


def _grown(rectangle: cv2.typing.RotatedRect, by: float) -> Array | None:
    """Corners [4, 2] of the grown rectangle as it is read; None for one that is too small."""
    middle, (width, height), degrees = rectangle
    # A contour runs through the middles of its pixels: their area is half a pixel wider around.
    width, height = width + 1, height + 1
    if min(width, height) < _SMALLEST_SIDE:
        return None
    margin = width * height * by / (width + height) / 2
    grown = (middle, (width + 2 * margin, height + 2 * margin), degrees)
    return _as_read(np.asarray(cv2.boxPoints(grown), np.float64) + 0.5)


def _as_read(corners: Array) -> Array:
    """Corners in the order of a clock, the first being the upper left one of a level line."""
    first = int(corners.sum(axis=1).argmin())
    ordered = np.roll(corners, -first, axis=0)
    sides = np.linalg.norm(ordered[1] - ordered[0]), np.linalg.norm(ordered[2] - ordered[1])
    # A steep line that is much taller than wide is read from below: its left side is its top.
    return np.roll(ordered, 1, axis=0) if sides[1] > 1.5 * sides[0] else ordered


@dataclass(frozen=True, slots=True)
class CtcDecoder:
    """Reads the characters of a line, [1, steps, characters], the labels being the characters.

    The best character of each step, repetitions once, without blanks (A. Graves et al.:
    Connectionist Temporal Classification, ICML 2006). A label without a name is a space.
    """

    output: str = option("", "Output to read; empty for the first.")
    blank: int = option(0, "Index of the character that means nothing.", low=0, high=1_000_000)
    threshold: float = option(0.5, "Smallest mean score of a text that counts.", low=0, high=1)

    def decode(self, outputs: Mapping[str, Tensor], view: SampleView) -> Predictions:
        """The text, '' if nothing is sure enough."""
        table = numbers_of(outputs, self.output, 2)
        if not table.shape[1]:
            raise ValueError(f"output '{self.output}' has no characters")
        best = table.argmax(axis=1)
        changed = np.concatenate(([True], best[1:] != best[:-1]))[: len(best)]
        steps = np.flatnonzero(changed & (best != self.blank))
        scores = table[steps, best[steps]].astype(np.float64)
        if not len(steps) or not scores.mean() >= self.threshold:
            return (Text(""),)
        return (Text("".join(view.label(int(index)) or " " for index in best[steps])),)
