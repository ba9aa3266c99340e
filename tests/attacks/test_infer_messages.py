"""Inference messages over gRPC with every field wrong in every way, and as many fields as fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import grpc
import pytest

from backend.core.errors import ConsoleError, InvalidInput
from backend.models.catalogue import bundled_registry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.wire.generated import modelserving_pb2 as serving
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip.grpc import decode_request, decode_response, decode_stream_response
from backend.wire.oip.stream_repeats import RequestReader
from backend.wire.protobuf.fields import MOST_FIELDS
from backend.wire.protobuf.varint import field_head, varint
from backend.wire.serving import grpc as serving_grpc
from backend.wire.serving.grpc import decode_input
from tests.attacks.growth import assert_linear
from tests.server.grpc_calls import streaming, unary

CLEAN = {"OK", "INVALID_ARGUMENT", "NOT_FOUND", "UNIMPLEMENTED"}
WIRE_TYPES = {
    0: varint(5),
    1: b"12345678",
    2: varint(2) + b"ab",
    3: b"",
    4: b"",
    5: b"1234",
    6: b"",
    7: b"",
}


def good(*, raw: bool) -> pb.ModelInferRequest:
    message = pb.ModelInferRequest(model_name="identity", id="7")
    tensor = message.inputs.add(name="INPUT0", datatype="UINT8", shape=[3])
    if raw:
        message.raw_input_contents.append(b"abc")
    else:
        tensor.contents.uint_contents.extend(b"abc")
    return message


def changed(change: Callable[[pb.ModelInferRequest], object], *, raw: bool) -> bytes:
    message = good(raw=raw)
    change(message)
    return message.SerializeToString()


CHANGES: dict[str, Callable[[pb.ModelInferRequest], object]] = {
    "no model": lambda m: m.ClearField("model_name"),
    "another model": lambda m: setattr(m, "model_name", "../nobody"),
    "a version in words": lambda m: setattr(m, "model_version", "x"),
    "a version of many digits": lambda m: setattr(m, "model_version", "9" * 5000),
    "no inputs": lambda m: m.ClearField("inputs"),
    "an input without elements": lambda m: m.inputs.add(name="B", datatype="UINT8", shape=[1]),
    "an input twice": lambda m: m.inputs.add().CopyFrom(m.inputs[0]),
    "no name": lambda m: m.inputs[0].ClearField("name"),
    "no datatype": lambda m: m.inputs[0].ClearField("datatype"),
    "another datatype": lambda m: setattr(m.inputs[0], "datatype", "FP32"),
    "bytes": lambda m: setattr(m.inputs[0], "datatype", "BYTES"),
    "half floats": lambda m: setattr(m.inputs[0], "datatype", "BF16"),
    "no shape": lambda m: m.inputs[0].ClearField("shape"),
    "a negative shape": lambda m: m.inputs[0].shape.append(-1),
    "a huge shape": lambda m: m.inputs[0].shape.extend([1 << 62] * 3),
    "many dimensions": lambda m: m.inputs[0].shape.extend([1] * 100),
    "no raw contents": lambda m: m.ClearField("raw_input_contents"),
    "no typed contents": lambda m: m.inputs[0].ClearField("contents"),
    "raw contents too many": lambda m: m.raw_input_contents.append(b"abc"),
    "the wrong list": lambda m: m.inputs[0].contents.fp32_contents.append(1),
    "another output": lambda m: m.outputs.add(name="nobody"),
    "an output without a name": lambda m: m.outputs.add(),
    "a parameter without a value": lambda m: m.parameters.get_or_create("x"),
    "a reserved parameter": lambda m: setattr(m.parameters["triton_x"], "bool_param", True),
    "a priority in words": lambda m: setattr(m.parameters["priority"], "string_param", "x"),
    "a timeout below zero": lambda m: setattr(m.parameters["timeout"], "int64_param", -5),
    "a sequence that is no number": lambda m: setattr(
        m.parameters["sequence_id"], "double_param", float("nan")
    ),
    "no such region": lambda m: setattr(
        m.inputs[0].parameters["shared_memory_region"], "string_param", "r"
    ),
    "a region that is no text": lambda m: setattr(
        m.inputs[0].parameters["shared_memory_region"], "int64_param", 3
    ),
    "a ranking in words": lambda m: setattr(
        m.outputs.add(name="OUTPUT0").parameters["classification"], "string_param", "r"
    ),
}
INPUT = pb.ModelInferRequest.INPUTS_FIELD_NUMBER


def field(number: int, wire_type: int) -> bytes:
    return varint(number << 3 | wire_type) + WIRE_TYPES[wire_type]


def odd_messages() -> Iterator[bytes]:
    yield b""
    for raw in (True, False):
        yield from (changed(change, raw=raw) for change in CHANGES.values())
        usual = good(raw=raw).SerializeToString()
        for number in (*range(12), (1 << 29) - 1):
            for wire_type in WIRE_TYPES:
                odd = field(number, wire_type)
                yield from (odd, odd + usual, usual + odd)
                yield usual + field_head(INPUT, len(odd)) + odd


@pytest.fixture(scope="module")
def channel() -> Iterator[grpc.Channel]:
    registry = bundled_registry()
    server = EmbeddedServer(registry, ServerOptions())
    server.start()
    with grpc.insecure_channel(server.grpc_address) as channel:
        yield channel
    assert server.stop()
    registry.close()


def answer(channel: grpc.Channel, method: str, message: bytes) -> tuple[str, str]:
    """Status and text of the single call."""
    try:
        unary(channel, method)(message, timeout=60)
    except grpc.RpcError as error:
        return error.code().name, error.details() or ""
    return "OK", ""


def test_a_wrong_message_is_refused_alike_alone_and_in_a_stream(channel: grpc.Channel) -> None:
    messages = list(odd_messages())
    usual = good(raw=True).SerializeToString()
    said = [answer(channel, oip_grpc.MODEL_INFER, message) for message in messages]

    # Between good ones: what they have in common with the one before is not read again.
    stream = streaming(channel, oip_grpc.MODEL_STREAM_INFER)(
        iter([part for message in messages for part in (usual, message, message)]), timeout=300
    )
    texts = [decode_stream_response(reply)[0] for reply in stream]

    for at, (message, (status, text)) in enumerate(zip(messages, said, strict=True)):
        assert status in CLEAN, (message, text)
        assert texts[3 * at : 3 * at + 3] == ["", text, text], message


def test_a_wrong_message_of_simple_serving_is_refused_alike_alone_and_in_a_stream(
    channel: grpc.Channel,
) -> None:
    usual = serving.InputData(model="identity", value={"number_value": 1}).SerializeToString()
    odd = [field(number, kind) for number in (*range(8), 99) for kind in WIRE_TYPES]
    messages = [b"", *odd, *(one + usual for one in odd), *(usual + one for one in odd)]

    stream = streaming(channel, serving_grpc.STREAM_PREDICT)(iter(messages), timeout=300)
    for message, reply in zip(messages, stream, strict=True):
        streamed = serving.PredictionResult.FromString(reply).error
        status, text = answer(channel, serving_grpc.PREDICT, message)
        assert status in CLEAN, (message, text)
        assert (streamed.code or "OK", streamed.message) == (status, text), message


EMPTY_FIELDS = {
    "inputs": b"\x2a\x00",
    "raw contents": b"\x3a\x00",
    "outputs": b"\x32\x00",
    "parameters": b"\x22\x00",
    "ids": b"\x1a\x00",
    "varints": b"\x50\x00",
    "groups": b"\x53\x54",
}


@pytest.mark.parametrize("empty", EMPTY_FIELDS.values(), ids=EMPTY_FIELDS.keys())
@pytest.mark.parametrize(
    "read",
    [
        pytest.param(decode_request, id="request"),
        pytest.param(lambda data: RequestReader().read(data), id="stream-request"),
        pytest.param(decode_response, id="reply"),
        pytest.param(lambda data: decode_stream_response(wrapped(data)), id="stream-reply"),
        pytest.param(lambda data: decode_input(b"\x2a" + varint(len(data)) + data), id="serving"),
    ],
)
def test_empty_fields_cost_no_more_than_their_bytes(
    read: Callable[[bytes], object], empty: bytes
) -> None:
    def reading(size: int) -> Callable[[], object]:
        data = empty * (size // len(empty))

        def refused() -> None:
            with pytest.raises(ConsoleError, match="over 4,096 fields"):
                read(data)

        return refused

    assert_linear(reading, 2 << 20, seconds=5, peak_bytes_per_byte=2, spare_bytes=8 << 20)


def wrapped(response: bytes) -> bytes:
    """As the reply of a stream, after a text: one that is read by protobuf alone."""
    return b"\x0a\x01x\x12" + varint(len(response)) + response


def test_as_many_fields_as_a_message_may_have_are_read() -> None:
    message = good(raw=True)
    few = len(message.ListFields())
    for number in range(MOST_FIELDS - few):
        message.parameters[str(number)].bool_param = True
    read = decode_request(message.SerializeToString())
    assert len(read.parameters) == MOST_FIELDS - few

    message.parameters["one more"].bool_param = True
    with pytest.raises(InvalidInput, match="more than"):
        decode_request(message.SerializeToString())
