"""Two replies compared: what changed, by how much and where."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backend.core.inference import InferResponse
from backend.core.predictions import (
    Classification,
    ClassScore,
    Detection,
    Detections,
    KeyPoint,
    Mask,
    Scalar,
    Scalars,
    Text,
)
from backend.core.tensors import Array, Datatype, Tensor
from backend.inspector.views import prediction_lines
from backend.inspector.views.tensor_differences import OutputDiff, tensor_diff
from backend.inspector.views.text_differences import text_diff
from tests.attacks.growth import assert_linear

NUMERIC = [d for d in Datatype if d is not Datatype.BYTES]


def reply(*tensors: Tensor) -> InferResponse:
    return InferResponse("m", tensors)


def fp32(values: Any, name: str = "Y") -> Tensor:
    return Tensor(name, Datatype.FP32, np.array(values, np.float32))


def one(left: Tensor, right: Tensor, tolerance: float = 1e-3) -> OutputDiff:
    (found,) = tensor_diff(reply(left), reply(right), tolerance).outputs
    return found


@st.composite
def arrays(draw: st.DrawFn) -> tuple[Datatype, Array]:
    datatype = draw(st.sampled_from(NUMERIC))
    shape = draw(hnp.array_shapes(max_dims=3, max_side=4))
    return datatype, draw(hnp.arrays(datatype.numpy, shape))


@given(made=arrays())
@settings(max_examples=80, deadline=None)
def test_a_reply_is_the_same_as_itself_whatever_it_holds(made: tuple[Datatype, Array]) -> None:
    datatype, values = made
    found = one(Tensor("Y", datatype, values), Tensor("Y", datatype, values.copy()), 0)
    assert found.same
    assert found.numbers is not None
    assert found.numbers.largest in (None, 0)


@given(
    pair=hnp.array_shapes(max_dims=2, max_side=5).flatmap(
        lambda shape: st.tuples(
            hnp.arrays(np.float64, shape, elements=st.floats(-1e6, 1e6)),
            hnp.arrays(np.float64, shape, elements=st.floats(-1e6, 1e6)),
        )
    ),
    tolerance=st.floats(0, 10),
)
@settings(max_examples=60, deadline=None)
def test_figures_are_those_of_the_whole_arrays(pair: tuple[Array, Array], tolerance: float) -> None:
    left, right = pair
    found = one(Tensor("Y", Datatype.FP64, left), Tensor("Y", Datatype.FP64, right), tolerance)
    apart = np.abs(left - right)
    assert found.numbers is not None
    assert found.numbers.largest == apart.max()
    assert found.numbers.mean == pytest.approx(apart.mean())
    assert found.differing == (apart > tolerance).sum()
    places = list(zip(*np.nonzero(apart > tolerance), strict=True))[:5]
    assert [difference.index for difference in found.first] == places


def test_nan_is_equal_to_nan_and_to_nothing_else() -> None:
    found = one(fp32([math.nan, math.nan, math.inf, -math.inf]), fp32([math.nan, 1, math.inf, 1]))
    assert found.differing == 2
    assert [(d.index, d.left, d.right) for d in found.first] == [
        ((1,), "nan", "1"),
        ((3,), "-inf", "1"),
    ]


def test_large_integers_are_compared_exactly() -> None:
    left, right = np.array([2**62, -(2**63)]), np.array([2**62 + 1, 2**63 - 1])
    found = one(Tensor("Y", Datatype.INT64, left), Tensor("Y", Datatype.INT64, right), 0.5)
    assert found.differing == 2
    assert found.numbers is not None
    assert found.numbers.largest == float(2**64 - 1)
    unsigned = Tensor("Y", Datatype.UINT64, np.array([2**62, 5], np.uint64))
    assert one(Tensor("Y", Datatype.INT64, left), unsigned).differing == 1


def test_cosine_and_best_classes() -> None:
    found = one(fp32([0.9, 0.1, 0]), fp32([0.1, 0.9, 0]))
    assert found.numbers is not None
    assert found.numbers.cosine == pytest.approx(0.18 / 0.82)
    assert found.top == ((0, 1, 2), (1, 0, 2))
    assert one(fp32([0.0, 0]), fp32([1.0, 0])).numbers.cosine is None  # type: ignore[union-attr]
    assert one(fp32([0.9, 0.1]), fp32([0.90001, 0.1])).same


def test_missing_outputs_and_changed_shapes_and_datatypes_are_told() -> None:
    diff = tensor_diff(
        reply(fp32([1]), fp32([1], "A")),
        reply(fp32([[1]]), Tensor("B", Datatype.INT8, np.zeros(1, np.int8))),
    )
    assert not diff.same
    assert [(o.name, o.missing) for o in diff.outputs] == [("Y", ""), ("A", "right"), ("B", "left")]
    assert diff.outputs[0].shapes == ((1,), (1, 1))
    assert diff.outputs[0].numbers is None
    changed = one(fp32([1, 2]), Tensor("Y", Datatype.FP64, np.array([1.0, 2.5])))
    assert changed.datatypes == ("FP32", "FP64")
    assert changed.differing == 1
    assert not one(fp32([1]), Tensor("Y", Datatype.FP64, np.array([1.0]))).same
    with pytest.raises(ValueError, match="tolerance"):
        tensor_diff(reply(), reply(), math.nan)


def test_bytes_are_compared_by_element() -> None:
    found = one(
        Tensor.of_bytes("Y", b"a", b"b", b"\xff"), Tensor.of_bytes("Y", b"a", b"c", b"\xff")
    )
    assert found.differing == 1
    assert found.first[0].index == (1,)
    assert (found.first[0].left, found.first[0].right) == ('"b"', '"c"')


def test_large_outputs_are_compared_across_pieces() -> None:
    left = np.zeros(3_000_000, np.float32)
    right = left.copy()
    right[[1_500_000, 2_999_999]] = 2
    found = one(Tensor("Y", Datatype.FP32, left), Tensor("Y", Datatype.FP32, right))
    assert [d.index for d in found.first] == [(1_500_000,), (2_999_999,)]
    assert found.numbers is not None
    assert found.numbers.mean == pytest.approx(4 / 3_000_000)


@given(lines=st.lists(st.sampled_from(["a", "b", "c"]), max_size=30), more=st.text("abc\n"))
def test_the_text_diff_gives_the_right_text_from_the_left_one(lines: list[str], more: str) -> None:
    left, right = "\n".join(lines), more
    found = text_diff(left, right)
    assert bool(found.lines) == (left.splitlines() != right.splitlines())
    added = [line[1:] for line in found.lines if line.startswith("+")]
    removed = [line[1:] for line in found.lines if line.startswith("-")]
    count = len(left.splitlines()) - len(removed) + len(added)
    assert count == len(right.splitlines())


def test_long_texts_are_compared_from_their_first_difference_on() -> None:
    left = [str(number) for number in range(20_000)]
    right = [*left[:10_000], "new", *left[10_000:]]
    found = text_diff("\n".join(left), "\n".join(right))
    assert found.lines[0].startswith("@@ -9998")
    assert "+new" in found.lines
    assert "9998 to" in found.note


# -- rows ---------------------------------------------------------------------------------------


def test_only_rows_that_differ_are_shown_with_their_neighbours() -> None:
    left = fp32(np.arange(40).reshape(2, 20))
    right = fp32(np.arange(40).reshape(2, 20))
    right.data[1, 9] = 7.5
    (row,) = one(left, right).rows
    assert row.index == (1, 8)
    assert row.left == ("28", "29", "30", "31", "32", "33", "34", "35")
    assert row.right == ("28", "7.5", *row.left[2:])
    right.data[1, 17] = 0
    assert [row.index for row in one(left, right).rows] == [(1, 8), (1, 16)]
    assert one(left, right).rows[1].left == ("36", "37", "38", "39")
    assert one(left, right, tolerance=100).rows == ()


def test_rows_of_other_shapes_are_all_shown_up_to_a_bound() -> None:
    rows = one(fp32([[1, 2], [3, 4]]), fp32([[1, 2]])).rows
    assert [(row.index, row.left, row.right) for row in rows] == [
        ((0, 0), ("1", "2"), ()),
        ((1, 0), ("3", "4"), ()),
        ((0, 0), (), ("1", "2")),
    ]
    many = one(fp32(np.zeros((500, 9))), fp32(np.ones((500, 9))))
    assert (len(many.rows), many.more_rows) == (50, 950)
    assert one(fp32(np.zeros((0, 3))), fp32(np.zeros((0, 3)))).rows == ()
    alone = tensor_diff(reply(fp32(3.0)), reply()).outputs[0]
    assert [(row.index, row.left) for row in alone.rows] == [((), ("3",))]


def test_texts_that_differ_are_shown_as_texts() -> None:
    left, right = (
        Tensor("Y", Datatype.BYTES, np.array([b"cat", word], object)) for word in (b"dog", b"cow")
    )
    (row,) = one(left, right).rows
    assert (row.left, row.right) == (('"cat"', '"dog"'), ('"cat"', '"cow"'))


def test_rows_of_a_large_output_take_linear_time() -> None:
    def differing(size: int) -> Callable[[], object]:
        values = np.zeros(size, np.float32)
        pair = reply(fp32(values)), reply(fp32(values + 1))
        return lambda: tensor_diff(*pair)

    assert_linear(differing, 100_000, seconds=10, peak_bytes_per_byte=200)


def test_predictions_are_a_line_each() -> None:
    mask = Mask(np.array([[0, 1], [1, 1]], np.uint8), ("", "road"))
    found = (
        Classification((ClassScore("cat", 0.8126, 3),)),
        Detections((Detection((1.04, 2, 30, 40), "", 0.9, 7, points=(KeyPoint(3, 4),)),)),
        mask,
        Scalars((Scalar("frequency", 440.0, "Hz"),)),
        Text("one\ntwo"),
    )
    assert prediction_lines(found) == (
        "cat  0.813",
        "class 7  0.900  (1, 2) - (30, 40)  (3.0, 4.0)  1.00",
        "road  75.0 %",
        "frequency  440 Hz",
        "one",
        "two",
    )
