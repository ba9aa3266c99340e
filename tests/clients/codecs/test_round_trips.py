"""Codecs: samples to calls and replies to predictions, for every defined combination.

The other side is played by the wire formats themselves, as the embedded server uses them.
"""

from __future__ import annotations

import gzip
from collections.abc import Collection
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from backend.clients.codecs.calls import Call, Codec, GrpcCall, RestCall, RestReply
from backend.clients.codecs.choice import make_codec
from backend.core.choices import (
    Api,
    Compression,
    ImageEncoding,
    Payload,
    RunSettings,
    Serialization,
    Transport,
    why_not_image,
    why_not_serialization,
)
from backend.core.errors import InvalidInput, NotFound, NotReady, ReplyMismatch, UsageError
from backend.core.inference import TIMING_EXTENSION, InferRequest, InferResponse
from backend.core.predictions import Predictions, Tensors
from backend.core.samples import AudioWindow, Frame, MediaKind, Sample
from backend.core.target import Target
from backend.core.tensors import Array, Datatype, Tensor
from backend.core.timing import ServerTiming
from backend.profiles.bundled import profile_for
from backend.wire.media.images import decode_image
from backend.wire.media.sound import decode_sound
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest
from backend.wire.oip.timing import timing_to_header, timing_to_parameters
from backend.wire.serving import grpc as serving_grpc
from backend.wire.serving import items as serving_items
from backend.wire.serving import rest as serving_rest
from backend.wire.serving.samples import pixels_of

SEQ = 41
TIMING = ServerTiming(1.0, 2.0, 3.0, 4.0)
FRAME = Frame(SEQ, 0, np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8))
# A smooth picture, so that JPEG stays close to it.
SMOOTH = Frame(SEQ, 0, np.tile(np.linspace(0, 255, 32).astype(np.uint8)[:, None], (24, 1, 3)))
WINDOW = AudioWindow(SEQ, 0, np.sin(np.arange(1600) / 7).astype(np.float32), 16_000)


def defined(kind: MediaKind) -> list[tuple[Api, Transport, Payload]]:
    return [
        (api, transport, Payload(serialization, image, compression))
        for api in Api
        for transport in Transport
        for serialization in Serialization
        for image in ImageEncoding
        for compression in Compression
        if not why_not_serialization(serialization, transport)
        and not why_not_image(image, serialization, kind)
    ]


def codec(
    model: str,
    api: Api,
    transport: Transport,
    payload: Payload,
    extensions: Collection[str] = (TIMING_EXTENSION,),
) -> Codec:
    settings = RunSettings(Target("t"), model, api, transport, payload)
    return make_codec(settings, profile_for(model), extensions=extensions)


def received(call: Call, api: Api, model: str) -> list[Tensor]:
    """The input tensors that a server makes of a call."""
    if isinstance(call, GrpcCall):
        if api is Api.OIP:
            return list(oip_grpc.decode_request(call.message).inputs)
        return tensors_of(serving_grpc.decode_input(call.message).item, model)
    body = bytes(call.body)
    if call.headers.get("Content-Encoding") == "gzip":
        assert call.headers["Accept-Encoding"] == "gzip, identity;q=0"
        body = gzip.decompress(body)
    if api is Api.OIP:
        return list(oip_rest.decode_request(call.headers, body, model).inputs)
    return tensors_of(item_in(call, body), model)


def item_in(call: RestCall, body: bytes) -> serving_items.Item:
    query = parse_qs(urlsplit(call.path).query)
    match call.headers["Content-Type"]:
        case "application/json":
            return serving_rest.decode_values(body)
        case "application/x-raw":
            size = int(query["height"][0]), int(query["width"][0])
            return pixels_of(body, *size, query["format"][0])
        case "audio/wav":
            return serving_items.Sound(*decode_sound(body))
        case _:
            return serving_items.PictureFile(body)


def tensors_of(item: serving_items.Item, model: str) -> list[Tensor]:
    profile = profile_for(model)
    match item:
        case serving_items.Pixels(pixels):
            return profile.encode(Frame(0, 0, pixels), Payload())
        case serving_items.PictureFile(data):
            return profile.encode_file(data)[0]
        case serving_items.Sound(samples, rate):
            assert rate == 16_000
            return profile.encode(AudioWindow(0, 0, samples, rate), Payload())
        case serving_items.Values(value, rate) if profile.kind is MediaKind.AUDIO:
            assert rate == 16_000
            return [Tensor("AUDIO", Datatype.FP32, np.array(value, np.float32))]
        case serving_items.Values(value, _) if profile.kind is MediaKind.IMAGE:
            return [Tensor("IMAGE", Datatype.UINT8, np.array(value, np.uint8))]
        case serving_items.Values(value, _):
            spec = profile.inputs[0]
            return [Tensor(spec.name, spec.datatype, np.array(value, spec.datatype.numpy))]
        case serving_items.Tensors(tensors):
            return list(tensors)
        case serving_items.NamedValues():
            raise AssertionError("the client sends no values by name")


