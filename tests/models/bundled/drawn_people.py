"""Drawn scenes with standing figures, for want of a free photo of people on a street."""

from __future__ import annotations

import numpy as np

from backend.core.tensors import Array
from backend.wire.media.opencv import cv2
from tests.models.bundled.model_scoring import Box

_HEADS = 8  # a grown person is about eight heads tall


def people_scene(seed: int) -> tuple[Array, list[tuple[str, Box]]]:
    """A 640x480 picture of one to three figures before a gradient, with noise, and their boxes."""
    random = np.random.default_rng(seed)
    weight = np.linspace(0, 1, 480)[:, np.newaxis, np.newaxis]
    ground = random.uniform(120, 235, 3) * (1 - weight) + random.uniform(90, 200, 3) * weight
    pixels = np.ascontiguousarray(np.broadcast_to(ground, (480, 640, 3)), np.uint8)
    count = int(random.integers(1, 4))
    truth: list[tuple[str, Box]] = []
    for index in range(count):
        height = random.uniform(170, 330)
        x = (index + 0.5) * 640 / count + random.uniform(-20, 20)
        y = random.uniform(max(height + 25, 330), 455)
        truth.append(("person", _draw_person(pixels, x, y, height / _HEADS, random)))
    noisy = cv2.GaussianBlur(pixels, (3, 3), 0) + random.normal(0, 4, pixels.shape)
    return noisy.clip(0, 255).astype(np.uint8), truth


def _draw_person(
    pixels: Array, x: float, y: float, head: float, random: np.random.Generator
) -> Box:
    """A figure with its feet at x, y; lengths are in heads, upwards from the feet."""
    coat, trousers = random.uniform(15, 90, 3).tolist(), random.uniform(15, 80, 3).tolist()
    skin = random.uniform(60, 120, 3).tolist()
    step = random.uniform(0.35, 0.6)

    def fill(colour: list[float], *corners: tuple[float, float]) -> None:
        points = np.array([(x + a * head, y - b * head) for a, b in corners])
        cv2.fillPoly(pixels, [(points * 16).round().astype(np.int32)], colour, cv2.LINE_AA, 4)

    for side in (-1, 1):
        foot = side * step
        fill(trousers, (side * 0.05, 3.9), (side * 0.8, 3.9), (foot + side * 0.45, 0), (foot, 0))
        fill(coat, (side * 0.75, 6.5), (side * 1.05, 6.3), (side * 1.25, 3.7), (side * 0.95, 3.6))
    fill(coat, (-0.9, 6.55), (-0.35, 6.8), (0.35, 6.8), (0.9, 6.55), (0.82, 3.8), (-0.82, 3.8))
    fill(skin, (-0.2, 7.1), (0.2, 7.1), (0.25, 6.6), (-0.25, 6.6))
    centre = (round(x), round(y - 7.45 * head))
    axes = (round(0.42 * head), round(0.55 * head))
    cv2.ellipse(pixels, centre, axes, 0, 0, 360, skin, -1, cv2.LINE_AA)
    return (x - 1.25 * head, y - _HEADS * head, x + 1.25 * head, y)
