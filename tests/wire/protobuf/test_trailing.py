"""The one-copy way of writing and reading raw contents agrees with protobuf to the byte."""

from __future__ import annotations

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.errors import InvalidInput
from backend.core.inference import InferRequest, InferResponse, RequestedOutput
from backend.core.tensors import Datatype, Tensor
from backend.wire.generated.open_inference_pb2 import (
    ModelInferRequest,
    ModelInferResponse,
    ModelStreamInferResponse,
)
from backend.wire.oip import grpc as oip_grpc
from backend.wire.protobuf.trailing import only_field, read_with_buffers
from backend.wire.protobuf.varint import read_varint, varint

RAW = 7
TENSORS = (
    Tensor("IMAGE", Datatype.UINT8, np.arange(300, dtype=np.uint8).reshape(10, 10, 3)),
    Tensor.of_bytes("B", b"ab", b""),
    Tensor("E", Datatype.FP32, np.zeros((0, 2), np.float32)),
    Tensor("S", Datatype.FP16, np.ones((), np.float16)),
)
REQUEST = InferRequest("m", TENSORS, "1", "7", {"p": 1}, (RequestedOutput("Y", {"q": "r"}),))


def test_a_request_is_what_protobuf_writes() -> None:
    ours = oip_grpc.encode_request(REQUEST, raw=True)
    message = ModelInferRequest.FromString(ours)

    assert message.SerializeToString() == ours
    assert len(message.raw_input_contents) == 4
    assert message.raw_input_contents[0] == bytes(range(256)) + bytes(range(44))


@pytest.mark.parametrize("tensors", [(), TENSORS[:1], TENSORS])
def test_a_response_is_what_protobuf_writes(tensors: tuple[Tensor, ...]) -> None:
    response = InferResponse("m", tensors, "1", "7", {"p": True})
    plain = oip_grpc.encode_response(response, raw=True)
    streamed = oip_grpc.encode_stream_response(response, raw=True)

    message = ModelInferResponse.FromString(plain)
    assert message.SerializeToString() == plain
    assert ModelStreamInferResponse(infer_response=message).SerializeToString() == streamed


def test_a_typed_message_is_written_the_same_way() -> None:
    request = InferRequest("m", TENSORS[:3])
    ours = oip_grpc.encode_request(request, raw=False)

    assert ModelInferRequest.FromString(ours).SerializeToString() == ours


def test_buffers_are_views_of_the_message() -> None:
    data = oip_grpc.encode_request(REQUEST, raw=True)

    message, buffers = read_with_buffers(ModelInferRequest, data, RAW, "raw_input_contents")

    assert not message.raw_input_contents
    assert all(isinstance(b, memoryview) and b.obj is data for b in buffers)


def test_floats_at_odd_places_are_moved_to_even_ones() -> None:
    for name in ("X", "XX", "XXX", "XXXX"):
        tensor = Tensor(name, Datatype.FP64, np.arange(4.0))
        request = oip_grpc.decode_request(
            oip_grpc.encode_request(InferRequest("m", (tensor,)), raw=True)
        )
        assert request.inputs[0].data.flags.aligned
        assert request.inputs[0].data.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_fields_in_another_order_are_left_to_protobuf() -> None:
    shuffled = (
        ModelInferRequest(raw_input_contents=[b"\1"]).SerializeToString()
        + ModelInferRequest(model_name="m").SerializeToString()
    )
    shuffled += ModelInferRequest(raw_input_contents=[b"\2"]).SerializeToString()

    message, buffers = read_with_buffers(ModelInferRequest, shuffled, RAW, "raw_input_contents")

    assert message.model_name == "m"
    assert list(buffers) == [b"\1", b"\2"]


def test_a_stream_message_with_more_than_a_response_is_left_to_protobuf() -> None:
    both = ModelStreamInferResponse(error_message="x").SerializeToString()
    both += oip_grpc.encode_stream_response(InferResponse("m", ()), raw=True)

    assert only_field(both, 2) is None
    assert oip_grpc.decode_stream_response(both)[0] == "x"
    assert only_field(b"\xff", 2) is None


PIECES = st.lists(
    st.one_of(
        st.just(ModelInferRequest(model_name="m").SerializeToString()),
        st.just(ModelInferRequest(id="7", parameters={}).SerializeToString()),
        st.binary(max_size=5).map(
            lambda b: ModelInferRequest(raw_input_contents=[b]).SerializeToString()
        ),
        st.binary(max_size=6),
        st.sampled_from([b"\x48\x01", b"\x42\x01a", b"\x3a\x05a", b"\x3b\x3c", b"\x00"]),
    ),
    max_size=6,
).map(b"".join)


@settings(max_examples=1000, deadline=None, database=None, derandomize=True)
@given(PIECES)
def test_any_bytes_mean_the_same_to_both(data: bytes) -> None:
    try:
        wanted = ModelInferRequest.FromString(data)
    except DecodeError:
        with pytest.raises(InvalidInput):
            read_with_buffers(ModelInferRequest, data, RAW, "raw_input_contents")
        return
    message, buffers = read_with_buffers(ModelInferRequest, data, RAW, "raw_input_contents")
    assert [bytes(b) for b in buffers] == list(wanted.raw_input_contents)
    message.ClearField("raw_input_contents")
    wanted.ClearField("raw_input_contents")
    assert message == wanted


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 2**32, 2**63])
def test_varints_survive(number: int) -> None:
    data = b"xx" + varint(number)

    assert read_varint(data, 2) == (number, len(data))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff" * 11])
def test_a_varint_must_end(data: bytes) -> None:
    with pytest.raises(ValueError, match="no varint"):
        read_varint(data, 0)
