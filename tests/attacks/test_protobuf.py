"""Messages that are made to be slow or large to read, of both APIs and of any schema."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import grpc
import pytest
from google.protobuf import any_pb2
from google.protobuf.message import Message

from backend.clients.faults.grpc import explain
from backend.core.errors import ConsoleError, InvalidInput, PayloadTooLarge, ReplyMismatch
from backend.inspector.forms import message_text
from backend.inspector.views.body_text import proto_text
from backend.inspector.views.trees import message_node
from backend.sources.network.multipart import MAX_PICTURE_BYTES, pictures
from backend.sources.network.rtsp_probe import _answer
from backend.wire.generated import modelserving_pb2 as serving
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip.stream_repeats import RequestReader
from backend.wire.oip.stream_replies import decode_stream_reply, is_bare
from backend.wire.protobuf.fields import MOST_FIELDS, check_fields, last_texts
from backend.wire.protobuf.varint import field_head, varint
from backend.wire.serving import grpc as serving_grpc
from tests.attacks.growth import assert_linear

_Make = Callable[[int], bytes]


@pytest.fixture(autouse=True)
def _every_message_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ones too, so that small ones show how the cost grows."""
    monkeypatch.setattr("backend.wire.protobuf.fields._SMALL", 0)


def _field(number: int, content: bytes) -> bytes:
    return field_head(number, len(content)) + content


def _request(**parts: Any) -> bytes:
    return pb.ModelInferRequest(model_name="m", **parts).SerializeToString()


def _input(datatype: str, shape: list[int], contents: bytes = b"") -> bytes:
    """A request of one tensor with these typed contents."""
    tensor = pb.ModelInferRequest.InferInputTensor(name="x", datatype=datatype, shape=shape)
    typed = _field(5, contents) if contents else b""
    return _request() + _field(5, tensor.SerializeToString() + typed)


def _shapes(size: int) -> bytes:
    """A tensor of so many dimensions, each 1."""
    return _request() + _field(5, b"\x0a\x01x\x12\x04FP32" + _field(3, b"\x01" * size))


