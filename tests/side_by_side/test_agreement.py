"""How far two predictions agree, kind by kind."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.predictions import (
    Classification,
    ClassScore,
    Detection,
    Detections,
    KeyPoint,
    KeyPoints,
    Mask,
    Prediction,
    Scalar,
    Scalars,
    Tensors,
    Text,
)
from backend.core.tensors import Datatype, Tensor
from backend.side_by_side.agreement import agreement, identical
from backend.side_by_side.boxes import match_boxes
from backend.side_by_side.texts import text_distance


def box(x: float, y: float, size: float, label: str = "a", score: float = 0.9) -> Detection:
    return Detection((x, y, x + size, y + size), label, score)


def classes(**scores: float) -> Classification:
    found = sorted(scores.items(), key=lambda each: -each[1])
    return Classification(tuple(ClassScore(name, score, 0) for name, score in found))


def tensor(*values: float) -> Tensors:
    data = np.array(values, np.float32)
    return Tensors((Tensor("out", Datatype.FP32, data),))


EXAMPLES: list[Prediction] = [
    Detections((box(0, 0, 10), box(50, 50, 10, "b"))),
    Detections(()),
    classes(cat=0.7, dog=0.3),
    KeyPoints((KeyPoint(1, 2), KeyPoint(30, 40, label="nose"))),
    Mask(np.eye(8, dtype=np.uint8), ("", "thing")),
    Scalars((Scalar("pitch", 440.0, "Hz", 50, 2000),)),
    Text("hello"),
    tensor(1.0, math.nan, math.inf),
]


@pytest.mark.parametrize("each", EXAMPLES, ids=lambda each: type(each).__name__)
def test_what_is_the_same_agrees_wholly(each: Prediction) -> None:
    found = agreement((each,), (each,))
    assert (found.value, found.identical) == (1.0, True)


def test_a_kind_that_only_one_has_does_not_agree() -> None:
    found = agreement((Text("a"), Detections(())), (Detections(()),))
    assert (found.value, found.identical) == (0.0, False)
    assert {each.kind: each.value for each in found.kinds} == {"text": 0.0, "detections": 1.0}


def test_nothing_agrees_with_nothing() -> None:
    assert agreement((), ()).value == 1.0


def test_boxes_agree_by_their_overlap_and_those_without_a_match_count() -> None:
    a = Detections((box(0, 0, 10, score=0.9), box(100, 0, 10), box(200, 0, 10)))
    b = Detections((box(0, 5, 10, score=0.7), box(100, 2.5, 10), box(300, 0, 10)))
    found = agreement((a,), (b,)).kinds[0]
    assert found.figures["matched"] == 1, "5 of 15 is under a half; 7.5 of 12.5 is over it"
    assert (found.figures["only_a"], found.figures["only_b"]) == (2, 2)
    assert found.value == pytest.approx(2 * 0.6 / 6)
    assert found.figures["mean_iou"] == pytest.approx(0.6)


def test_boxes_of_other_labels_are_no_match() -> None:
    assert not match_boxes([box(0, 0, 10, "a")], [box(0, 0, 10, "b")])


def test_each_box_is_matched_once_the_best_overlap_first() -> None:
    a = [box(0, 0, 10), box(1, 0, 10)]
    b = [box(1, 0, 10), box(0, 2, 10)]
    assert [(each.a, each.b) for each in match_boxes(a, b)] == [(1, 0), (0, 1)]


def test_boxes_of_no_size_and_no_numbers_do_no_harm() -> None:
    odd = [box(0, 0, 0), box(math.nan, 0, 1), box(math.inf, 0, 1)]
    assert [(each.a, each.b) for each in match_boxes(odd, odd)] == [(0, 0), (2, 2)]


def test_classes_agree_by_the_best_and_by_their_scores() -> None:
    same = agreement((classes(cat=0.6, dog=0.4),), (classes(cat=0.8, dog=0.2),)).kinds[0]
    assert same.figures == {"same_top_1": 1.0, "score_distance": pytest.approx(0.2)}
    assert same.value == pytest.approx(0.9)
    other = agreement((classes(cat=0.6, dog=0.4),), (classes(dog=0.6, cat=0.4),)).kinds[0]
    assert other.figures["same_top_1"] == 0
    assert other.value == pytest.approx(0.4)
    apart = agreement((classes(cat=1.0),), (classes(dog=1.0),)).kinds[0]
    assert apart.value == 0.0


def test_points_agree_by_their_distance_and_the_missing_do_not() -> None:
    a = KeyPoints((KeyPoint(0, 0), KeyPoint(100, 0)))
    b = KeyPoints((KeyPoint(0, 10), KeyPoint(100, 0)))
    found = agreement((a,), (b,)).kinds[0]
    assert found.figures["mean_distance_px"] == 5
    scale = 0.1 * math.hypot(100, 10)
    assert found.value == pytest.approx((math.exp(-((10 / scale) ** 2) / 2) + 1) / 2)
    assert agreement((a,), (KeyPoints(()),)).value == 0.0


def test_masks_agree_by_the_mean_overlap_of_their_classes() -> None:
    a = Mask(np.array([[0, 0, 1, 1]], np.uint8), ("", "x"))
    b = Mask(np.array([[0, 1, 1, 1]], np.uint8), ("", "x"))
    found = agreement((a,), (b,)).kinds[0]
    assert found.value == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert found.figures["same_pixels"] == 0.75
    assert agreement((a,), (Mask(np.zeros((2, 2), np.uint8), ()),)).value == 0.0


def test_scalars_and_tensors_agree_by_their_range_and_size() -> None:
    a, b = (Scalars((Scalar("p", value, "Hz", 0, 1000),)) for value in (400.0, 500.0))
    assert agreement((a,), (b,)).value == pytest.approx(0.9)
    found = agreement((tensor(1.0, 3.0),), (tensor(1.0, 2.0),)).kinds[0]
    assert found.value == pytest.approx(1 - 1 / 7)
    assert found.figures["largest_difference"] == 1.0
    assert agreement((tensor(1.0),), (tensor(1.0, 2.0),)).value == 0.0
    assert agreement((tensor(math.nan),), (tensor(1.0),)).value == 0.0


@settings(max_examples=200, deadline=None)
@given(st.text("abc", max_size=9), st.text("abc", max_size=9))
def test_texts_are_as_far_apart_as_the_plain_definition_says(a: str, b: str) -> None:
    @cache
    def distance(i: int, j: int) -> int:
        if not (i and j):
            return i + j
        changed = distance(i - 1, j - 1) + (a[i - 1] != b[j - 1])
        return min(changed, distance(i - 1, j) + 1, distance(i, j - 1) + 1)

    longer = max(len(a), len(b), 1)
    assert text_distance(a, b) == pytest.approx(distance(len(a), len(b)) / longer)


def test_very_long_texts_take_a_bounded_time() -> None:
    assert text_distance("x" * 1_000_000, "x" * 999_999) < 1.0
    assert text_distance("x" * 1_000_000, "y" * 1_000_000) == 1.0


def test_identical_means_to_the_last_bit() -> None:
    a, b = Detections((box(0, 0, 10, score=0.1 + 0.2),)), Detections((box(0, 0, 10, score=0.3),))
    assert not identical((a,), (b,))
    assert identical((tensor(math.nan),), (tensor(math.nan),))
    assert not identical((Text("a"),), (Text("a"), Text("a")))