def seen(tensors: list[Tensor]) -> Array:
    """What the model works on."""
    (tensor,) = tensors
    if tensor.datatype is Datatype.BYTES:
        return decode_image(tensor.data[0])
    return tensor.data


CASES = [
    (model, sample, combination)
    for model, sample in (
        ("shapes", FRAME),
        ("identity", FRAME),
        ("identity_fp32", FRAME),
        ("pitch", WINDOW),
        ("identity", WINDOW),
        ("identity_fp32", WINDOW),
    )
    for combination in defined(MediaKind.IMAGE if isinstance(sample, Frame) else MediaKind.AUDIO)
]


def described(case: object) -> str:
    if isinstance(case, tuple):
        api, transport, payload = case
        return f"{api}-{transport}-{payload.serialization}-{payload.image}-{payload.compression}"
    return case if isinstance(case, str) else type(case).__name__


@pytest.mark.parametrize(("model", "sample", "combination"), CASES, ids=described)
def test_every_way_of_sending_gives_the_model_the_same(
    model: str, sample: Sample, combination: tuple[Api, Transport, Payload]
) -> None:
    api, _, payload = combination
    outgoing = codec(model, *combination).encode(sample, SEQ)

    arrived = received(outgoing.call, api, model)

    assert 0 < outgoing.prepared_ns <= outgoing.encoded_ns
    assert outgoing.size_bytes > 0
    wanted = profile_for(model).encode(sample, payload)
    assert [(t.name, t.datatype, t.shape) for t in arrived] == [
        (t.name, t.datatype, t.shape) for t in wanted
    ]
    if payload.image is ImageEncoding.PNG and model == "shapes":
        assert np.array_equal(seen(arrived), FRAME.pixels)
    assert np.array_equal(seen(arrived), seen(wanted))


@pytest.mark.parametrize("combination", defined(MediaKind.IMAGE), ids=described)
def test_jpeg_stays_close_and_the_rest_is_exact(
    combination: tuple[Api, Transport, Payload],
) -> None:
    api, _, payload = combination
    pixels = seen(received(codec("shapes", *combination).encode(SMOOTH, SEQ).call, api, "shapes"))

    error = np.abs(pixels.astype(int) - SMOOTH.pixels.astype(int)).max()
    assert error <= (16 if payload.image is ImageEncoding.JPEG else 0)


OUTPUT = Tensor("OUTPUT0", Datatype.UINT8, np.arange(5, dtype=np.uint8))
PREDICTIONS: Predictions = (Tensors((OUTPUT,)),)


def reply_to(call: Call, api: Api, transport: Transport, seq: int) -> RestReply | bytes:
    """What a server of ours answers, with OUTPUT for an output."""
    if isinstance(call, GrpcCall):
        if api is Api.SERVING:
            result = serving_grpc.ServingResult(PREDICTIONS, str(seq), "identity", TIMING)
            return serving_grpc.encode_result(result)
        request = oip_grpc.decode_request(call.message)
        raw = oip_grpc.wants_raw(request)
        response = InferResponse(
            "identity", (OUTPUT,), id=request.id, parameters=timing_to_parameters(TIMING)
        )
        if transport is Transport.GRPC_STREAM:
            return oip_grpc.encode_stream_response(response, raw=raw)
        return oip_grpc.encode_response(response, raw=raw)
    if api is Api.SERVING:
        return RestReply(
            200, {}, serving_rest.encode_reply(PREDICTIONS, "identity", lambda: TIMING)
        )
    asked = oip_rest.decode_request(call.headers, call.body, "identity")
    headers, body = oip_rest.encode_response(
        InferResponse("identity", (OUTPUT,), id=asked.id), asked
    )
    return RestReply(200, {**headers, "server-timing": timing_to_header(TIMING)}, body)


