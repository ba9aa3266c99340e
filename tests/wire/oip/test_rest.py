"""Open Inference Protocol over REST: JSON bodies and the binary tensor extension."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pytest

from backend.core.errors import InvalidInput, ReplyMismatch
from backend.core.inference import InferRequest, InferResponse, RequestedOutput
from backend.core.tensors import Datatype, Tensor, TensorSpec
from backend.wire.oip import rest as oip_rest
from tests.wire.wire_samples import EXTREMES, same_tensor

JSON_DATATYPES = [d for d in Datatype if d not in (Datatype.FP16, Datatype.BF16, Datatype.BYTES)]
F32 = np.array([[0.5, -1.0], [3.0, 0.1]], np.float32)


def ask(*tensors: Tensor, **more: Any) -> InferRequest:
    return InferRequest("m", tensors, **more)


def posted(request: InferRequest, *, binary: bool, bare_nan: bool = False) -> InferRequest:
    headers, body = oip_rest.encode_request(request, binary=binary, bare_nan=bare_nan)
    return oip_rest.decode_request(headers, body, "m")


def infer(value: object, tail: bytes = b"", **headers: str) -> InferRequest:
    head = orjson.dumps(value)
    if tail:
        headers[oip_rest.HEADER_LENGTH] = str(len(head))
    return oip_rest.decode_request(headers, head + tail, "m")


def test_a_json_request_is_known_to_the_byte() -> None:
    headers, body = oip_rest.encode_request(
        ask(Tensor("X", Datatype.FP32, F32), id="7"), binary=False
    )

    assert headers == {"Content-Type": "application/json"}
    assert body == (
        b'{"id":"7","inputs":[{"name":"X","datatype":"FP32","shape":[2,2],'
        b'"data":[0.5,-1.0,3.0,0.1]}]}'
    )


def test_a_binary_request_is_known_to_the_byte() -> None:
    two = (Tensor("X", Datatype.INT16, np.array([1, -2], np.int16)), Tensor.of_bytes("Y", b"ab"))
    headers, body = oip_rest.encode_request(ask(*two), binary=True)

    head = (
        b'{"parameters":{"binary_data_output":true},"inputs":['
        b'{"name":"X","datatype":"INT16","shape":[2],"parameters":{"binary_data_size":4}},'
        b'{"name":"Y","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":6}}]}'
    )
    assert headers == {
        "Content-Type": "application/octet-stream",
        "Inference-Header-Content-Length": str(len(head)),
    }
    assert body == head + b"\x01\x00\xfe\xff" + b"\x02\x00\x00\x00ab"


@pytest.mark.parametrize("datatype", JSON_DATATYPES)
def test_every_datatype_that_json_allows_survives_the_trip(datatype: Datatype) -> None:
    tensor = Tensor("X", datatype, EXTREMES[datatype].reshape(3, 1))

    request = posted(ask(tensor), binary=False, bare_nan=True)

    if datatype is Datatype.FP32:  # a NaN keeps its place, not its bits
        assert np.array_equal(request.inputs[0].data, tensor.data, equal_nan=True)
    else:
        same_tensor(request.inputs[0], tensor)


@pytest.mark.parametrize("datatype", list(Datatype))
def test_every_datatype_survives_the_binary_trip(datatype: Datatype) -> None:
    tensor = Tensor("X", datatype, EXTREMES[datatype])

    same_tensor(posted(ask(tensor), binary=True).inputs[0], tensor)


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1, 2, 3, 4)])
def test_shapes_survive(shape: tuple[int, ...], binary: bool) -> None:
    tensor = Tensor("X", Datatype.FP64, np.arange(np.prod(shape), dtype=np.float64).reshape(shape))

    same_tensor(posted(ask(tensor), binary=binary).inputs[0], tensor)


def test_text_survives_in_json() -> None:
    tensor = Tensor.of_bytes("X", "grün".encode(), b"", b'"\\')

    same_tensor(posted(ask(tensor), binary=False).inputs[0], tensor)


def test_json_and_binary_inputs_may_be_mixed() -> None:
    request = infer(
        {
            "inputs": [
                {"name": "A", "shape": [1], "datatype": "INT8", "data": [5]},
                {
                    "name": "B",
                    "shape": [2],
                    "datatype": "UINT8",
                    "parameters": {"binary_data_size": 2},
                },
            ]
        },
        b"\x07\x08",
    )

    assert [tensor.data.tolist() for tensor in request.inputs] == [[5], [7, 8]]


def test_a_binary_input_is_a_view_of_the_body() -> None:
    tensor = Tensor("X", Datatype.UINT8, np.arange(64, dtype=np.uint8))

    assert not posted(ask(tensor), binary=True).inputs[0].data.flags.owndata


@pytest.mark.parametrize("nested", [[[1, 2], [3, 4]], [1, 2, 3, 4]])
def test_data_may_be_nested_or_flat(nested: object) -> None:
    request = infer(
        {"inputs": [{"name": "X", "shape": [2, 2], "datatype": "INT32", "data": nested}]}
    )

    assert request.inputs[0].data.tolist() == [[1, 2], [3, 4]]


def test_integers_are_numbers_to_a_float_input() -> None:
    request = infer({"inputs": [{"name": "X", "shape": [2], "datatype": "FP32", "data": [1, 2.5]}]})

    assert request.inputs[0].data.tolist() == [1.0, 2.5]


def test_header_names_have_no_case() -> None:
    headers, body = oip_rest.encode_request(ask(Tensor("X", Datatype.FP32, F32)), binary=True)
    lower = {name.lower(): value for name, value in headers.items()}

    same_tensor(
        oip_rest.decode_request(lower, body, "m").inputs[0], Tensor("X", Datatype.FP32, F32)
    )


def test_bytes_that_are_no_text_cannot_be_json() -> None:
    with pytest.raises(InvalidInput, match=r"Element 1 of BYTES tensor 'X' is not UTF-8"):
        oip_rest.encode_request(ask(Tensor.of_bytes("X", b"a", b"\xff\xd8")), binary=False)


def test_text_with_half_a_character_is_refused() -> None:
    # orjson refuses it; the standard library's reader, which tolerates NaN, does not
    body = (
        b"""{"inputs":[{"name":"X","shape":[1],"datatype":"BYTES","data":["\\ud800"]}],"n":NaN}"""
    )

    with pytest.raises(InvalidInput, match="half of a surrogate pair"):
        oip_rest.decode_request({}, body, "m")


def test_not_finite_numbers_need_the_callers_word() -> None:
    request = ask(Tensor("X", Datatype.FP32, np.array([1.0, np.inf], np.float32)))

    with pytest.raises(InvalidInput, match=r"Element 1 of tensor 'X' is inf"):
        oip_rest.encode_request(request, binary=False)
    _, body = oip_rest.encode_request(request, binary=False, bare_nan=True)
    assert b"[1.0,Infinity]" in body


def one(**fields: object) -> dict[str, object]:
    tensor: dict[str, object] = {"name": "X", "shape": [1], "datatype": "INT8", "data": [1]}
    tensor |= fields
    return {"inputs": [{k: v for k, v in tensor.items() if v is not ...}]}


def nested(levels: int) -> object:
    return [nested(levels - 1)] if levels else 1


WRONG: list[tuple[object, str]] = [
    ([], "must be an object, got a list"),
    ({"model_name": "m"}, "needs 'inputs'; got model_name"),
    ({"inputs": {}}, "'inputs' must be a list, got an object"),
    ({"inputs": [3]}, r"inputs\[0\] must be an object, got a number"),
    (one(name=...), "has no 'name'"),
    (one(name=5), "'name' must be a string, got a number"),
    (one(datatype="int8"), "Unknown datatype 'int8'"),
    (one(shape=...), "'shape' of input 'X'.* must be a list of integers, got null"),
    (one(shape=[1.0]), "entry 0 is a number"),
    (one(shape=[True]), "entry 0 is a boolean"),
    (one(shape=[-1]), "input 'X'.*negative"),
    (one(data=...), "input 'X'.*neither 'data' nor"),
    (one(data=[1, 2]), r"input 'X'.*Expected 1 for shape \[1\], got 2"),
    (one(shape=[2, 1], data=[[1, 2]]), r"input 'X'.*Expected \[2, 1\], got \[1, 2\]"),
    (one(shape=[2, 2], data=[[1, 2], [3]]), "ragged: lists of 1 and of 2"),
    (one(shape=[2], data=[[1], 2]), "mix lists and values"),
    (one(data=["1"]), "input 'X'.*must be integers; element 0 is the string '1'"),
    (one(data=[1.5]), "must be integers; element 0 is 1.5"),
    (one(data=[True]), "must be integers; element 0 is True"),
    (one(data=[None]), "must be integers; element 0 is null"),
    (one(data=[{}]), "must be integers; element 0 is an object"),
    (one(data=[200]), "element 0 of input 'X'.* is 200, which INT8 cannot hold"),
    (one(datatype="FP32", data=["NaN"]), "must be numbers"),
    (one(datatype="FP32", data=[None]), "must be numbers; element 0 is null"),
    (one(datatype="FP32", data=[1e300]), "is 1e.300, which FP32 cannot hold"),
    (one(datatype="BOOL", data=[1]), "must be true or false; element 0 is 1"),
    (one(datatype="BYTES", data=[1]), "must be strings; element 0 is 1"),
    (one(datatype="FP16", data=[1.0]), "FP16, which JSON may not carry"),
    (one(parameters=[]), "parameters of input 'X'.* must be an object"),
    (one(parameters={"a": None}), "Parameter 'a' of input 'X'.*, got null"),
    (one(parameters={"binary_data_size": 1}), "both 'data' and 'binary_data_size'"),
    (one(data=..., parameters={"binary_data_size": 1}), "expecting 1 additional bytes"),
    (one(data=..., parameters={"binary_data_size": -1}), "must be 0 or more, got -1"),
    (one(data=..., parameters={"binary_data_size": True}), "must be 0 or more, got True"),
    (one(data=..., parameters={"shared_memory_region": "r"}), "shared_memory_byte_size"),
    (one(data=nested(40)), "nested deeper than 32"),
    ({**one(), "id": 5}, "'id' must be a string, got a number"),
    ({**one(), "outputs": [{}]}, r"outputs\[0\] has no 'name'"),
    ({**one(), "parameters": {"x": {}}}, "Parameter 'x' of the request"),
]


@pytest.mark.parametrize(("value", "text"), WRONG, ids=[text for _, text in WRONG])
def test_a_wrong_request_says_what_is_wrong(value: object, text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        infer(value)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "body is empty"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"inputs":[{"name":"X","shape":[1],"datatype":"BYTES","data":["\\ud800"]}]}', "JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[" * 200 + b"NaN", "nested deeper"),
        (b"[NaN," + b"9" * 5000 + b"]", "more than 300 digits"),
        (b"[NaN, \xff]", "not UTF-8"),
        (b"[NaN, }", "not JSON"),
    ],
)
def test_a_body_that_is_not_json_is_said_to_be_so(body: bytes, text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        oip_rest.decode_request({}, body, "m")


@pytest.mark.parametrize("length", ["-1", "999", "x", "", "²", "1" * 30])
def test_a_header_length_out_of_range_is_refused(length: str) -> None:
    body = orjson.dumps(one())

    with pytest.raises(InvalidInput, match=r"inference header size should be in range \(0, "):
        oip_rest.decode_request({oip_rest.HEADER_LENGTH: length}, body, "m")


def test_bytes_that_belong_to_no_input_are_refused() -> None:
    with pytest.raises(InvalidInput, match="unexpected additional input data for model 'm'"):
        infer(one(), b"\x00")
    with pytest.raises(InvalidInput, match="3 bytes belong to no input"):
        infer(one(data=..., parameters={"binary_data_size": 1}), b"\x00\x01\x02\x03")


def test_the_size_of_a_single_binary_input_need_not_be_said() -> None:
    request = infer(one(data=..., datatype="INT16"), b"\x01\x00")

    assert request.inputs[0].data.tolist() == [1]


def response(*tensors: Tensor, **more: Any) -> InferResponse:
    return InferResponse("m", tensors, **more)


A = Tensor("A", Datatype.FP32, F32)
B = Tensor("B", Datatype.INT64, np.array([2**62], np.int64))


@pytest.mark.parametrize(
    ("asked", "binary"),
    [
        (ask(), set()),
        (ask(parameters={"binary_data_output": True}), {"A", "B"}),
        (ask(outputs=(RequestedOutput("A", {"binary_data": True}),)), {"A"}),
        (
            ask(
                outputs=(RequestedOutput("A", {"binary_data": False}), RequestedOutput("B")),
                parameters={"binary_data_output": True},
            ),
            {"B"},
        ),
    ],
)
def test_each_output_comes_as_it_was_asked_for(asked: InferRequest, binary: set[str]) -> None:
    headers, body = oip_rest.encode_response(response(A, B, version="1", id="7"), asked)

    size = int(headers.get(oip_rest.HEADER_LENGTH, len(body)))
    outputs = orjson.loads(body[:size])["outputs"]
    assert {o["name"] for o in outputs if "binary_data_size" in o.get("parameters", {})} == binary
    assert {o["name"] for o in outputs if "data" not in o} == binary
    assert (oip_rest.HEADER_LENGTH in headers) is bool(binary)
    assert headers["Content-Type"] == ("application/octet-stream" if binary else "application/json")
    back = oip_rest.decode_response(headers, body)
    assert (back.model, back.version, back.id) == ("m", "1", "7")
    same_tensor(back.outputs[0], A)
    same_tensor(back.outputs[1], B)


def test_our_own_requests_get_all_they_list_as_bytes() -> None:
    asked = posted(replace(ask(A), outputs=(RequestedOutput("A"),)), binary=True)

    headers, _ = oip_rest.encode_response(response(A), asked)

    assert oip_rest.HEADER_LENGTH in headers


def test_a_reply_writes_bare_nan_and_the_client_reads_it() -> None:
    nan = Tensor("A", Datatype.FP32, np.array([np.nan, -np.inf], np.float32))

    headers, body = oip_rest.encode_response(response(nan), ask())

    assert b"[NaN,-Infinity]" in body
    back = oip_rest.decode_response(headers, body).outputs[0].data
    assert np.isnan(back[0])
    assert back[1] == -np.inf


def test_half_precision_cannot_be_a_json_output() -> None:
    half = Tensor("H", Datatype.FP16, np.ones(1, np.float16))

    with pytest.raises(InvalidInput, match="'H' is FP16"):
        oip_rest.encode_response(response(half), ask())


def test_nulls_and_missing_parts_of_a_reply_are_empty() -> None:
    body = (
        b'{"model_name":"m","model_version":null,"id":null,"parameters":null,"outputs":'
        b'[{"name":"A","shape":[2],"datatype":"FP32","parameters":null,"data":[1.0,null]}]}'
    )

    back = oip_rest.decode_response({}, body)

    assert (back.version, back.id, dict(back.parameters)) == ("", "", {})
    assert back.outputs[0].data[0] == 1.0
    assert np.isnan(back.outputs[0].data[1])


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"outputs":[{"name":"A"}]}', b'{"outputs":null,"x":1']
)
def test_a_reply_that_is_none_is_the_servers_fault(body: bytes) -> None:
    with pytest.raises(ReplyMismatch, match="cannot be read"):
        oip_rest.decode_response({}, body)


def raw_body(spec: TensorSpec | None, body: bytes) -> InferRequest:
    return oip_rest.decode_request({oip_rest.HEADER_LENGTH: "0"}, body, "m", only_input=spec)


@pytest.mark.parametrize(
    ("spec", "body", "shape"),
    [
        (TensorSpec("X", Datatype.UINT8, (-1,)), b"abc", (3,)),
        (TensorSpec("X", Datatype.FP32, (2, -1)), b"\0" * 24, (2, 3)),
        (TensorSpec("X", Datatype.INT16, (2,)), b"\0" * 4, (2,)),
        (TensorSpec("X", Datatype.BYTES, (1,)), b"no prefix", (1,)),
        (TensorSpec("X", Datatype.BYTES, (1, 1)), b"no prefix", (1, 1)),
        (TensorSpec("X", Datatype.BYTES, (1, -1)), b"", (1, 1)),
        (TensorSpec("X", Datatype.UINT8, (-1,)), b"", (0,)),
    ],
)
def test_a_body_without_a_header_is_the_only_input(
    spec: TensorSpec, body: bytes, shape: tuple[int, ...]
) -> None:
    request = raw_body(spec, body)

    assert request.inputs[0].shape == shape
    assert request.parameters == {"binary_data_output": True}
    if spec.datatype is Datatype.BYTES:
        assert request.inputs[0].data.tolist() == np.full(shape, body, object).tolist()


@pytest.mark.parametrize(
    ("spec", "body", "text"),
    [
        (None, b"", "exactly one input"),
        (TensorSpec("X", Datatype.UINT8, (-1, -1)), b"abc", "2 variable dimensions"),
        (TensorSpec("X", Datatype.FP32, (-1,)), b"abc", "multiple of 4, got 3"),
        (TensorSpec("X", Datatype.INT16, (2,)), b"abc", "Expected 4, got 3"),
        (TensorSpec("X", Datatype.BYTES, (2,)), b"abc", "one BYTES element"),
        (TensorSpec("X", Datatype.BYTES, (1, 2)), b"abc", "one BYTES element"),
        (TensorSpec("X", Datatype.BYTES, (1, 0)), b"abc", "one BYTES element"),
    ],
)
def test_a_body_whose_shape_does_not_follow_is_refused(
    spec: TensorSpec | None, body: bytes, text: str
) -> None:
    with pytest.raises(InvalidInput, match=text):
        raw_body(spec, body)


def test_names_are_quoted_in_paths() -> None:
    assert oip_rest.infer_path("m") == "/v2/models/m/infer"
    assert oip_rest.infer_path("a/b c", "1") == "/v2/models/a%2Fb%20c/versions/1/infer"
