"""Open Inference Protocol over gRPC: tensors to messages and back."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.errors import InvalidInput, ReplyMismatch
from backend.core.inference import InferRequest, InferResponse, RequestedOutput
from backend.core.tensors import Datatype, Tensor
from backend.wire.generated.open_inference_pb2 import (
    ModelInferRequest,
    ModelInferResponse,
    ModelStreamInferResponse,
)
from backend.wire.oip import grpc as oip_grpc
from backend.wire.tensors.typed import has_typed_field
from tests.wire.wire_samples import EXTREMES, same_tensor


def one_input(tensor: Tensor) -> InferRequest:
    return InferRequest("m", (tensor,), version="3", id="7", parameters={"priority": 1})


@pytest.mark.parametrize(
    ("datatype", "raw"),
    [(d, raw) for d in Datatype for raw in (True, False) if raw or has_typed_field(d)],
)
def test_every_datatype_survives_the_trip(datatype: Datatype, raw: bool) -> None:
    tensor = Tensor("X", datatype, EXTREMES[datatype].reshape(1, 3))

    request = oip_grpc.decode_request(oip_grpc.encode_request(one_input(tensor), raw=raw))

    assert (request.model, request.version, request.id) == ("m", "3", "7")
    assert request.parameters == {"priority": 1}
    same_tensor(request.inputs[0], tensor)


@pytest.mark.parametrize("datatype", list(Datatype))
@pytest.mark.parametrize("raw", [True, False])
def test_every_datatype_survives_the_way_back(datatype: Datatype, raw: bool) -> None:
    tensor = Tensor("Y", datatype, EXTREMES[datatype])
    response = InferResponse("m", (tensor,), "1", "7", {"a": True, "b": 2, "c": 0.5, "d": "e"})

    back = oip_grpc.decode_response(oip_grpc.encode_response(response, raw=raw))

    assert back.parameters == response.parameters
    same_tensor(back.outputs[0], tensor)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1, 1, 1)])
@pytest.mark.parametrize("raw", [True, False])
def test_scalars_and_empty_tensors_keep_their_shape(shape: tuple[int, ...], raw: bool) -> None:
    tensor = Tensor("X", Datatype.FP32, np.zeros(shape, np.float32))

    request = oip_grpc.decode_request(oip_grpc.encode_request(one_input(tensor), raw=raw))

    same_tensor(request.inputs[0], tensor)


def test_the_bytes_of_a_raw_request_are_known() -> None:
    tensor = Tensor("X", Datatype.INT16, np.array([1, -2], np.int16))
    wanted = (
        b"\x0a\x01m"  # model_name = 1
        b"\x2a\x0d" + b"\x0a\x01X\x12\x05INT16\x1a\x01\x02"  # inputs = 5: name, datatype, shape
        b"\x3a\x04\x01\x00\xfe\xff"  # raw_input_contents = 7
    )

    assert oip_grpc.encode_request(InferRequest("m", (tensor,)), raw=True) == wanted


def test_bytes_elements_have_a_length_in_raw_and_none_in_typed_contents() -> None:
    request = InferRequest("m", (Tensor.of_bytes("X", b"ab", b""),))

    raw = ModelInferRequest.FromString(oip_grpc.encode_request(request, raw=True))
    typed = ModelInferRequest.FromString(oip_grpc.encode_request(request, raw=False))

    assert list(raw.raw_input_contents) == [b"\x02\0\0\0ab\0\0\0\0"]
    assert list(typed.inputs[0].contents.bytes_contents) == [b"ab", b""]
    assert not typed.raw_input_contents


def test_a_raw_tensor_is_a_view_of_the_message() -> None:
    tensor = Tensor("X", Datatype.UINT8, np.arange(64, dtype=np.uint8))

    request = oip_grpc.decode_request(oip_grpc.encode_request(one_input(tensor), raw=True))

    assert not request.inputs[0].data.flags.owndata
    assert not request.inputs[0].data.flags.writeable


def test_a_tensor_that_is_not_row_major_is_sent_in_its_own_order() -> None:
    data = np.arange(6, dtype=">i4").reshape(2, 3).T
    tensor = Tensor("X", Datatype.INT32, data)

    for raw in (True, False):
        request = oip_grpc.decode_request(oip_grpc.encode_request(one_input(tensor), raw=raw))
        assert request.inputs[0].data.tolist() == data.tolist()


def wire(**fields: object) -> ModelInferRequest:
    message = ModelInferRequest(model_name="m")
    message.inputs.add(name="X", **fields)
    return message


def both() -> ModelInferRequest:
    message = wire(datatype="INT32", shape=[1], contents={"int_contents": [1]})
    message.raw_input_contents.append(b"\1\0\0\0")
    return message


def shared() -> ModelInferRequest:
    message = wire(datatype="INT32", shape=[1])
    message.inputs[0].parameters["shared_memory_region"].string_param = "r"
    return message


def with_raw(message: ModelInferRequest, *entries: bytes) -> ModelInferRequest:
    message.raw_input_contents.extend(entries)
    return message


WRONG = [
    (wire(datatype="STRING", shape=[1]), "STRING"),
    (wire(datatype="fp32", shape=[1]), "fp32"),
    (wire(datatype="INT32", shape=[2], contents={"int_contents": [1]}), "Expected 2.*got 1"),
    (wire(datatype="INT32", shape=[1]), "Expected 1.*got 0"),
    (wire(datatype="FP32", shape=[1], contents={"int_contents": [1]}), "fp32_contents.*int_conte"),
    (wire(datatype="UINT8", shape=[2], contents={"uint_contents": [1, 256]}), "element 1.*256"),
    (wire(datatype="INT8", shape=[1], contents={"int_contents": [-129]}), "element 0.*-129"),
    (wire(datatype="FP16", shape=[1], contents={"fp32_contents": [1]}), "FP16.*no typed list"),
    (wire(datatype="INT32", shape=[-1]), "negative"),
    (wire(datatype="INT32", shape=[2**40, 2**40, 0]), "beyond"),
    (wire(datatype="INT32", shape=[1] * 40), "40 dimensions"),
    (shared(), "shared_memory_byte_size"),
    (both(), "must not be specified"),
    (with_raw(wire(datatype="INT32", shape=[2]), b"\1\0\0\0"), "Expected 8, got 4"),
    (with_raw(wire(datatype="INT32", shape=[1]), b"\1\0\0\0", b""), "expected 1 raw.*got 2"),
    (with_raw(wire(datatype="BYTES", shape=[1]), b"\2\0\0\0a"), "element 0 of 1 ends at byte 6"),
    (with_raw(wire(datatype="BYTES", shape=[2]), b"\1\0\0\0abcd"), "element 1 of 2"),
    (with_raw(wire(datatype="BYTES", shape=[1]), b"\0\0\0\0a"), "Expected 4, got 5"),
    (with_raw(wire(datatype="BYTES", shape=[2**38]), b""), "Expected at least"),
]


@pytest.mark.parametrize(("message", "text"), WRONG, ids=[text for _, text in WRONG])
def test_a_wrong_request_says_what_is_wrong_with_which_input(
    message: ModelInferRequest, text: str
) -> None:
    with pytest.raises(InvalidInput, match=text) as caught:
        oip_grpc.decode_request(message.SerializeToString())
    assert (
        "X" in str(caught.value)
        or "datatype" in str(caught.value)
        or "model 'm'" in str(caught.value)
    )


def test_requested_outputs_come_through_with_their_parameters() -> None:
    asked = (RequestedOutput("A"), RequestedOutput("B", {"classification": 3}))

    request = oip_grpc.decode_request(
        oip_grpc.encode_request(InferRequest("m", (), outputs=asked), raw=True)
    )

    assert [output.name for output in request.outputs] == ["A", "B"]
    assert request.outputs[1].parameters == {"classification": 3}


def test_half_precision_outputs_are_raw_whatever_was_asked_for() -> None:
    response = InferResponse(
        "m",
        (
            Tensor("H", Datatype.FP16, np.ones(2, np.float16)),
            Tensor("F", Datatype.FP32, np.ones(1, np.float32)),
        ),
    )

    data = oip_grpc.encode_response(response, raw=False)

    assert len(ModelInferResponse.FromString(data).raw_output_contents) == 2
    assert oip_grpc.decode_response(data).outputs[1].data.tolist() == [1.0]


def test_empty_contents_beside_raw_bytes_do_not_hide_them() -> None:
    message = ModelInferResponse(raw_output_contents=[b"\1\0\0\0"])
    message.outputs.add(name="Y", datatype="INT32", shape=[1]).contents.SetInParent()

    response = oip_grpc.decode_response(message.SerializeToString())

    assert response.outputs[0].data.tolist() == [1]


def test_a_bad_reply_is_the_servers_fault() -> None:
    short = ModelInferResponse(raw_output_contents=[b"\1"])
    short.outputs.add(name="Y", datatype="INT32", shape=[1])

    for data in (b"\xff\xff", short.SerializeToString()):
        with pytest.raises(ReplyMismatch):
            oip_grpc.decode_response(data)


def test_an_error_in_a_stream_names_its_request() -> None:
    data = oip_grpc.encode_stream_response(None, raw=True, error="no such model", request_id="9")

    error, response = oip_grpc.decode_stream_response(data)

    assert error == "no such model"
    assert response is not None
    assert (response.id, response.outputs) == ("9", ())


def test_a_stream_response_holds_a_response() -> None:
    response = InferResponse("m", (Tensor("Y", Datatype.BOOL, np.array([True])),), id="4")

    data = oip_grpc.encode_stream_response(response, raw=True)
    error, back = oip_grpc.decode_stream_response(data)

    assert error == ""
    assert back is not None
    same_tensor(back.outputs[0], response.outputs[0])
    assert ModelStreamInferResponse.FromString(data).infer_response.id == "4"


@pytest.mark.parametrize("value", [True, 0, -1, 2**63 - 1, 2**64 - 1, 0.25, "text", ""])
def test_parameters_keep_their_type(value: bool | int | float | str) -> None:
    sent = InferRequest("m", (), parameters={"p": value})

    request = oip_grpc.decode_request(oip_grpc.encode_request(sent, raw=True))

    assert request.parameters == {"p": value}
    assert type(request.parameters["p"]) is type(value)


def test_a_parameter_over_64_bits_is_refused() -> None:
    with pytest.raises(InvalidInput, match="64 bits"):
        oip_grpc.encode_request(InferRequest("m", (), parameters={"p": 2**64}), raw=True)


def test_an_array_of_another_type_than_declared_is_refused() -> None:
    tensor = Tensor("X", Datatype.FP32, np.zeros(1))

    for raw in (True, False):
        with pytest.raises(InvalidInput, match=r"declared FP32.*float64"):
            oip_grpc.encode_request(one_input(tensor), raw=raw)


def test_bytes_elements_that_are_not_bytes_are_refused() -> None:
    tensor = Tensor("X", Datatype.BYTES, np.array(["text"], object))

    with pytest.raises(InvalidInput, match=r"Element 0 of BYTES tensor 'X' is str"):
        oip_grpc.encode_request(one_input(tensor), raw=True)