@pytest.mark.parametrize(
    "combination",
    [c for c in defined(MediaKind.AUDIO) if c[2].compression is Compression.NONE],
    ids=described,
)
def test_every_reply_becomes_predictions_with_number_and_timing(
    combination: tuple[Api, Transport, Payload],
) -> None:
    api, transport, _ = combination
    speaks = codec("identity", *combination)
    outgoing = speaks.encode(WINDOW, SEQ)

    reply = speaks.decode(reply_to(outgoing.call, api, transport, SEQ))

    (prediction,) = reply.predictions
    assert isinstance(prediction, Tensors)
    assert prediction.tensors[0].data.tolist() == [0, 1, 2, 3, 4]
    assert reply.server == TIMING
    no_id = api is Api.SERVING and transport is Transport.REST
    assert reply.seq == (None if no_id else SEQ)


@pytest.mark.parametrize("api", list(Api))
def test_paths_and_methods_are_those_of_the_protocols(api: Api) -> None:
    rest = codec("pitch", api, Transport.REST, Payload(Serialization.BINARY))
    grpc = codec("pitch", api, Transport.GRPC, Payload())
    oip = api is Api.OIP

    assert rest.rest_path == ("/v2/models/pitch/infer" if oip else "/predict?model=pitch")
    assert (rest.unary_method, rest.stream_method) == ("", "")
    assert grpc.rest_path == ""
    assert (grpc.unary_method, grpc.stream_method) == (
        (
            "/inference.GRPCInferenceService/ModelInfer",
            "/inference.GRPCInferenceService/ModelStreamInfer",
        )
        if oip
        else (
            "/modelserving.v1.ModelServing/Predict",
            "/modelserving.v1.ModelServing/StreamPredict",
        )
    )


@pytest.mark.parametrize(
    ("offered", "serialization", "sent"),
    [
        ((), Serialization.RAW, set()),
        ((), Serialization.TYPED, set()),
        (("statistics", "inferdeck_timing"), Serialization.TYPED, {"inferdeck_timing"}),
        (("inferdeck_timing", "inferdeck_typed"), Serialization.RAW, {"inferdeck_timing"}),
        (
            ("inferdeck_timing", "inferdeck_typed"),
            Serialization.TYPED,
            {"inferdeck_timing", "inferdeck_typed"},
        ),
    ],
)
def test_our_parameters_go_only_to_those_who_know_them(
    offered: tuple[str, ...], serialization: Serialization, sent: set[str]
) -> None:
    speaks = codec("pitch", Api.OIP, Transport.GRPC, Payload(serialization), offered)
    call = speaks.encode(WINDOW, SEQ).call
    assert isinstance(call, GrpcCall)
    request = oip_grpc.decode_request(call.message)
    assert request.parameters == dict.fromkeys(sent, True)
    assert oip_grpc.wants_raw(request) is ("inferdeck_typed" not in sent)


@pytest.mark.parametrize("api", list(Api))
def test_an_error_status_carries_the_servers_text(api: Api) -> None:
    speaks = codec("pitch", api, Transport.REST, Payload(Serialization.BINARY))

    with pytest.raises(NotReady) as caught:
        speaks.decode(RestReply(503, {}, b'{"error":"not yet"}'))
    assert caught.value.message == "not yet"


def test_an_error_in_a_stream_names_its_sample() -> None:
    streamed = codec("pitch", Api.OIP, Transport.GRPC_STREAM, Payload())
    serving = codec("pitch", Api.SERVING, Transport.GRPC_STREAM, Payload())
    unknown = "Request for unknown model: 'pitch' is not found"

    with pytest.raises(NotFound, match="unknown model") as caught:
        streamed.decode(
            oip_grpc.encode_stream_response(None, raw=True, error=unknown, request_id="41")
        )
    assert caught.value.seq == SEQ
    with pytest.raises(InvalidInput, match="too short") as refused:
        serving.decode(
            serving_grpc.encode_result(
                serving_grpc.ServingResult((), "41", error=InvalidInput("too short"))
            )
        )
    assert refused.value.seq == SEQ


def test_a_stream_message_with_nothing_in_it_is_a_mismatch() -> None:
    with pytest.raises(ReplyMismatch, match="neither"):
        codec("pitch", Api.OIP, Transport.GRPC_STREAM, Payload()).decode(b"")


def test_a_reply_needs_no_id() -> None:
    speaks = codec("identity", Api.OIP, Transport.GRPC, Payload())
    data = oip_grpc.encode_response(InferResponse("identity", (OUTPUT,)), raw=True)
    assert speaks.decode(data, request_seq=SEQ).seq is None


