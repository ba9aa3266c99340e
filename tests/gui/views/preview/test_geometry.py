"""Where a picture lies, and the way between its pixels and the widget's points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.views.preview.geometry import (
    Area,
    Pan,
    Placement,
    Rotation,
    displayed,
    exact,
    letterbox,
    shown_size,
)

sizes = st.integers(1, 4000)


@given(sizes, sizes, sizes, sizes)
def test_a_letterbox_keeps_the_shape_and_stays_inside(
    width: int, height: int, outer_width: int, outer_height: int
) -> None:
    area = letterbox(width, height, outer_width, outer_height)
    assert area.x >= 0
    assert area.y >= 0
    assert 1 <= area.width <= outer_width
    assert 1 <= area.height <= outer_height
    assert area.width == outer_width or area.height == outer_height
    scale = min(outer_width / width, outer_height / height)
    assert abs(area.width - width * scale) <= 1
    assert abs(area.height - height * scale) <= 1


def test_a_letterbox_is_centred_on_whole_pixels() -> None:
    assert letterbox(640, 480, 1000, 480) == Area(180, 0, 640, 480)
    assert letterbox(640, 480, 640, 601) == Area(0, 60, 640, 480)


def test_exact_pixels_are_centred_and_pan_stops_at_the_edges() -> None:
    assert exact(100, 100, 200, 300, Pan(50, 50)) == Area(50, 100, 100, 100)
    assert exact(400, 400, 200, 200, Pan()) == Area(-100, -100, 400, 400)
    assert exact(400, 400, 200, 200, Pan(1e4, -1e4)) == Area(0, -200, 400, 400)


@given(
    st.sampled_from(list(Rotation)),
    st.booleans(),
    st.floats(0, 640),
    st.floats(0, 480),
)
def test_points_go_to_the_view_and_back(
    rotation: Rotation, mirrored: bool, x: float, y: float
) -> None:
    shown = shown_size(640, 480, rotation)
    placement = Placement(640, 480, letterbox(*shown, 900, 700), rotation, mirrored)
    assert _back(placement, *placement.to_view(x, y)) == pytest.approx((x, y), abs=1e-6)


def _back(placement: Placement, x: float, y: float) -> tuple[float, float]:
    """Widget points to source pixels."""
    area = placement.area
    u, v = (x - area.x) / area.width, (y - area.y) / area.height
    for _ in range((360 - placement.rotation) // 90 % 4):
        u, v = 1 - v, u
    u = 1 - u if placement.mirrored else u
    return u * placement.width, v * placement.height


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", list(Rotation))
def test_a_box_follows_its_pixels_through_mirror_and_rotation(
    rotation: Rotation, mirrored: bool
) -> None:
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[5:15, 8:40] = 255
    shown = displayed(pixels, rotation, mirrored=mirrored)
    height, width = shown.shape[:2]
    placement = Placement(64, 48, Area(0, 0, width, height), rotation, mirrored)
    box = placement.box_to_view((8, 5, 40, 15))
    rows, columns = np.nonzero(shown[:, :, 0])
    assert (box.x, box.y) == pytest.approx((columns.min(), rows.min()))
    assert (box.right, box.bottom) == pytest.approx((columns.max() + 1, rows.max() + 1))


def test_an_unturned_picture_is_not_copied() -> None:
    pixels = np.zeros((48, 64, 3), np.uint8)
    assert np.shares_memory(displayed(pixels, Rotation.NONE, mirrored=False), pixels)
