"""What the model sees and the source it was made from, in one another's coordinates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.choices import Payload
from backend.core.samples import Frame
from backend.core.tensors import Array
from backend.profiles.geometry import Fit, Geometry
from backend.profiles.inputs.pictures import Interpolation, PictureRecipe

sides = st.integers(1, 2000)
sizes = st.tuples(sides, sides)
places = st.floats(-50, 2050)


def _to_model(place: Geometry, points: Array) -> Array:
    """The map as it is defined: points [..., 2] of the source in model pixels."""
    scale = np.array((place.scale_x, place.scale_y))
    return np.asarray(points * scale + (place.offset_x, place.offset_y))


@given(sizes, sizes, st.sampled_from(Fit), st.floats(0.05, 1), places, places)
def test_a_point_comes_back_to_where_it_was(
    source: tuple[int, int], model: tuple[int, int], fit: Fit, share: float, x: float, y: float
) -> None:
    place = Geometry.fitted(source, model, fit, share)
    there = _to_model(place, np.array([x, y]))
    assert place.points_to_source(there) == pytest.approx([x, y], abs=1e-6)


@given(sizes, sizes, st.sampled_from(Fit))
def test_the_regions_are_inside_their_pictures_and_belong_together(
    source: tuple[int, int], model: tuple[int, int], fit: Fit
) -> None:
    place = Geometry.fitted(source, model, fit)
    x0, y0, x1, y1 = place.source_region
    assert 0 <= x0 < x1 <= source[0]
    assert 0 <= y0 < y1 <= source[1]
    left, top, right, bottom = place.model_region
    assert 0 <= left < right <= model[0]
    assert 0 <= top < bottom <= model[1]
    corners = _to_model(place, np.array([[x0, y0], [x1, y1]], np.float64))
    assert corners == pytest.approx(np.array([[left, top], [right, bottom]]), abs=1e-6)


@pytest.mark.parametrize(
    ("fit", "source_region", "model_region"),
    [
        (Fit.STRETCH, (0, 0, 400, 200), (0, 0, 100, 100)),
        (Fit.LETTERBOX, (0, 0, 400, 200), (0, 25, 100, 75)),
        (Fit.CORNER, (0, 0, 400, 200), (0, 0, 100, 50)),
        (Fit.CROP, (100, 0, 300, 200), (0, 0, 100, 100)),
    ],
)
def test_each_fit_by_example(
    fit: Fit, source_region: tuple[int, ...], model_region: tuple[int, ...]
) -> None:
    place = Geometry.fitted((400, 200), (100, 100), fit)
    assert place.source_region == source_region
    assert place.model_region == model_region


def test_a_smaller_crop_keeps_the_middle() -> None:
    place = Geometry.fitted((256, 256), (224, 224), Fit.CROP, 0.875)
    assert place.source_region == (16, 16, 240, 240)


def _marked(width: int, height: int, x: int, y: int) -> Frame:
    """A black picture with one white square around a place."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[y - 10 : y + 10, x - 10 : x + 10] = 255
    return Frame(0, 0, pixels)


@given(
    st.integers(120, 400),
    st.integers(120, 400),
    st.tuples(st.integers(100, 300), st.integers(100, 300)),
    st.sampled_from(Fit),
)
def test_what_stands_in_the_picture_stands_where_the_geometry_says(
    width: int, height: int, model: tuple[int, int], fit: Fit
) -> None:
    """The centre of the source is seen under every fit; its mark is found again."""
    x, y = width // 2, height // 2
    recipe = PictureRecipe(
        width=model[0], height=model[1], fit=fit, interpolation=Interpolation.LINEAR
    )
    (tensor,) = recipe.tensors(_marked(width, height, x, y), Payload(), ())
    rows, columns = np.nonzero(tensor.data[0, 0] > 127)
    seen = np.array([columns.min() + columns.max() + 1, rows.min() + rows.max() + 1]) / 2
    place = recipe.geometry(width, height, ())
    tolerance = max(2.0, 1.5 / min(place.scale_x, place.scale_y))
    assert place.points_to_source(seen) == pytest.approx([x, y], abs=tolerance)
