"""Long lists of numbers in JSON are read as short ones are, whatever is among them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from backend.core.errors import InvalidInput
from backend.core.tensors import Datatype
from backend.wire.elements import TensorRef
from backend.wire.json.text import may_hold_booleans, read_json
from backend.wire.oip.rest import decode_request
from backend.wire.tensors.numbers_json import from_json_data

_COUNT = 20_000
_NUMBERS = [d for d in Datatype if d not in (Datatype.BYTES, Datatype.FP16, Datatype.BF16)]
_ODD: list[Any] = [
    True,
    False,
    None,
    1.5,
    -1,
    256,
    2**31,
    2**64,
    -(2**63) - 1,
    10**400,
    "1",
    [1],
    {},
]


def _outcome(values: list[Any], datatype: Datatype) -> Any:
    header = {
        "inputs": [{"name": "X", "datatype": datatype, "shape": [_COUNT], "data": values}],
    }
    try:
        return decode_request({}, json.dumps(header).encode(), "m").inputs[0].data
    except InvalidInput as error:
        return str(error)


def _expected(values: list[Any], datatype: Datatype) -> Any:
    try:
        values = read_json(json.dumps(values).encode())
        return from_json_data(values, datatype, [_COUNT], TensorRef("input", "X", "m")).data
    except InvalidInput as error:
        return str(error)


@pytest.mark.parametrize("datatype", _NUMBERS)
@pytest.mark.parametrize("odd", [0, *_ODD], ids=str)
def test_a_long_list_is_read_as_if_each_element_was_looked_at(datatype: Datatype, odd: Any) -> None:
    values: list[Any] = [n % 100 for n in range(_COUNT)]
    if datatype is Datatype.BOOL:
        values = [bool(n % 2) for n in range(_COUNT)]
    values[_COUNT // 2] = odd

    got, expected = _outcome(values, datatype), _expected(values, datatype)

    assert type(got) is type(expected)
    if isinstance(expected, str):
        # What is no JSON at all is shown with what is near, which is not the same.
        assert got == expected or "not JSON" in got
    else:
        assert got.dtype == expected.dtype
        assert np.array_equal(got, expected)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"[1,2]", False),
        (b"[true]", True),
        (b"[1e5,false]", True),
        (b"[" + b"1e5," * 5000 + b"1]", False),
        (b"[" + b"1e5," * 5000 + b"true]", True),
        (b'{"rue":"alse"}', False),
        (b"e", False),
        (b"", False),
    ],
)
def test_booleans_are_seen_anywhere(text: bytes, told: bool) -> None:
    assert may_hold_booleans(text) is told
    assert may_hold_booleans(memoryview(text)) is told
