"""Outputs of every usual form become predictions in source pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backend.core.predictions import (
    Classification,
    Detection,
    Detections,
    KeyPoints,
    Mask,
    Predictions,
    Scalars,
    Text,
)
from backend.core.tensors import Array, Datatype, Tensor
from backend.profiles.geometry import Fit, Geometry
from backend.profiles.inputs.numbers import as_datatype
from backend.profiles.model_profile import OutputDecoder
from backend.profiles.outputs.boxes import Background, BoxDecoder, SsdDecoder
from backend.profiles.outputs.bundled import YesNoDecoder
from backend.profiles.outputs.classes import ClassDecoder, ScalarDecoder, TextDecoder
from backend.profiles.outputs.masks import MaskDecoder, MaskForm
from backend.profiles.outputs.parts import Activation, BoxForm, Unit
from backend.profiles.outputs.points import PointDecoder, PointForm
from backend.profiles.outputs.view import SampleView
from backend.profiles.outputs.yolo import YoloV5Decoder, YoloV8Decoder, YoloV10Decoder
from backend.profiles.outputs.yunet import YunetDecoder

# A source of 200 x 100 in a model's 100 x 100: half as large, 25 pixels lower.
LETTERBOX = Geometry.fitted((200, 100), (100, 100), Fit.LETTERBOX)
LABELS = ("cat", "dog", "owl")
SEEN = SampleView(LETTERBOX, LABELS)
BOX = (40.0, 20.0, 120.0, 60.0)
"""In the source; in the model's picture it is 20, 35, 60, 55."""


def fp32(name: str, values: Any) -> Tensor:
    return Tensor(name, Datatype.FP32, np.asarray(values, np.float32))


def read(decoder: OutputDecoder, *outputs: Tensor, view: SampleView = SEEN) -> Predictions:
    return decoder.decode({tensor.name: tensor for tensor in outputs}, view)


def found(
    decoder: OutputDecoder, *outputs: Tensor, view: SampleView = SEEN
) -> tuple[Detection, ...]:
    (detections,) = read(decoder, *outputs, view=view)
    assert isinstance(detections, Detections)
    return detections.items


@pytest.mark.parametrize(
    ("form", "values"),
    [
        (BoxForm.XYXY, (20, 35, 60, 55)),
        (BoxForm.XYWH, (20, 35, 40, 20)),
        (BoxForm.CXCYWH, (40, 45, 40, 20)),
        (BoxForm.YXYX, (35, 20, 55, 60)),
    ],
)
@pytest.mark.parametrize("unit", list(Unit))
def test_boxes_of_every_form_and_unit(form: BoxForm, values: tuple[int, ...], unit: Unit) -> None:
    row = np.array([values]) / (100 if unit is Unit.NORMALISED else 1)
    decoder = BoxDecoder("b", "s", "c", form=form, unit=unit)
    (item,) = found(decoder, fp32("b", row), fp32("s", [0.9]), fp32("c", [1]))
    assert item.box == pytest.approx(BOX, abs=1e-4)
    assert (item.label, item.index) == ("dog", 1)


def test_tensorflows_detector_counts_its_boxes_and_its_classes_from_one() -> None:
    decoder = BoxDecoder(
        "b", "s", "c", "n", form=BoxForm.YXYX, unit=Unit.NORMALISED, first_class=1, threshold=0.3
    )
    boxes = [[[0.35, 0.2, 0.55, 0.6]] * 4]
    items = found(
        decoder,
        fp32("b", boxes),
        fp32("s", [[0.9, 0.2, 0.8, 0.7]]),
        fp32("c", [[3, 1, 1, 2]]),
        fp32("n", [3]),
    )
    assert [(item.label, round(item.score, 1)) for item in items] == [("owl", 0.9), ("cat", 0.8)]


