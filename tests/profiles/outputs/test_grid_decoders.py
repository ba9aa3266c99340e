"""Detectors that count from cells and anchors: what one cell says becomes one box."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from backend.core.errors import UsageError
from backend.core.predictions import Detection, Detections, KeyPoints
from backend.core.tensors import Array, Datatype, Tensor
from backend.profiles.geometry import Fit, Geometry
from backend.profiles.model_profile import OutputDecoder
from backend.profiles.outputs.anchors import AnchorDecoder
from backend.profiles.outputs.fastestdet import FastestDetDecoder
from backend.profiles.outputs.parts import Activation, Unit
from backend.profiles.outputs.points import MOST_POINTS, PointDecoder, PointForm
from backend.profiles.outputs.view import SampleView
from backend.profiles.outputs.yolox import YoloxDecoder

# A source of 128 x 64 in a model's 64 x 64: half as large, 16 pixels lower.
SEEN = SampleView(Geometry.fitted((128, 64), (64, 64), Fit.LETTERBOX), ("cat", "dog"))


def fp32(name: str, values: Any) -> Tensor:
    return Tensor(name, Datatype.FP32, np.asarray(values, np.float32))


def found(decoder: OutputDecoder, *outputs: Tensor) -> tuple[Detection, ...]:
    (detections,) = decoder.decode({tensor.name: tensor for tensor in outputs}, SEEN)
    assert isinstance(detections, Detections)
    return detections.items


def points_of(decoder: OutputDecoder, *outputs: Tensor) -> KeyPoints:
    (points,) = decoder.decode({tensor.name: tensor for tensor in outputs}, SEEN)
    assert isinstance(points, KeyPoints)
    return points


def yolox_table() -> Array:
    """64 cells of stride 8, 16 of 16, 4 of 32."""
    return np.zeros((1, 84, 7), np.float32)


def test_yolox_counts_from_the_cells_of_each_stride() -> None:
    table = yolox_table()
    # The third column and fourth row of stride 8, and the second of both of stride 16.
    table[0, 3 * 8 + 2] = (0.5, 0.25, math.log(2), math.log(1.5), 0.9, 0.1, 0.8)
    table[0, 64 + 1 * 4 + 1] = (0, 0, 0, 0, 1, 0.5, 0)
    first, second = found(YoloxDecoder("o"), fp32("o", table))
    # 20, 26 in the model's picture and 16 x 12 pixels there.
    assert first.box == pytest.approx((24, 8, 56, 32), abs=1e-4)
    assert first.label == "dog"
    assert first.score == pytest.approx(0.72)
    assert second.box == pytest.approx((16, -16, 48, 16), abs=1e-4)
    assert second.label == "cat"
    assert second.score == pytest.approx(0.5)


def test_yolox_of_another_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="83 boxes do not fit a picture of 64 x 64"):
        found(YoloxDecoder("o"), fp32("o", yolox_table()[:, :83]))
    with pytest.raises(ValueError, match="no box with classes"):
        found(YoloxDecoder("o"), fp32("o", yolox_table()[:, :, :5]))


@pytest.mark.parametrize("strides", [(), (0,), (8, -16), (8,) * 9, (4096,)])
@pytest.mark.parametrize("kind", [YoloxDecoder, AnchorDecoder])
def test_strides_of_no_grid_are_refused(kind: Any, strides: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="'strides' is 1 to 8"):
        kind(strides=strides)


def test_fastestdet_weighs_object_and_class() -> None:
    grid = np.zeros((1, 7, 4, 4), np.float32)
    grid[0, :, 2, 1] = (0.9, math.atanh(0.5), math.atanh(-0.5), 0, math.log(1 / 3), 0.3, 0.8)
    (item,) = found(FastestDetDecoder("o"), fp32("o", grid))
    # The middle is 1.5 / 4 and 1.5 / 4, the size 0.5 and 0.25 of 64 pixels.
    assert item.box == pytest.approx((16, 0, 80, 32), abs=1e-3)
    assert item.label == "dog"
    assert item.score == pytest.approx(0.9**0.6 * 0.8**0.4)
    with pytest.raises(ValueError, match="no box with classes"):
        found(FastestDetDecoder("o"), fp32("o", grid[:, :5]))


def test_anchors_of_one_stride_share_their_cells() -> None:
    # Two layers of stride 16: four anchors in each of 16 cells; before them 64 cells with two.
    boxes, logits = np.zeros((1, 192, 8), np.float32), np.full((1, 192, 1), -9, np.float32)
    row = 128 + 4 * (4 * 2 + 1) + 3
    boxes[0, row] = (4, -4, 16, 8, 1, 2, -3, 0)
    logits[0, row] = 2
    decoder = AnchorDecoder(strides=(8, 16, 16), point_names=("nose",))
    (item,) = found(decoder, fp32("regressors", boxes), fp32("classificators", logits))
    # The anchor is at 24, 40; the box around 28, 36.
    assert item.box == pytest.approx((40, 32, 72, 48))
    assert item.score == pytest.approx(1 / (1 + math.exp(-2)))
    assert [(p.x, p.y, p.label) for p in item.points] == [(50, 52, "nose"), (42, 48, "")]
    with pytest.raises(ValueError, match="do not fit a picture of 64 x 64 pixels with anchors"):
        found(AnchorDecoder(), fp32("regressors", boxes), fp32("classificators", logits))
    with pytest.raises(ValueError, match="no boxes with points"):
        found(decoder, fp32("regressors", boxes), fp32("classificators", logits[:, :9]))


def test_no_box_at_all_is_no_error() -> None:
    boxes, logits = np.zeros((1, 168, 8)), np.full((1, 168, 1), -9)
    decoder = AnchorDecoder(strides=(8, 16, 32))
    assert found(decoder, fp32("regressors", boxes), fp32("classificators", logits)) == ()
    assert found(YoloxDecoder("o"), fp32("o", yolox_table())) == ()
    assert found(FastestDetDecoder("o"), fp32("o", np.zeros((1, 7, 4, 4)))) == ()


@pytest.mark.parametrize(("presence", "activation"), [(0.9, "none"), (2.2, "sigmoid")])
def test_points_in_one_row_have_the_score_of_their_presence(
    presence: float, activation: str
) -> None:
    decoder = PointDecoder(
        "p", PointForm.XY, 3, Unit.PIXELS, "here", Activation(activation), threshold=0.5
    )
    row = fp32("p", [[[[32, 32, 7, 0, 16, 9]]]])
    here = points_of(decoder, row, fp32("here", [[presence]])).points
    assert [(p.x, p.y, p.label) for p in here] == [(64, 32, "cat"), (0, 0, "dog")]
    assert here[0].score == pytest.approx(0.9, abs=0.01)
    assert points_of(decoder, row, fp32("here", [[-presence]])).points == ()
    with pytest.raises(ValueError, match="5 numbers are no points of 3"):
        points_of(decoder, fp32("p", [[1] * 5]), fp32("here", [[1]]))
    with pytest.raises(KeyError):
        points_of(decoder, row)


def test_points_that_are_no_places_are_left_out_and_their_number_is_bounded() -> None:
    rows = np.zeros((MOST_POINTS * 2, 3), np.float32)
    rows[:, 2] = 1
    rows[0, 0], rows[1, 1], rows[2, 2] = np.nan, np.inf, np.nan
    assert len(points_of(PointDecoder("p"), fp32("p", rows)).points) == MOST_POINTS - 3
