"""Nested lists of numbers, read in one piece, agree with the ordinary reader or are left to it."""

from __future__ import annotations

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backend.wire.tensors.number_lists import read_numbers, split_numbers

REPEATABLE = settings(max_examples=400, deadline=None, database=None, derandomize=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"[1]", [1]),
        (b"[[1,2],[3,4]]", [[1, 2], [3, 4]]),
        (b" [ [ 1 , -2.5e3 ] ]", [[1, -2500.0]]),
        (b"[[[1],[2]],[[3],[4]]]", [[[1], [2]], [[3], [4]]]),
        (b"[9223372036854775807]", [2**63 - 1]),
    ],
)
def test_regular_lists_are_read(text: bytes, value: object) -> None:
    array = read_numbers(text)

    assert array is not None
    assert array.tolist() == value


def test_integers_stay_integers() -> None:
    integers, floats = read_numbers(b"[1, 2]"), read_numbers(b"[1, 2.0]")

    assert integers is not None
    assert integers.dtype == np.int64
    assert floats is not None
    assert floats.dtype == np.float64


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"1",
        b"[]",
        b"[[],[]]",
        b"[1,[2]]",
        b"[[1],2]",
        b"[[1,2],[3]]",
        b"[[[1],[2]],[[3]]]",
        b"[1[2],3]",
        b"[[1],2[3]]",
        b"[[1],[2]3]",
        b"[[1],2[]]",
        b"[[1],[]2]",
        b"[1,,2]",
        b"[1 2]",
        b"[,]",
        b"[1]]",
        b"[[1]",
        b"[01]",
        b"[1.]",
        b'["a"]',
        b"[true]",
        b"[null]",
        b"[NaN]",
        b"[" * 40 + b"1" + b"]" * 40,
    ],
)
def test_anything_else_is_left_to_the_ordinary_reader(text: bytes) -> None:
    assert read_numbers(text) is None


def test_the_rest_of_the_object_is_kept() -> None:
    found = split_numbers(b'{"rate": 8000, "input": [[1, 2]], "x": "y"}', "input")

    assert found is not None
    assert orjson.loads(found[0]) == {"rate": 8000, "input": [], "x": "y"}
    assert found[1].tolist() == [[1, 2]]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b'{"input": 5}',
        b'{"other": [1]}',
        b'{"a": "[", "input": [1], "b": "]"}',
        b'{"input": [1], "b": "]"}',
        b'{"input": [1], "b": [2]}',
        b'[{"input": [1]}]',
        b"]{}[",
    ],
)
def test_an_object_of_another_form_is_left_to_the_ordinary_reader(text: bytes) -> None:
    assert split_numbers(text, "input") is None


@REPEATABLE
@given(st.text(alphabet="[[[]]],,12.-e ", max_size=16))
def test_what_is_read_is_what_the_ordinary_reader_reads(text: str) -> None:
    array = read_numbers(text.encode())

    if array is not None:
        assert array.tolist() == orjson.loads(text)


@REPEATABLE
@given(
    hnp.arrays(
        st.sampled_from([np.int64, np.float64]),
        hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4),
        elements={"allow_nan": False, "allow_infinity": False},
    )
    | hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3))
)
def test_every_array_comes_back(data: np.ndarray) -> None:
    back = read_numbers(orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY))

    assert back is not None
    assert np.array_equal(back, data)