def test_overlapping_boxes_of_one_class_are_thinned_out() -> None:
    decoder = BoxDecoder("b", "s", "c", iou=0.5)
    boxes = [[20, 35, 60, 55], [21, 35, 61, 55], [20, 35, 60, 55], [70, 35, 90, 55]]
    items = found(
        decoder, fp32("b", boxes), fp32("s", [0.6, 0.9, 0.8, 0.7]), fp32("c", [0, 0, 1, 0])
    )
    assert [(item.index, round(item.score, 1)) for item in items] == [(0, 0.9), (1, 0.8), (0, 0.7)]


@pytest.mark.parametrize(
    ("background", "label"),
    [(Background.FIRST, "dog"), (Background.LAST, "cat"), (Background.NONE, "owl")],
)
def test_ssd_leaves_its_background_out(background: Background, label: str) -> None:
    scores = {
        Background.FIRST: [0.95, 0.9, 0.1],
        Background.LAST: [0.9, 0.1, 0.95],
        Background.NONE: [0.1, 0.2, 0.9],
    }[background]
    decoder = SsdDecoder("s", "b", background=background)
    nothing = {Background.FIRST: [1, 0, 0], Background.LAST: [0, 0, 1], Background.NONE: [0, 0, 0]}
    items = found(
        decoder,
        fp32("s", [[nothing[background], scores]]),
        fp32("b", [[[0, 0, 1, 1], [0.2, 0.35, 0.6, 0.55]]]),
    )
    assert [(item.label, round(item.score, 2)) for item in items] == [(label, 0.9)]
    assert items[0].box == pytest.approx(BOX, abs=1e-4)


def test_detr_like_logits_go_through_a_sigmoid() -> None:
    decoder = SsdDecoder(
        "logits", "boxes", BoxForm.CXCYWH, activation=Activation.SIGMOID, background=Background.NONE
    )
    (item,) = found(
        decoder,
        fp32("logits", [[[-9, -9, -9], [-9, 2, -9]]]),
        fp32("boxes", [[[0.5, 0.5, 1, 1], [0.4, 0.45, 0.4, 0.2]]]),
    )
    assert item.label == "dog"
    assert item.score == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-5)
    assert item.box == pytest.approx(BOX, abs=1e-4)


def _yolo_v5() -> Array:
    rows = np.zeros((1, 300, 8), np.float32)
    rows[0, 7] = (40, 45, 40, 20, 0.9, 0.1, 0.8, 0.2)
    rows[0, 8] = (41, 45, 40, 20, 0.8, 0.1, 0.8, 0.2)  # the same object, less sure
    rows[0, 9] = (40, 45, 40, 20, 0.9, 0.1, 0.2, 0.2)  # an object of no class
    return rows


def test_yolo_v5() -> None:
    (item,) = found(YoloV5Decoder(), fp32("o", _yolo_v5()))
    assert item.box == pytest.approx(BOX, abs=1e-4)
    assert item.label == "dog"
    assert item.score == pytest.approx(0.72)


@pytest.mark.parametrize("upright", [True, False])
@pytest.mark.parametrize("labels", [LABELS, ()])
def test_yolo_v8_either_way_round(upright: bool, labels: tuple[str, ...]) -> None:
    columns = np.zeros((1, 7, 300), np.float32)
    columns[0, :, 5] = (40, 45, 40, 20, 0.1, 0.9, 0.2)
    columns[0, :, 6] = (41, 45, 40, 20, 0.1, 0.8, 0.2)
    data = columns if upright else columns.transpose(0, 2, 1)
    (item,) = found(YoloV8Decoder(), fp32("o", data), view=SampleView(LETTERBOX, labels))
    assert item.box == pytest.approx(BOX, abs=1e-4)
    assert item.index == 1
    assert item.score == pytest.approx(0.9)


def test_yolo_v8_with_key_points_and_with_masks_left_out() -> None:
    columns = np.zeros((1, 4 + 1 + 6 + 2, 300), np.float32)
    columns[0, :, 5] = (40, 45, 40, 20, 0.9, 20, 35, 0.5, 60, 55, 0.25, 77, 77)
    decoder = YoloV8Decoder(key_points=2, point_names=("nose", "tail"), skipped=2)
    (item,) = found(decoder, fp32("o", columns), view=SampleView(LETTERBOX))
    assert [(p.label, p.x, p.y, p.score) for p in item.points] == [
        ("nose", 40, 20, 0.5),
        ("tail", 120, 60, 0.25),
    ]


