"""Decoders meet any bytes: each gives a value or says what is wrong, and never anything else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backend.clients.codecs.calls import RestReply
from backend.clients.codecs.choice import make_codec
from backend.core.choices import Api, Payload, RunSettings, Serialization, Transport
from backend.core.errors import InvalidInput, ReplyMismatch, RequestError
from backend.core.inference import InferRequest, InferResponse
from backend.core.target import Target
from backend.core.tensors import Datatype, Tensor, TensorSpec
from backend.profiles.bundled import profile_for
from backend.wire.json.text import read_json, write_json
from backend.wire.media.sound import decode_sound, encode_wav
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest
from backend.wire.oip.metadata_json import model_metadata_from_json, server_metadata_from_json
from backend.wire.oip.rest_errors import error_text
from backend.wire.serving import grpc as serving_grpc
from backend.wire.serving import items as serving_items
from backend.wire.serving import rest as serving_rest
from backend.wire.serving.predictions_json import predictions_from_json
from backend.wire.tensors.typed import has_typed_field
from tests.wire.wire_samples import PREDICTIONS, same_tensor

# Derandomised, so that a run that passed passes again.
MANY = settings(
    max_examples=250,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
FEW = settings(MANY, max_examples=60)

OUTPUTS = (TensorSpec("Y", Datatype.FP32, (-1,)),)
TENSORS = (
    Tensor("X", Datatype.FP32, np.array([[1.5, 2.5]], np.float32)),
    Tensor.of_bytes("Y", b"ab", b""),
    Tensor("Z", Datatype.BOOL, np.ones((), np.bool_)),
)
REQUEST = InferRequest("m", TENSORS, "1", "7", {"a": True, "b": 2.5})
RESPONSE = InferResponse("m", TENSORS, "1", "7", {"c": "d"})


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A good message, cut, changed in a few places, or with bytes put in."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        match draw(st.sampled_from(["cut", "change", "insert", "remove"])):
            case "cut":
                del data[at:]
            case "change" if data:
                data[at] = draw(st.integers(0, 255))
            case "insert":
                data[at:at] = draw(st.binary(max_size=4))
            case _:
                del data[at : at + 2]
    return bytes(data)


def any_of(*wholes: bytes) -> st.SearchStrategy[bytes]:
    return st.one_of(st.binary(max_size=64), *(damaged(whole) for whole in wholes))


GRPC_REQUESTS = [oip_grpc.encode_request(REQUEST, raw=raw) for raw in (True, False)]
GRPC_RESPONSES = [oip_grpc.encode_response(RESPONSE, raw=raw) for raw in (True, False)]
STREAM_RESPONSES = [
    oip_grpc.encode_stream_response(RESPONSE, raw=True),
    oip_grpc.encode_stream_response(None, raw=True, error="wrong", request_id="7"),
]
INPUTS = [
    serving_grpc.encode_input(serving_grpc.ServingInput(item, "7", "m", raw=False))
    for item in (
        serving_items.Pixels(np.zeros((1, 2, 3), np.uint8)),
        serving_items.Sound(np.zeros(3, np.float32), 8000),
        serving_items.Tensors(TENSORS),
        serving_items.Values([[1.0], [2.0]]),
    )
]
RESULT = serving_grpc.encode_result(serving_grpc.ServingResult(PREDICTIONS, "7", "m"))


@MANY
@given(any_of(*GRPC_REQUESTS))
def test_grpc_requests(data: bytes) -> None:
    tolerate(lambda: oip_grpc.decode_request(data), InvalidInput)


@MANY
@given(any_of(*GRPC_RESPONSES))
def test_grpc_responses(data: bytes) -> None:
    tolerate(lambda: oip_grpc.decode_response(data), ReplyMismatch)


@MANY
@given(any_of(*STREAM_RESPONSES))
def test_stream_responses(data: bytes) -> None:
    tolerate(lambda: oip_grpc.decode_stream_response(data), ReplyMismatch)


@MANY
@given(any_of(*INPUTS))
def test_serving_inputs(data: bytes) -> None:
    tolerate(lambda: serving_grpc.decode_input(data), InvalidInput)


@MANY
@given(any_of(RESULT))
def test_serving_results(data: bytes) -> None:
    tolerate(lambda: serving_grpc.decode_result(data), ReplyMismatch)


@pytest.mark.parametrize("binary", [True, False])
def test_rest_bodies(binary: bool) -> None:
    asked = InferRequest("m", TENSORS)
    headers, body = oip_rest.encode_request(asked, binary=binary)
    reply_headers, reply_body = oip_rest.encode_response(
        RESPONSE, oip_rest.decode_request(headers, body, "m")
    )

    @MANY
    @given(any_of(body), st.one_of(st.none(), st.text(max_size=4), st.just(str(len(body)))))
    def requests(data: bytes, length: str | None) -> None:
        given_headers = headers if length is None else {oip_rest.HEADER_LENGTH: length}
        spec = TensorSpec("X", Datatype.FP32, (-1,))
        tolerate(
            lambda: oip_rest.decode_request(given_headers, data, "m", only_input=spec),
            InvalidInput,
        )

    @MANY
    @given(any_of(reply_body))
    def replies(data: bytes) -> None:
        tolerate(lambda: oip_rest.decode_response(reply_headers, data), ReplyMismatch)

    requests()
    replies()


KEYS = (
    *("inputs", "outputs", "name", "shape", "datatype", "data", "parameters", "binary_data_size"),
    *("id", "prediction", "classification", "detections", "box", "mask", "scalars", "tensors"),
    *("text", "timing", "input", "rate"),
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(["FP32", "BYTES", "INT8", "BOOL", "X"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=12,
)


def written(value: object) -> bytes:
    return write_json(value, bare_nan=True)


@MANY
@given(JSON)
def test_json_of_any_shape(value: object) -> None:
    body = written(value)
    tolerate(lambda: oip_rest.decode_request({}, body, "m"), InvalidInput)
    tolerate(lambda: oip_rest.decode_response({}, body), ReplyMismatch)
    tolerate(lambda: serving_rest.decode_values(body), InvalidInput)
    tolerate(lambda: serving_rest.decode_reply(body, OUTPUTS), ReplyMismatch)
    tolerate(lambda: predictions_from_json(value, OUTPUTS), ReplyMismatch)
    tolerate(lambda: server_metadata_from_json(body), ReplyMismatch)
    tolerate(lambda: model_metadata_from_json(body), ReplyMismatch)
    assert error_text(400, body)


@MANY
@given(JSON)
def test_tensor_objects_of_any_content(value: object) -> None:
    tensor = {"name": "X", "shape": [1], "datatype": "FP32", "data": value}
    wrong_shape = {"name": "X", "shape": value, "datatype": "INT64", "data": [1]}
    for one in (tensor, wrong_shape, {**tensor, "datatype": "BYTES"}):
        tolerate(
            lambda one=one: oip_rest.decode_request({}, written({"inputs": [one]}), "m"),  # type: ignore[misc]
            InvalidInput,
        )


@MANY
@given(any_of(b'{"a": [1, NaN, {"b": "c"}], "d": -Infinity}'))
def test_json_text(data: bytes) -> None:
    tolerate(lambda: read_json(data), InvalidInput)
    assert error_text(500, data)


@FEW
@given(any_of(encode_wav(np.zeros(50, np.float32), 8000)))
def test_sound_files(data: bytes) -> None:
    tolerate(lambda: decode_sound(data), InvalidInput)


@FEW
@given(st.sampled_from([200, 400, 404, 500, 503]), any_of(b'{"prediction": {"text": "a"}}'))
def test_codecs_over_rest(status: int, body: bytes) -> None:
    for api in Api:
        run = RunSettings(Target("t"), "pitch", api, Transport.REST, Payload(Serialization.BINARY))
        codec = make_codec(run, profile_for("pitch"), extensions=("inferdeck_timing",))
        reply = RestReply(status, {"server-timing": "queue;dur=x"}, body)
        wanted = ReplyMismatch if status == 200 else RequestError
        tolerate(lambda codec=codec, reply=reply: codec.decode(reply), wanted)  # type: ignore[misc]


@FEW
@given(any_of(*GRPC_RESPONSES, *STREAM_RESPONSES, RESULT))
def test_codecs_over_grpc(data: bytes) -> None:
    for api in Api:
        for transport in (Transport.GRPC, Transport.GRPC_STREAM):
            run = RunSettings(Target("t"), "pitch", api, transport, Payload())
            codec = make_codec(run, profile_for("pitch"), extensions=("inferdeck_timing",))
            tolerate(
                lambda codec=codec: codec.decode(data),  # type: ignore[misc]
                (ReplyMismatch, RequestError),
            )


@st.composite
def tensors(draw: st.DrawFn, datatypes: Sequence[Datatype]) -> Tensor:
    datatype = draw(st.sampled_from(datatypes))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    if datatype is Datatype.BYTES:
        count = int(np.prod(shape))
        items = draw(st.lists(st.binary(max_size=6), min_size=count, max_size=count))
        flat = Tensor.of_bytes("X", *items)
        return Tensor("X", datatype, flat.data.reshape(shape))
    return Tensor("X", datatype, draw(hnp.arrays(datatype.numpy, shape)))


@MANY
@given(tensors(list(Datatype)))
def test_any_tensor_survives_as_bytes(tensor: Tensor) -> None:
    request = InferRequest("m", (tensor, tensor))

    headers, body = oip_rest.encode_request(request, binary=True)
    over_rest = oip_rest.decode_request(headers, body, "m").inputs
    over_grpc = oip_grpc.decode_request(oip_grpc.encode_request(request, raw=True)).inputs

    for back in (*over_rest, *over_grpc):
        same_tensor(back, tensor)


@MANY
@given(tensors([datatype for datatype in Datatype if has_typed_field(datatype)]))
def test_any_tensor_survives_in_typed_lists(tensor: Tensor) -> None:
    request = InferRequest("m", (tensor,))

    back = oip_grpc.decode_request(oip_grpc.encode_request(request, raw=False)).inputs[0]

    assert back.shape == tensor.shape
    if tensor.datatype is Datatype.BYTES:
        same_tensor(back, tensor)
    else:
        assert np.array_equal(back.data, tensor.data, equal_nan=tensor.data.dtype.kind == "f")


JSON_ABLE = [d for d in Datatype if d not in (Datatype.FP16, Datatype.BF16, Datatype.BYTES)]


@MANY
@given(tensors(JSON_ABLE))
def test_any_tensor_survives_as_json(tensor: Tensor) -> None:
    headers, body = oip_rest.encode_request(
        InferRequest("m", (tensor,)), binary=False, bare_nan=True
    )

    back = oip_rest.decode_request(headers, body, "m").inputs[0]

    assert back.shape == tensor.shape
    assert back.data.dtype == tensor.data.dtype
    assert np.array_equal(back.data, tensor.data, equal_nan=tensor.data.dtype.kind == "f")


def tolerate(
    call: Callable[[], object], expected: type[Exception] | tuple[type[Exception], ...]
) -> None:
    """Call; only the expected error may come out."""
    try:
        call()
    except expected:
        return