_REQUESTS: dict[str, _Make] = {
    "empty inputs": lambda n: _request() + b"\x2a\x00" * (n // 2),
    "empty raw entries": lambda n: _request() + b"\x3a\x00" * (n // 2),
    "empty raw entries, then another": lambda n: b"\x3a\x00" * (n // 2) + _request(),
    "unknown numbers": lambda n: b"\x78\x00" * (n // 2),
    "unknown groups": lambda n: b"\x7b\x7c" * (n // 2),
    "groups within groups": lambda n: b"\x7b" * n,
    "long numbers": lambda n: b"\x78" + b"\x80" * n,
    "empty typed texts": lambda n: _input("BYTES", [n // 2], b"\x42\x00" * (n // 2)),
    "texts of two letters": lambda n: _input("BYTES", [n // 4], b"\x42\x02ab" * (n // 4)),
    "numbers of one byte": lambda n: _input("INT64", [n], _field(3, b"\x01" * n)),
    "numbers that are not packed": lambda n: _input("UINT8", [n // 2], b"\x20\x01" * (n // 2)),
    "raw texts": lambda n: _input("BYTES", [n // 5]) + _field(7, b"\x01\x00\x00\x00a" * (n // 5)),
    "raw texts, one too few": lambda n: (
        _input("BYTES", [n // 5]) + _field(7, b"\x01\x00\x00\x00a" * (n // 5 - 1) + b"\xff" * 5)
    ),
    "many dimensions": _shapes,
    "many parameters": lambda n: _request(
        parameters={str(i): pb.InferParameter(bool_param=True) for i in range(n // 20)}
    ),
    "parameters of the same name": lambda n: _request() + b"\x22\x00" * (n // 2),
}


@pytest.mark.parametrize("name", _REQUESTS)
def test_a_request_is_read_in_linear_time(name: str) -> None:
    def reading(size: int) -> Callable[[], object]:
        data = _REQUESTS[name](size)

        def read() -> None:
            oip_grpc.bytes_to_read(data)
            oip_grpc.model_and_id(data)
            with suppress(InvalidInput):
                oip_grpc.decode_request(data)
            with suppress(InvalidInput):
                RequestReader().read(data)

        return read

    assert_linear(reading, 40_000, seconds=10, peak_bytes_per_byte=60)


_REPLIES: dict[str, _Make] = {
    "empty outputs": lambda n: b"\x2a\x00" * (n // 2),
    "empty raw entries": lambda n: b"\x32\x00" * (n // 2),
    "unknown numbers": lambda n: b"\x78\x00" * (n // 2),
    "wrapped empty outputs": lambda n: _field(2, b"\x2a\x00" * (n // 2)),
    "wrapped empty raw entries": lambda n: _field(2, b"\x32\x00" * (n // 2)),
    "wrapped twice": lambda n: _field(2, b"\x2a\x00" * (n // 4)) * 2,
}


@pytest.mark.parametrize("name", _REPLIES)
def test_a_reply_is_read_in_linear_time(name: str) -> None:
    def reading(size: int) -> Callable[[], object]:
        data = _REPLIES[name](size)

        def read() -> None:
            is_bare(data)
            for bare in (True, False):
                with suppress(ReplyMismatch):
                    decode_stream_reply(data, bare=bare)

        return read

    assert_linear(reading, 40_000, seconds=10, peak_bytes_per_byte=60)


_SERVING: dict[str, _Make] = {
    "empty tensors": lambda n: _field(5, b"\x0a\x00" * (n // 2)),
    "empty tensors one by one": lambda n: b"\x2a\x02\x0a\x00" * (n // 4),
    "empty values": lambda n: _field(6, _field(6, b"\x0a\x00" * (n // 2))),
    "numbers": lambda n: _field(6, _field(6, b"\x0a\x09\x11\0\0\0\0\0\0\0\0" * (n // 11))),
    "empty points": lambda n: _field(2, _field(3, b"\x0a\x00" * (n // 2))),
    "many dimensions": lambda n: _field(5, _field(1, _field(3, b"\x01" * n))),
}


@pytest.mark.parametrize("name", _SERVING)
def test_simple_serving_is_read_in_linear_time(name: str) -> None:
    def reading(size: int) -> Callable[[], object]:
        data = _SERVING[name](size)

        def read() -> None:
            serving_grpc.bytes_to_read(data)
            serving_grpc.id_and_model(data)
            with suppress(InvalidInput):
                serving_grpc.decode_input(data)
            with suppress(ReplyMismatch):
                serving_grpc.decode_result(data)

        return read

    assert_linear(reading, 40_000, seconds=15, peak_bytes_per_byte=150)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (pb.ModelInferRequest, b"\x2a\x00"),
        (serving.InputData, b"\x2a\x02\x0a\x00"),
        (serving.InputData, b"\x32\x04\x32\x02\x0a\x00"),
        (serving.PredictionResult, b"\x1a\x00"),
    ],
)
def test_too_many_parts_are_refused_before_they_are_made(
    monkeypatch: pytest.MonkeyPatch, kind: type[Message], data: bytes
) -> None:
    monkeypatch.setattr("backend.wire.protobuf.fields.MAX_INNER_FIELDS", 100_000)
    check_fields(kind, data * 30_000)
    with pytest.raises(InvalidInput, match="over 100,000 fields"):
        check_fields(kind, data * 200_000)


def test_elements_of_plain_lists_do_not_count() -> None:
    data = _input("BYTES", [1], b"\x42\x00" * 2_000_000)
    check_fields(pb.ModelInferRequest, data)
    with pytest.raises(InvalidInput, match="unexpected number of elements"):
        oip_grpc.decode_request(data)


def test_what_is_said_first_is_found_in_a_message_that_is_broken_later() -> None:
    head = pb.ModelInferRequest(model_name="m", id="7").SerializeToString()
    for rest in (b"\xff" * 20, b"\x3a\x00" * (MOST_FIELDS + 1), b"\x0a\x7f", b"\x7e", b"\x79\x00"):
        assert last_texts(head + rest, (1, 3)) == ("m", "7")
    assert last_texts(b"\x0a\x01\xff", (1, 2)) == ("\ufffd", "")


@pytest.mark.parametrize("field", [b"\x78\x01", b"\x7d\x00\x00\x00\x00", b"\x79" + b"\x00" * 8])
def test_fields_of_every_wire_type_may_stand_between(field: bytes) -> None:
    request = _input("UINT8", [1]) + field + _field(7, b"\x05")
    assert oip_grpc.decode_request(request).inputs[0].data.tolist() == [5]


def _show(body: bytes) -> None:
    kind: Any = pb.ModelInferRequest.DESCRIPTOR
    with suppress(ReplyMismatch):
        message = message_text.parsed(body, kind)
        message_text.message_to_json(body, kind)
        proto_text(message)
        message_node("m", "", message).children()


@pytest.mark.parametrize(
    "name", ["empty inputs", "texts of two letters", "numbers of one byte", "many parameters"]
)
def test_showing_a_message_is_linear(name: str) -> None:
    def showing(size: int) -> Callable[[], object]:
        data = _REQUESTS[name](size)
        return lambda: _show(data)

    assert_linear(showing, 10_000, seconds=10, peak_bytes_per_byte=500)


def test_messages_within_messages_of_any_type_are_shown_somehow() -> None:
    message = any_pb2.Any(type_url="type.googleapis.com/google.protobuf.Empty")
    for _ in range(1000):
        outer = any_pb2.Any()
        outer.Pack(message)
        message = outer
    body = message.SerializeToString()
    assert "google.protobuf.Any" in message_text.message_to_json(body, any_pb2.Any.DESCRIPTOR)


class _Failed(grpc.RpcError):
    def __init__(self, text: str) -> None:
        self._text = text

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.RESOURCE_EXHAUSTED

    def details(self) -> str:
        return self._text


@pytest.mark.parametrize(
    "text", ["({0} vs. {0})", "maximum size {0}: {0}", "({0}", "(" + "1(" * 99]
)
def test_a_status_with_a_number_of_any_length_is_an_error_as_any(text: str) -> None:
    failed = explain(
        _Failed("too large " + text.format("9" * 5000)), "here", limit=10, stream=False
    )
    assert isinstance(failed, PayloadTooLarge)


def test_a_length_of_any_digits_is_an_error_of_the_camera() -> None:
    head = b"--b\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"
    with pytest.raises(ConsoleError, match=f"more than {MAX_PICTURE_BYTES >> 20}"):
        next(pictures(lambda: b"", head))


def test_a_challenge_of_a_camera_is_read_in_linear_time() -> None:
    class Address:
        user = password = ""

        def without_credentials(self) -> str:
            return "rtsp://camera"

    def answering(size: int) -> Callable[[], object]:
        text = "Digest " + "a" * size
        return lambda: _answer(Address(), text)  # type: ignore[arg-type]

    assert_linear(answering, 10_000, seconds=5, peak_bytes_per_byte=10)


def test_parts_of_a_camera_are_cut_in_linear_time() -> None:
    def cutting(size: int) -> Callable[[], object]:
        body = b"--b\r\n\r\nxx\r\n" * (size // 11)
        return lambda: list(pictures(lambda: b"", body))

    assert_linear(cutting, 40_000, seconds=10, peak_bytes_per_byte=60)


def test_numbers_of_ten_bytes_at_most_are_read() -> None:
    assert varint(1 << 63) == b"\x80" * 9 + b"\x01"
    with pytest.raises(InvalidInput):
        oip_grpc.decode_request(b"\x78" + b"\xff" * 11)