def test_yolo_v10() -> None:
    rows = np.zeros((1, 300, 6), np.float32)
    rows[0, 3] = (20, 35, 60, 55, 0.9, 2)
    (item,) = found(YoloV10Decoder(), fp32("o", rows))
    assert item.box == pytest.approx(BOX, abs=1e-4)
    assert item.label == "owl"
    assert item.score == pytest.approx(0.9)


def test_yunets_cells_of_a_picture_that_is_not_square() -> None:
    """320 x 160: 40 x 20 cells of 8; the face is centred in the cell of column 30, row 10."""
    outputs = {
        f"{part}_{stride}": np.zeros((1, 320 * 160 // stride**2, size), np.float32)
        for part, size in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
        for stride in (8, 16, 32)
    }
    cell = 10 * 40 + 30
    outputs["cls_8"][0, cell] = 0.81
    outputs["obj_8"][0, cell] = 1.5  # more than sure counts as sure
    outputs["bbox_8"][0, cell] = (0.5, 0.5, np.log(4), np.log(2))
    outputs["kps_8"][0, cell] = (0.25, 0.5) * 5
    tensors = [fp32(name, data) for name, data in outputs.items()]
    (face,) = found(YunetDecoder(), *tensors, view=SampleView(Geometry.same(320, 160), ("face",)))
    assert face.score == pytest.approx(0.9)
    assert face.box == pytest.approx((228, 76, 260, 92), abs=1e-3)
    assert [(p.x, p.y) for p in face.points] == [(242, 84)] * 5
    assert face.points[2].label == "nose"


@pytest.mark.parametrize("activation", list(Activation))
def test_the_best_classes_come_first(activation: Activation) -> None:
    decoder = ClassDecoder(activation=activation, top_k=2)
    (classes,) = read(decoder, fp32("o", [[1.0, 3.0, 2.0]]))
    assert isinstance(classes, Classification)
    assert [c.label for c in classes.classes] == ["dog", "owl"]
    best = {
        Activation.NONE: 3.0,
        Activation.SIGMOID: 1 / (1 + np.exp(-3)),
        Activation.SOFTMAX: 1 / (1 + np.exp(-1) + np.exp(-2)),
    }[activation]
    assert classes.classes[0].score == pytest.approx(best)


@pytest.mark.parametrize("datatype", [Datatype.UINT8, Datatype.INT8, Datatype.BOOL])
def test_scores_may_be_whole_numbers(datatype: Datatype) -> None:
    values = np.array([[0, 1, 0, 1]], np.int64)
    if datatype is not Datatype.BOOL:
        values = values * 100 - (28 if datatype is Datatype.INT8 else 0)
    scores = Tensor("s", datatype, values.astype(datatype.numpy))
    (classes,) = read(ClassDecoder(activation=Activation.NONE, top_k=2), scores)
    assert isinstance(classes, Classification)
    assert {found.index for found in classes.classes} == {1, 3}


def test_the_surest_box_comes_first_whatever_the_numbers_are() -> None:
    boxes = fp32("b", [[0, 0, 10, 10], [20, 20, 30, 30], [40, 40, 50, 50]])
    scores = Tensor("s", Datatype.UINT8, np.array([0, 10, 200], np.uint8))
    items = found(BoxDecoder("b", "s", "", iou=0.5), boxes, scores)
    assert [item.score for item in items] == [200, 10, 0]


def test_scores_may_come_as_bfloat16() -> None:
    bits = as_datatype(np.array([[1.0, 3.0, 2.0]]), Datatype.BF16)
    (classes,) = read(ClassDecoder(activation=Activation.NONE), Tensor("o", Datatype.BF16, bits))
    assert isinstance(classes, Classification)
    assert classes.classes[0].score == 3.0


def test_a_mask_is_laid_over_the_source_and_padding_left_out() -> None:
    scores = np.zeros((1, 3, 50, 50), np.float32)  # half the model's size
    scores[0, 0] = 0.5
    scores[0, 1, :, :25] = 1  # a dog on the left, padding included
    scores[0, 2, 25:, 25:] = 2
    (mask,) = read(MaskDecoder(), fp32("o", scores))
    assert isinstance(mask, Mask)
    assert (mask.classes.shape, mask.labels) == ((100, 200), LABELS)
    assert mask.classes.dtype == np.uint8
    assert (mask.classes[:, :98] == 1).all()
    assert (mask.classes[:46, 102:] == 0).all()
    assert (mask.classes[54:, 102:] == 2).all()
    last = np.moveaxis(scores, 1, 3)
    (other,) = read(MaskDecoder(form=MaskForm.SCORES_LAST), fp32("o", last))
    assert isinstance(other, Mask)
    assert (other.classes == mask.classes).all()


def test_what_a_crop_leaves_out_is_background() -> None:
    view = SampleView(Geometry.fitted((200, 100), (50, 50), Fit.CROP))
    for form, data in (
        (MaskForm.CLASSES, np.full((1, 50, 50), 300)),
        (MaskForm.FOREGROUND, np.full((1, 1, 50, 50), 0.7)),
        (MaskForm.FOREGROUND, np.full((1, 50, 50, 1), 0.7)),
    ):
        (mask,) = read(MaskDecoder(form=form), fp32("o", data), view=view)
        assert isinstance(mask, Mask)
        value = 255 if form is MaskForm.CLASSES else 1
        assert (mask.classes[:, 50:150] == value).all()
        assert not mask.classes[:, :50].any()
        assert not mask.classes[:, 150:].any()
        assert (mask.foreground is None) is (form is MaskForm.CLASSES)


def test_how_sure_a_pixel_is_foreground_is_kept_and_smooth() -> None:
    view = SampleView(Geometry.fitted((200, 100), (4, 4), Fit.CROP))
    data = np.array([[0.0, 0.0, 1.0, np.nan]] * 3 + [[-7.0, 0.4, 0.6, np.inf]])
    (mask,) = read(MaskDecoder(form=MaskForm.FOREGROUND), fp32("o", data), view=view)
    assert isinstance(mask, Mask)
    assert mask.foreground is not None
    assert mask.foreground.dtype == np.uint8
    assert mask.foreground.shape == (100, 200)
    assert not mask.foreground[:, :50].any()
    assert mask.foreground[99, 51] == 0
    assert mask.foreground[99, 149] == 255
    assert len(np.unique(mask.foreground[5, 60:130])) > 10
    assert mask.classes[99, 120] == 1


@pytest.mark.parametrize(
    ("form", "unit", "row"),
    [
        (PointForm.XY, Unit.PIXELS, (20, 35)),
        (PointForm.YX, Unit.PIXELS, (35, 20)),
        (PointForm.XY_SCORE, Unit.NORMALISED, (0.2, 0.35, 0.9)),
        (PointForm.YX_SCORE, Unit.NORMALISED, (0.35, 0.2, 0.9)),
    ],
)
def test_points_of_every_form(form: PointForm, unit: Unit, row: tuple[float, ...]) -> None:
    (points,) = read(PointDecoder(form=form, unit=unit), fp32("o", [[[row]]]))
    assert isinstance(points, KeyPoints)
    (point,) = points.points
    assert (point.x, point.y) == pytest.approx((40, 20), abs=1e-4)
    assert point.label == "cat"
    assert point.score == pytest.approx(row[2] if len(row) > 2 else 1)


def test_points_are_the_peaks_of_heat_maps_if_they_are_high_enough() -> None:
    maps = np.zeros((1, 2, 20, 10), np.float32)
    maps[0, 0, 7, 2] = 0.9
    maps[0, 1, 3, 3] = 0.1
    (points,) = read(PointDecoder(form=PointForm.HEATMAPS), fp32("o", maps))
    assert isinstance(points, KeyPoints)
    (point,) = points.points
    assert (point.x, point.y) == pytest.approx((50, 25), abs=1e-4)


def test_numbers_are_named_by_labels_or_by_their_output() -> None:
    (many,) = read(ScalarDecoder("o", unit="°", high=90), fp32("o", [[1, 2, 3]]))
    assert isinstance(many, Scalars)
    assert [(s.name, s.value, s.unit, s.high) for s in many.values] == [
        ("cat", 1, "°", 90), ("dog", 2, "°", 90), ("owl", 3, "°", 90),
    ]  # fmt: skip
    (mixed,) = read(ScalarDecoder(), fp32("age", [30]), fp32("pose", [1, 2, 3]))
    assert isinstance(mixed, Scalars)
    assert [s.name for s in mixed.values] == ["age", "pose[0]", "pose[1]", "pose[2]"]


def test_text_is_a_line_for_each_element() -> None:
    (text,) = read(TextDecoder(), Tensor.of_bytes("o", "grüß".encode(), b"\xff!"))
    assert text == Text("grüß\n\ufffd!")


def test_a_probability_of_any_shape() -> None:
    view = SampleView(labels=("speech", "silence"))
    (classes,) = read(YesNoDecoder("p"), fp32("p", [[[0.75]]]), view=view)
    assert isinstance(classes, Classification)
    assert [(c.label, c.score) for c in classes.classes] == [("speech", 0.75), ("silence", 0.25)]


@pytest.mark.parametrize(
    ("decoder", "outputs", "words"),
    [
        (SsdDecoder("s", "b"), [("s", (1, 5, 2)), ("b", (1, 4, 4))], "do not belong together"),
        (SsdDecoder("s", "b"), [("s", (1, 5, 1)), ("b", (1, 5, 4))], "no class but"),
        (YoloV5Decoder(), [("o", (1, 9, 4))], "no box with a score"),
        (YoloV5Decoder(), [("o", (2, 9, 85))], "expected 2 dimensions"),
        (YoloV8Decoder(), [("o", (1, 4, 99))], "no class"),
        (YoloV10Decoder(), [("o", (1, 300, 7))], "rows of 6 numbers, got 7"),
        (MaskDecoder(), [("o", (5, 5))], "expected 3 dimensions"),
        (PointDecoder(), [("o", (1, 17, 2))], "2 numbers, expected 3"),
        (ClassDecoder(), [("o", (1, 0))], "no scores"),
        (TextDecoder(), [("o", (1,))], "expected BYTES"),
    ],
)
def test_outputs_of_another_form_are_named(
    decoder: OutputDecoder, outputs: list[tuple[str, tuple[int, ...]]], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        read(decoder, *(fp32(name, np.zeros(shape)) for name, shape in outputs))


@pytest.mark.parametrize(
    "decoder",
    [
        YunetDecoder(),
        SsdDecoder(),
        BoxDecoder(),
        YoloV8Decoder("o"),
        MaskDecoder("o"),
        TextDecoder(),
    ],
)
def test_a_missing_output_is_a_key_error(decoder: OutputDecoder) -> None:
    with pytest.raises(KeyError):
        read(decoder)


def test_numbers_without_meaning_do_no_harm() -> None:
    """Not a number, infinite and huge values become no detections or finite work."""
    table = np.full((1, 300, 8), np.nan, np.float32)
    assert found(YoloV5Decoder(), fp32("o", table)) == ()
    table[:] = np.inf
    table[:, :, 4:] = 1
    assert found(YoloV5Decoder(), fp32("o", table)) == ()
    table[:, :, :4] = 1e30
    assert len(found(YoloV5Decoder(), fp32("o", table))) <= 300
    boxes = [[np.nan, 0, 0, 0], [0, 0, 1, 1]]
    decoder = BoxDecoder("b", "s", "")
    assert len(found(decoder, fp32("b", boxes), fp32("s", [0.5, 0.5]))) == 1
    infinite = fp32("o", [[np.inf, np.inf]])
    assert isinstance(read(ClassDecoder(), infinite)[0], Classification)
