"""JSON with and without numbers that are not finite."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backend.core.errors import InvalidInput
from backend.wire.json.text import MAX_NESTING, read_json, write_json


def test_nan_and_infinity_are_read() -> None:
    value = read_json(b'{"a": [NaN, Infinity, -Infinity], "b": "NaN"}')

    assert math.isnan(value["a"][0])
    assert value["a"][1:] == [math.inf, -math.inf]
    assert value["b"] == "NaN"


def test_nan_inside_a_string_is_text() -> None:
    assert read_json(b'["NaN"]') == ["NaN"]


def test_brackets_inside_strings_do_not_count_as_nesting() -> None:
    assert math.isnan(read_json(b'["' + b"[" * 500 + b'\\"[", NaN]')[1])


def test_nesting_is_bounded_on_the_tolerant_path_too() -> None:
    deep = b"[" * MAX_NESTING + b"NaN" + b"]" * MAX_NESTING

    assert read_json(deep)
    with pytest.raises(InvalidInput, match="nested deeper than 100"):
        read_json(b"[" + deep + b"]")


def test_arrays_are_written_as_lists() -> None:
    data = np.array([[1.5, 2.0]], np.float32)

    assert write_json({"a": data}) == b'{"a":[[1.5,2.0]]}'
    assert write_json({"a": data * np.nan}, bare_nan=True) == b'{"a":[[NaN,NaN]]}'


def test_what_has_no_json_form_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        write_json(object(), bare_nan=True)


def test_an_error_shows_the_place() -> None:
    with pytest.raises(InvalidInput, match=r"not JSON: .* at byte \d+, near"):
        read_json(b'{"inputs": [1, 2, }')
