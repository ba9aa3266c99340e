"""Requests over REST that repeat themselves are read as each would be alone."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.errors import InvalidInput
from backend.core.inference import InferRequest, Parameter, RequestedOutput
from backend.core.tensors import Datatype, Tensor
from backend.wire.oip.rest import HEADER_LENGTH, decode_request, encode_request
from backend.wire.oip.rest_repeats import RepeatedRequests
from tests.wire.wire_samples import EXTREMES, same_request

_IDS = st.one_of(st.just(""), st.integers(0, 999).map(str), st.text(max_size=3))
_SHAPES = st.sampled_from([(), (0,), (3,), (1, 3), (3, 1)])
_PARAMETERS: st.SearchStrategy[dict[str, Parameter]] = st.sampled_from(
    [{}, {"a": True}, {"a": 1.0}, {"id": "1"}, {"a": "b"}]
)


@st.composite
def _tensors(draw: st.DrawFn, name: str) -> Tensor:
    datatype, shape = draw(st.sampled_from(list(Datatype))), draw(_SHAPES)
    data = np.resize(np.roll(EXTREMES[datatype], draw(st.integers(0, 2))), shape)
    return Tensor(name, datatype, data.astype(datatype.numpy))


_REQUESTS = st.builds(
    InferRequest,
    st.sampled_from(["m", "model"]),
    st.one_of(st.tuples(_tensors("X")), st.tuples(_tensors("X"), _tensors("Y")), st.just(())),
    st.sampled_from(["", "1"]),
    _IDS,
    _PARAMETERS,
    st.sampled_from([(), (RequestedOutput("Z", {"binary_data": True}),)]),
)


class _Reader:
    """Reads as the server does."""

    def __init__(self) -> None:
        self._repeats = RepeatedRequests()

    def read(
        self, headers: dict[str, str], body: bytes, model: str = "m", version: str = ""
    ) -> InferRequest:
        request = self._repeats.read(headers, body, model, version)
        if request is None:
            request = decode_request(headers, body, model, version)
            self._repeats.note(headers, body, request)
        return request


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(_REQUESTS, st.integers(1, 3)), min_size=1, max_size=4))
def test_requests_in_a_row_are_read_as_each_alone(rows: list[tuple[InferRequest, int]]) -> None:
    reader = _Reader()
    for request, times in rows:
        headers, body = encode_request(request, binary=True)
        for _ in range(times):
            read = reader.read(headers, body, request.model, request.version)
            same_request(read, decode_request(headers, body, request.model, request.version))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_bodies_are_read_as_each_alone(draw: st.DataObject) -> None:
    tensor = Tensor("X", Datatype.INT16, np.arange(4, dtype=np.int16))
    request = InferRequest("m", (tensor,), id=draw.draw(st.sampled_from(["", "7"])))
    headers, body = encode_request(request, binary=True)
    reader = _Reader()
    reader.read(headers, body)
    data = bytearray(body)
    for _ in range(draw.draw(st.integers(1, 3))):
        at = draw.draw(st.integers(0, len(data) - 1))
        data[at : at + draw.draw(st.integers(0, 1))] = draw.draw(st.binary(max_size=2))
        if not data:
            break

    expected = _outcome(lambda: decode_request(headers, bytes(data), "m"))
    got = _outcome(lambda: reader.read(headers, bytes(data)))

    assert type(expected) is type(got)
    if isinstance(expected, str):
        assert got == expected
    else:
        same_request(got, expected)


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_only_the_id_may_differ(separators: tuple[str, str]) -> None:
    repeats = RepeatedRequests()

    def send(name: str) -> InferRequest | None:
        headers, body = _body({"id": name, "inputs": [_INPUT]}, b"ab", separators)
        found = repeats.read(headers, body, "m", "")
        if found is None:
            repeats.note(headers, body, decode_request(headers, body, "m"))
        return found

    assert send("1") is None
    first, second = send("22"), send("x")
    assert first is not None
    assert second is not None
    assert (first.id, second.id) == ("22", "x")
    assert first.parameters is second.parameters
    assert first.outputs is second.outputs


_INPUT = {"name": "X", "datatype": "UINT8", "shape": [2], "parameters": {"binary_data_size": 2}}


@pytest.mark.parametrize(
    "text",
    [
        '{"id":"1","inputs":%s}',
        '{"id":"1","inputs":%s,"id":"2"}',
        '{"id":"1","inputs":%s,"\\u0069d":"2"}',
        '{"id":"1","parameters":{"id":"1"},"inputs":%s}',
    ],
)
def test_an_id_that_may_be_another_is_always_read(text: str) -> None:
    reader = _Reader()
    for name in ("1", "2", "", "3", "", "2"):
        header = (text % json.dumps([_INPUT])).replace('"id":"1"', f'"id":"{name}"', 1).encode()
        headers = {HEADER_LENGTH: str(len(header))}
        same_request(
            reader.read(headers, header + b"ab"), decode_request(headers, header + b"ab", "m")
        )


def test_numbers_are_never_taken_for_bytes() -> None:
    reader = _Reader()
    for number in (1, 2):
        as_numbers = {"name": "X", "datatype": "UINT8", "shape": [2], "data": [number, number]}
        headers, body = _body({"inputs": [as_numbers]}, b"")
        assert reader.read(headers, body).inputs[0].data.tolist() == [number, number]


def test_what_is_kept_is_bounded() -> None:
    repeats = RepeatedRequests()
    for size in range(1, 100):
        shaped = _INPUT | {"shape": [size], "parameters": {"binary_data_size": size}}
        headers, body = _body({"inputs": [shaped]}, bytes(size))
        repeats.note(headers, body, decode_request(headers, body, "m"))
    headers, body = _body({"inputs": [_INPUT], "parameters": {"a": "b" * 5000}}, b"ab")
    repeats.note(headers, body, decode_request(headers, body, "m"))

    assert repeats.read(headers, body, "m", "") is None
    assert len(repeats._forms) <= 16


def _body(
    header: dict[str, Any], tail: bytes, separators: tuple[str, str] = (",", ":")
) -> tuple[dict[str, str], bytes]:
    text = json.dumps(header, separators=separators).encode()
    return {HEADER_LENGTH: str(len(text))}, text + tail


def _outcome(read: Any) -> Any:
    try:
        return read()
    except InvalidInput as error:
        return str(error)
