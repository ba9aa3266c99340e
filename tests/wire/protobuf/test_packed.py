"""Packed numbers are what protobuf writes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backend.core.tensors import Array
from backend.wire.generated.open_inference_pb2 import InferTensorContents
from backend.wire.protobuf.packed import packed_field

FIELDS = {
    "bool_contents": (1, "?"),
    "int_contents": (2, "i1 <i2 <i4"),
    "int64_contents": (3, "<i8"),
    "uint_contents": (4, "u1 <u2 <u4"),
    "uint64_contents": (5, "<u8"),
    "fp32_contents": (6, "<f4"),
    "fp64_contents": (7, "<f8"),
}
CASES = [
    (field, number, dtype) for field, (number, types) in FIELDS.items() for dtype in types.split()
]


def by_protobuf(field: str, values: Array) -> bytes:
    return InferTensorContents(**{field: values.tolist()}).SerializeToString()


@pytest.mark.parametrize(("field", "number", "dtype"), CASES)
def test_any_numbers_are_packed_as_protobuf_does(field: str, number: int, dtype: str) -> None:
    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(hnp.arrays(np.dtype(dtype), st.integers(0, 20)))
    def check(values: Array) -> None:
        if values.dtype.kind == "f":
            values = np.nan_to_num(values)  # protobuf's Python lists do not keep a NaN's bits
        assert packed_field(number, values) == by_protobuf(field, values)

    check()


def test_more_numbers_than_are_packed_at_once() -> None:
    values = np.arange(200_000, dtype=np.uint32)

    assert packed_field(4, values) == by_protobuf("uint_contents", values)
