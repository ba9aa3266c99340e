"""Pixels as a screen wants them."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.tensors import Array
from backend.wire.media.screen import level_colors, scale_onto


def scaled(pixels: Array, width: int, height: int) -> Array:
    onto = np.zeros((height, width, 4), np.uint8)
    scale_onto(pixels, onto)
    assert (onto[:, :, 3] == 255).all()
    return onto[:, :, 2::-1]


def test_the_same_size_is_the_same_picture() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    assert np.array_equal(scaled(pixels, 64, 48), pixels)


def test_twice_the_size_and_more_shows_single_pixels() -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (5, 7, 3), np.uint8)
    assert np.array_equal(scaled(pixels, 21, 15), pixels.repeat(3, 0).repeat(3, 1))


def test_a_little_larger_is_smooth() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:, 4:] = 200
    between = scaled(pixels, 12, 12)[6, :, 0]
    assert (np.diff(between.astype(int)) >= 0).all()
    assert any(0 < value < 200 for value in between.tolist())


@pytest.mark.parametrize("part", [2, 3, 8])
def test_much_smaller_counts_every_pixel(part: int) -> None:
    pixels = np.zeros((48, 48, 3), np.uint8)
    pixels[::2] = 255  # every second line: what looks at some lines only is black or white
    assert np.abs(scaled(pixels, 48 // part, 48 // part).astype(float).mean() - 127.5) < 45


def test_colours_of_levels_go_from_dark_to_light() -> None:
    brightness = level_colors().astype(int) @ (2, 7, 1)
    assert level_colors().shape == (256, 3)
    assert brightness[0] < 100
    assert brightness[-1] > 2000
    assert (np.diff(brightness[::8]) > 0).all()
