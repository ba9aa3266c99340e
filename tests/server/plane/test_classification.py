"""The classification extension: texts of the largest values."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.errors import InvalidInput
from backend.core.inference import RequestedOutput
from backend.core.tensors import Datatype, Tensor
from backend.server.plane.classification import classes_wanted, classified
from tests.server.scripted_servables import Scripted, config

LABELS = ("cat", "dog", "")


def model(text: str = "") -> Scripted:
    made = Scripted(config("m", text))
    made.labels = {"Y": LABELS}
    return made


def texts(data: object, datatype: Datatype, wanted: int, text: str = "") -> list[object]:
    array = np.asarray(data, datatype.numpy)
    found: list[object] = classified(
        Tensor("Y", datatype, array), wanted, model(text)
    ).data.tolist()
    return found


def test_floats_have_six_decimals_and_labels_where_there_are_some() -> None:
    found = texts([0.5, 3.3, -1.0, 2.0], Datatype.FP32, 4)
    assert found == [b"3.300000:1:dog", b"2.000000:3", b"0.500000:0:cat", b"-1.000000:2"]


@pytest.mark.parametrize(
    ("datatype", "values"),
    [
        (Datatype.UINT8, [0, 255, 7]),
        (Datatype.INT8, [-128, 127, 0]),
        (Datatype.UINT64, [0, 2**64 - 1, 2**63]),
        (Datatype.INT64, [-(2**63), 2**63 - 1, 0]),
    ],
)
def test_integers_are_ordered_over_their_whole_range(datatype: Datatype, values: list[int]) -> None:
    found = texts(values, datatype, 3)
    low, high, middle = values
    assert found == [f"{high}:1:dog".encode(), f"{middle}:2".encode(), f"{low}:0:cat".encode()]


def test_equal_values_stand_in_the_order_of_their_classes_and_nan_comes_last() -> None:
    assert texts([1, np.nan, 1], Datatype.FP64, 3) == [
        b"1.000000:0:cat",
        b"1.000000:2",
        b"nan:1:dog",
    ]


def test_no_more_classes_than_values() -> None:
    assert texts([4], Datatype.INT32, 10) == [b"4:0:cat"]
    assert texts([], Datatype.FP32, 10) == []


def test_a_model_that_batches_has_one_row_per_item() -> None:
    data = [[[1, 2], [3, 0]], [[9, 0], [0, 0]]]
    assert texts(data, Datatype.INT32, 1, "max_batch_size: 4") == [[b"3:2"], [b"9:0:cat"]]
    assert texts(data, Datatype.INT32, 1) == [b"9:4"]


@pytest.mark.parametrize("datatype", [Datatype.BOOL, Datatype.FP16, Datatype.BF16])
def test_other_datatypes_have_no_classes(datatype: Datatype) -> None:
    with pytest.raises(InvalidInput, match=f"unsupported type '{datatype}'"):
        texts([0, 1], datatype, 1)


@pytest.mark.parametrize("wrong", [-1, "2", True, 1.5])
def test_the_number_of_classes_is_a_whole_number(wrong: int | str | float) -> None:
    with pytest.raises(InvalidInput, match="'classification' of output 'Y'"):
        classes_wanted(RequestedOutput("Y", {"classification": wrong}))
