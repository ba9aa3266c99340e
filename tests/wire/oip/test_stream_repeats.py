"""The messages of one stream are read and written as each would be alone, byte for byte."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.errors import InvalidInput
from backend.core.inference import InferRequest, InferResponse, Parameter, RequestedOutput
from backend.core.tensors import Datatype, Tensor
from backend.core.timing import ServerTiming
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.oip.grpc import (
    decode_request,
    decode_response,
    decode_stream_response,
    encode_request,
    encode_response,
    encode_stream_response,
)
from backend.wire.oip.stream_repeats import ReplyWriter, RequestReader
from backend.wire.oip.timing import ReplyTiming, timing_from_parameters
from tests.wire.wire_samples import EXTREMES, same_request

_IDS = st.one_of(st.just(""), st.text(max_size=3), st.just("x" * 127), st.just("x" * 128))
_SHAPES = st.sampled_from([(), (0,), (3,), (1, 3), (3, 1)])
_PARAMETERS: st.SearchStrategy[dict[str, Parameter]] = st.sampled_from(
    [{}, {"a": True}, {"a": 1}, {"a": 1.0}, {"a": 0.0}, {"a": -0.0}, {"a": "1"}]
)


@st.composite
def _tensors(draw: st.DrawFn, name: str) -> Tensor:
    datatype, shape = draw(st.sampled_from(list(Datatype))), draw(_SHAPES)
    data = np.resize(np.roll(EXTREMES[datatype], draw(st.integers(0, 2))), shape)
    return Tensor(name, datatype, data.astype(datatype.numpy))


_INPUTS = st.one_of(st.tuples(_tensors("X")), st.tuples(_tensors("X"), _tensors("Y")), st.just(()))
_REQUESTS = st.builds(
    InferRequest,
    st.sampled_from(["m", "model"]),
    _INPUTS,
    st.sampled_from(["", "1"]),
    _IDS,
    _PARAMETERS,
    st.sampled_from([(), (RequestedOutput("Z", {"classification": 2}),)]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(_REQUESTS, st.integers(1, 3)), min_size=1, max_size=4))
def test_requests_in_a_row_are_read_as_each_alone(rows: list[tuple[InferRequest, int]]) -> None:
    reader = RequestReader()

    for request, times in rows:
        data = encode_request(request, raw=True)
        for _ in range(times):
            same_request(reader.read(data), decode_request(data))


@pytest.mark.parametrize("before", [[], [encode_request(InferRequest("m", ()), raw=True)]])
def test_an_empty_message_is_a_request_of_no_model(before: list[bytes]) -> None:
    reader = RequestReader()
    for data in before:
        reader.read(data)

    same_request(reader.read(b""), decode_request(b""))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_messages_are_read_as_each_alone(draw: st.DataObject) -> None:
    request = InferRequest("m", (Tensor("X", Datatype.INT16, np.arange(4, dtype=np.int16)),))
    named = InferRequest(request.model, request.inputs, id="seven")
    data = bytearray(encode_request(draw.draw(st.sampled_from([request, named])), raw=True))
    reader = RequestReader()
    reader.read(bytes(data))
    for _ in range(draw.draw(st.integers(1, 3))):
        at = draw.draw(st.integers(0, len(data) - 1))
        data[at : at + draw.draw(st.integers(0, 1))] = draw.draw(st.binary(max_size=2))
        if not data:
            break

    expected, got = _outcome(decode_request, bytes(data)), _outcome(reader.read, bytes(data))

    assert type(expected) is type(got)
    if isinstance(expected, str):
        assert got == expected
    else:
        same_request(got, expected)


def test_requests_that_are_alike_share_their_parameters_and_outputs_but_no_elements() -> None:
    reader = RequestReader()

    def read(number: int) -> InferRequest:
        tensor = Tensor("X", Datatype.FP32, np.full((2, 2), number, np.float32))
        request = InferRequest(
            "m", (tensor,), "1", str(number), {"a": 1}, (RequestedOutput("Z", {"b": 2}),)
        )
        return reader.read(encode_request(request, raw=True))

    read_ones = [read(number) for number in range(12)]

    assert [request.id for request in read_ones] == [str(number) for number in range(12)]
    assert all(r.inputs[0].data[0, 0] == n for n, r in enumerate(read_ones))
    assert all(
        a.parameters is b.parameters and a.outputs is b.outputs for a, b in pairwise(read_ones)
    )


def test_callers_that_take_turns_are_each_read_as_before() -> None:
    reader = RequestReader()

    def message(caller: int, number: int) -> bytes:
        tensor = Tensor("X", Datatype.UINT8, np.full(caller + 1, number, np.uint8))
        return encode_request(InferRequest("m", (tensor,), id=str(number)), raw=True)

    assert [reader.read_alike(message(caller, 0)) for caller in range(3)] == [None] * 3
    for caller in range(3):
        reader.read(message(caller, 1))
    for number in range(2, 6):
        for caller in range(3):
            data = message(caller, number)
            request = reader.read_alike(data)
            assert request is not None
            same_request(request, decode_request(data))


def test_of_a_message_with_much_beside_its_elements_nothing_is_kept() -> None:
    reader = RequestReader()
    tensor = Tensor("X", Datatype.UINT8, np.zeros(1, np.uint8))
    data = encode_request(InferRequest("m", (tensor,), parameters={"a": "b" * 20_000}), raw=True)
    reader.read(data)

    assert reader.read_alike(data) is None
    same_request(reader.read(data), decode_request(data))


class _Regions:
    """Shared memory whose bytes are other ones at each reading; the region `gone` is unknown."""

    def __init__(self) -> None:
        self.read_times = 0

    def read(self, region: str, offset: int, size: int) -> bytes:
        if region == "gone":
            raise InvalidInput("no such region")
        self.read_times += 1
        return bytes((self.read_times + offset + n) % 251 for n in range(size))


def _shared_request(*regions: str, own_id: str = "") -> bytes:
    message = pb.ModelInferRequest(model_name="m", id=own_id)
    for number, region in enumerate(regions):
        slot = message.inputs.add(name=f"X{number}", datatype="INT16", shape=[2, 3])
        slot.parameters["shared_memory_region"].string_param = region
        slot.parameters["shared_memory_byte_size"].int64_param = 12
        slot.parameters["shared_memory_offset"].int64_param = number
    message.outputs.add(name="Z").parameters["shared_memory_region"].string_param = "there"
    return message.SerializeToString()


@pytest.mark.parametrize("regions", [("a",), ("a", "b"), ("a", "gone")])
@pytest.mark.parametrize("own_id", ["", "seven", "x" * 127, "x" * 128])
def test_requests_in_shared_memory_are_read_as_each_alone(
    regions: tuple[str, ...], own_id: str
) -> None:
    alike, alone = _Regions(), _Regions()
    reader = RequestReader(alike)
    for name in (own_id, own_id, own_id[:3], own_id):
        data = _shared_request(*regions, own_id=name)
        got = _outcome(reader.read, data)
        expected = _outcome(lambda data: decode_request(data, alone), data)
        if isinstance(expected, str):
            assert got == expected
        else:
            same_request(got, expected)


def test_the_elements_in_shared_memory_are_those_of_now_and_read_once() -> None:
    regions = _Regions()
    reader = RequestReader(regions)
    first = reader.read(_shared_request("a", own_id="1"))
    second = reader.read_alike(_shared_request("a", own_id="2"))

    assert second is not None
    assert (first.id, second.id, regions.read_times) == ("1", "2", 2)
    assert first.inputs[0].data.tobytes() != second.inputs[0].data.tobytes()
    assert first.outputs is second.outputs


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_messages_about_shared_memory_are_read_as_each_alone(draw: st.DataObject) -> None:
    regions = draw.draw(st.sampled_from([("a",), ("a", "b")]))
    data = bytearray(_shared_request(*regions, own_id=draw.draw(st.sampled_from(["", "seven"]))))
    constant = _Constant()
    reader = RequestReader(constant)
    reader.read(bytes(data))
    at = draw.draw(st.integers(0, len(data) - 1))
    data[at : at + draw.draw(st.integers(0, 1))] = draw.draw(st.binary(max_size=3))

    expected = _outcome(lambda data: decode_request(data, constant), bytes(data))
    got = _outcome(reader.read, bytes(data))
    assert type(expected) is type(got)
    if isinstance(expected, str):
        assert got == expected
    else:
        same_request(got, expected)


class _Constant:
    """Shared memory that is all zeros, up to a size."""

    def read(self, _region: str, _offset: int, size: int) -> bytes:
        if size > 1000:
            raise InvalidInput("too large")
        return bytes(size)


_RESPONSES = st.builds(
    InferResponse,
    st.sampled_from(["m", "model"]),
    st.one_of(st.tuples(_tensors("Y")), st.tuples(_tensors("Y"), _tensors("Z")), st.just(())),
    st.sampled_from(["", "1"]),
    _IDS,
    _PARAMETERS,
    st.sampled_from([frozenset(), frozenset({"Y"})]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(_RESPONSES, st.integers(1, 4), st.booleans()), min_size=1, max_size=4))
def test_replies_in_a_row_are_written_as_each_alone(
    rows: list[tuple[InferResponse, int, bool]],
) -> None:
    in_stream, alone = ReplyWriter(), ReplyWriter(in_stream=False)

    for response, times, raw in rows:
        for _ in range(times):
            assert in_stream.write(response, raw=raw) == encode_stream_response(response, raw=raw)
            assert alone.write(response, raw=raw) == encode_response(response, raw=raw)


@pytest.mark.parametrize("in_stream", [True, False])
def test_durations_are_told_in_every_reply_and_change_nothing_else(in_stream: bool) -> None:
    writer = ReplyWriter(in_stream=in_stream)
    for number in range(4):
        tensor = Tensor("Y", Datatype.UINT8, np.full(5, number, np.uint8))
        response = InferResponse("m", (tensor,), "1", str(number), {"a": 1})
        until_answer = ServerTiming(number, 300.0 * number, 70_000.0, 1.0, decode_us=8.0)
        timed = ReplyTiming(until_answer, time.monotonic_ns() - 2_000_000)

        written = writer.write(response, raw=True, timed=timed)

        reply = decode_stream_response(written)[1] if in_stream else decode_response(written)
        assert reply is not None
        parameters = dict(reply.parameters)
        timing = timing_from_parameters(parameters)
        assert timing is not None
        assert timing.encode_us is not None
        assert timing.encode_us >= 2_000
        assert timing.at_edge(8.0) == until_answer
        assert {name for name in parameters if not name.startswith("inferdeck_")} == {"a"}
        assert (reply.id, reply.outputs[0].data.tolist()) == (str(number), [number] * 5)


@pytest.mark.parametrize("size", [0, 1, 200])
def test_a_reply_that_differs_in_its_shape_only_is_written_anew(size: int) -> None:
    writer = ReplyWriter()
    for length in (5, 5, 5, size):
        tensor = Tensor("Y", Datatype.UINT8, np.zeros(length, np.uint8))
        response = InferResponse("m", (tensor,), "1", "7", {"triton_final_response": True})

        assert writer.write(response, raw=True) == encode_stream_response(response, raw=True)


def _outcome(read: Any, data: bytes) -> Any:
    try:
        return read(data)
    except InvalidInput as error:
        return str(error)
