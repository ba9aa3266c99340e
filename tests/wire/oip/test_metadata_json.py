"""Metadata and error bodies of the Open Inference Protocol over REST."""

from __future__ import annotations

import orjson
import pytest

from backend.core.errors import (
    InvalidInput,
    ModelFailed,
    NotFound,
    NotReady,
    Overloaded,
    ReplyMismatch,
    RequestError,
    Unsupported,
)
from backend.core.inference import ModelMetadata, ServerMetadata, TensorMetadata
from backend.wire.oip.errors import error_in_text
from backend.wire.oip.metadata_json import (
    error_to_json,
    model_metadata_from_json,
    model_metadata_to_json,
    server_metadata_from_json,
    server_metadata_to_json,
)
from backend.wire.oip.rest_errors import error_text, request_error

SERVER = ServerMetadata("inferdeck", "1.0", ("binary_tensor_data",))
MODEL = ModelMetadata(
    "m",
    ("1", "2"),
    "python",
    (TensorMetadata("X", "FP32", (-1, 3)),),
    (TensorMetadata("Y", "INT64", (1,)),),
)


def test_metadata_survive_the_trip() -> None:
    assert server_metadata_from_json(server_metadata_to_json(SERVER)) == SERVER
    assert model_metadata_from_json(model_metadata_to_json(MODEL)) == MODEL


def test_the_metadata_of_other_servers_are_read() -> None:
    assert server_metadata_from_json(b'{"name":"OpenVINO Model Server","version":"1"}') == (
        ServerMetadata("OpenVINO Model Server", "1", ())
    )
    terse = b'{"name":"m","versions":null,"platform":"","inputs":[],"outputs":[],"rt_info":{}}'
    assert model_metadata_from_json(terse) == ModelMetadata("m")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"name":5}', b'{"inputs":{}}', b'{"inputs":[{"name":"X"}]}']
)
def test_metadata_that_are_none_are_the_servers_fault(body: bytes) -> None:
    with pytest.raises(ReplyMismatch):
        model_metadata_from_json(body)


def test_our_errors_have_the_protocols_form() -> None:
    assert error_to_json('bad "X"') == b'{"error":"bad \\"X\\""}'


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (400, b'{"error":"unexpected shape"}', "unexpected shape"),
        (404, b'{"detail":"Not Found"}', "Not Found"),
        (
            422,
            orjson.dumps(
                {"detail": [{"type": "missing", "loc": ["body", "inputs", 0], "msg": "Field"}]}
            ),
            "body.inputs.0: Field",
        ),
        (422, b'{"detail":[{"msg":"a"},{"msg":"b"}]}', "a; b"),
        (422, b'{"detail":["plain"]}', "plain"),
        (400, b'{"error":{"code":3,"message":"deep"}}', "deep"),
        (400, b'{"error":{"code":3}}', "{'code': 3}"),
        (400, b'{"message":"said"}', "said"),
        (500, b"Internal Server Error", "Internal Server Error"),
        (400, b'"quoted"', "quoted"),
        (400, b'{"other":1}', '{"other":1}'),
        (503, b"", "503 Service Unavailable"),
        (599, b"", "HTTP status 599"),
        (500, b"\xff\xfe", "\ufffd\ufffd"),
        (400, b"[" * 5000, "[" * 4000),
    ],
)
def test_the_text_of_every_error_body_is_found(status: int, body: bytes, text: str) -> None:
    assert error_text(status, body) == text


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidInput),
        (404, NotFound),
        (405, Unsupported),
        (413, InvalidInput),
        (422, InvalidInput),
        (429, Overloaded),
        (500, ModelFailed),
        (501, Unsupported),
        (502, ModelFailed),
        (503, NotReady),
    ],
)
def test_a_status_says_whose_fault_it_is(status: int, kind: type[RequestError]) -> None:
    error = request_error(status, b'{"error":"text"}')

    assert type(error) is kind
    assert error.message == "text"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Request for unknown model: 'M' is not found", NotFound),
        ("[request id: 3] unexpected inference input 'X' for model 'M'", InvalidInput),
        ("inference input 'X' data-type is 'INT32', but model 'M' expects 'FP32'", InvalidInput),
        ("Request for model 'M' is not ready", NotReady),
        ("Exceeds maximum queue size", Overloaded),
        ("this is not supported", Unsupported),
        ("CUDA out of memory", ModelFailed),
    ],
)
def test_a_streams_error_is_told_by_its_text(text: str, kind: type[RequestError]) -> None:
    error = error_in_text(text)

    assert type(error) is kind
    assert error.message == text