@pytest.mark.parametrize("foreign", ["6f1c-uuid", "²", "9" * 30, str(SEQ + 1)])
@pytest.mark.parametrize("api", Api)
@pytest.mark.parametrize("transport", [Transport.GRPC, Transport.REST])
def test_a_foreign_id_is_a_mismatch(foreign: str, api: Api, transport: Transport) -> None:
    if (api, transport) == (Api.SERVING, Transport.REST):
        return  # its replies carry no id
    form = Serialization.TYPED if transport.is_grpc else Serialization.JSON
    speaks = codec("identity", api, transport, Payload(form))
    with pytest.raises(ReplyMismatch, match="ids that are not those of the requests"):
        speaks.decode(reply_with(foreign, api, transport), request_seq=SEQ)


def reply_with(given: str, api: Api, transport: Transport) -> bytes | RestReply:
    if api is Api.SERVING:
        result = serving_grpc.ServingResult((Tensors((OUTPUT,)),), given)
        return serving_grpc.encode_result(result)
    response = InferResponse("identity", (OUTPUT,), id=given)
    return carried(response, transport)


@pytest.mark.parametrize(
    ("outputs", "wrong"),
    [
        ((), "no outputs"),
        (
            (Tensor("OUTPUT0", Datatype.FP32, np.zeros(3, np.float32)),),
            "declared is UINT8",
        ),
        ((Tensor("OUTPUT0", Datatype.UINT8, np.zeros((1, 3), np.uint8)),), r"shape \[1, 3\]"),
        ((Tensor("OTHER", Datatype.UINT8, np.zeros(3, np.uint8)),), "'OTHER' that it does not"),
        ((OUTPUT, OUTPUT), "twice"),
    ],
)
@pytest.mark.parametrize("transport", Transport)
def test_outputs_that_were_not_declared_are_a_mismatch(
    transport: Transport, outputs: tuple[Tensor, ...], wrong: str
) -> None:
    form = Serialization.TYPED if transport.is_grpc else Serialization.JSON
    speaks = codec("identity", Api.OIP, transport, Payload(form))
    good = InferResponse("identity", (OUTPUT,), id=str(SEQ))
    bad = InferResponse("identity", outputs, id=str(SEQ))

    for response in (good, bad, good, bad):
        reply = carried(response, transport)
        if response is good:
            assert speaks.decode(reply).seq == SEQ
            continue
        with pytest.raises(ReplyMismatch, match=wrong) as caught:
            speaks.decode(reply)
        assert caught.value.seq == (None if transport is Transport.REST else SEQ)


def carried(response: InferResponse, transport: Transport) -> bytes | RestReply:
    if transport is Transport.GRPC_STREAM:
        return oip_grpc.encode_stream_response(response, raw=True)
    if transport is Transport.GRPC:
        return oip_grpc.encode_response(response, raw=True)
    return RestReply(200, *oip_rest.encode_response(response, InferRequest("identity", ())))


def test_an_empty_result_of_simple_serving_is_a_mismatch() -> None:
    with pytest.raises(ReplyMismatch, match="no predictions"):
        codec("identity", Api.SERVING, Transport.GRPC, Payload()).decode(
            serving_grpc.encode_result(serving_grpc.ServingResult((), str(SEQ)))
        )
    with pytest.raises(ReplyMismatch, match="no predictions"):
        codec("shapes", Api.SERVING, Transport.REST, Payload(Serialization.JSON)).decode(
            RestReply(200, {}, b'{"prediction": {}}')
        )


def test_a_reply_of_the_other_kind_is_a_mismatch() -> None:
    with pytest.raises(ReplyMismatch, match="gRPC message came"):
        codec("pitch", Api.OIP, Transport.REST, Payload(Serialization.JSON)).decode(b"")
    with pytest.raises(ReplyMismatch, match="REST reply came"):
        codec("pitch", Api.OIP, Transport.GRPC, Payload()).decode(RestReply(200, {}, b""))


def test_outputs_that_the_profile_does_not_expect_are_a_mismatch() -> None:
    data = oip_grpc.encode_response(InferResponse("shapes", (OUTPUT,)), raw=True)

    with pytest.raises(ReplyMismatch, match="an output 'OUTPUT0' that it does not declare"):
        codec("shapes", Api.OIP, Transport.GRPC, Payload()).decode(data)


@pytest.mark.parametrize("combination", defined(MediaKind.AUDIO), ids=described)
def test_a_model_of_another_kind_refuses_the_sample(
    combination: tuple[Api, Transport, Payload],
) -> None:
    with pytest.raises(InvalidInput, match="takes pictures"):
        codec("shapes", *combination).encode(WINDOW, SEQ)


def test_a_serialisation_of_the_other_transport_is_refused() -> None:
    with pytest.raises(UsageError, match="json belongs to REST"):
        codec("pitch", Api.OIP, Transport.GRPC, Payload(Serialization.JSON))
