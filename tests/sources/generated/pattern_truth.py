"""What a frame of the test pattern shows: label and box of every shape."""

from __future__ import annotations

from typing import TypeAlias

from backend.core.tensors import Array
from backend.sources.generated.pattern_scene import Scene

Box: TypeAlias = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels."""


def truth(
    seq: int, seed: int = 0, size: tuple[int, int] = (640, 480), fps: float = 30.0
) -> list[tuple[str, Box]]:
    """Of the frame with that number, of a pattern made with that seed, size and rate."""
    return [(shape.label, _box(shape.outline)) for shape in Scene(*size, seed).shapes(seq / fps)]


def _box(outline: Array) -> Box:
    """The smallest upright box around it."""
    (x0, y0), (x1, y1) = outline.min(axis=0), outline.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)
