"""Simple serving: items in, predictions out, over gRPC and as JSON."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import orjson
import pytest
from google.protobuf.struct_pb2 import ListValue, Struct, Value

from backend.core.errors import (
    ConsoleError,
    InvalidInput,
    ModelFailed,
    NotFound,
    NotReady,
    Overloaded,
    PayloadTooLarge,
    ReplyMismatch,
    Unsupported,
)
from backend.core.predictions import Predictions, Scalar, Scalars, Tensors, Text
from backend.core.tensors import Datatype, Tensor, TensorSpec
from backend.core.timing import ServerTiming
from backend.wire.generated import modelserving_pb2 as pb
from backend.wire.json.text import read_json, write_json
from backend.wire.media.sound import encode_wav
from backend.wire.serving import items
from backend.wire.serving.grpc import (
    ServingInput,
    ServingResult,
    code_name,
    decode_input,
    decode_result,
    encode_input,
    encode_result,
)
from backend.wire.serving.predictions_json import (
    prediction_value,
    predictions_from_json,
    predictions_to_json,
)
from backend.wire.serving.rest import decode_reply, decode_values, encode_reply, encode_values
from backend.wire.serving.samples import pixels_of
from tests.wire.wire_samples import EXTREMES, PREDICTIONS, same_prediction, same_tensor

TIMING = ServerTiming(1.5, 2.0, 3.25, 4.0)
PIXELS = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
ONE_FLOAT = (TensorSpec("OUTPUT0", Datatype.FP32, (-1,)),)


def sent(item: items.Item, *, raw: bool = True) -> items.Item:
    back = decode_input(encode_input(ServingInput(item, "7", "m", raw=raw)))
    assert (back.id, back.model) == ("7", "m")
    return back.item


def test_pixels_arrive_as_a_view_of_the_message() -> None:
    back = sent(items.Pixels(PIXELS))

    assert isinstance(back, items.Pixels)
    assert np.array_equal(back.pixels, PIXELS)
    assert not back.pixels.flags.owndata


def test_a_file_arrives_as_it_is() -> None:
    back = sent(items.PictureFile(b"\xff\xd8\xff..."))

    assert isinstance(back, items.PictureFile)
    assert back.data == b"\xff\xd8\xff..."


@pytest.mark.parametrize("rate", [None, 16_000])
def test_sound_arrives_bit_by_bit(rate: int | None) -> None:
    samples = np.array([0.1, -1.0], np.float32)

    back = sent(items.Sound(samples, rate))

    assert isinstance(back, items.Sound)
    assert back.rate == rate
    assert np.array_equal(back.samples, samples)


@pytest.mark.parametrize("value", [3.5, [1.0, 2.0], [[True], [False]], []])
def test_plain_values_arrive(value: object) -> None:
    back = sent(items.Values(value))

    assert isinstance(back, items.Values)
    assert back.value == value


@pytest.mark.parametrize("datatype", list(Datatype))
@pytest.mark.parametrize("raw", [True, False])
def test_tensors_of_every_datatype_arrive(datatype: Datatype, raw: bool) -> None:
    tensor = Tensor("X", datatype, EXTREMES[datatype].reshape(3, 1))

    back = sent(items.Tensors((tensor,)), raw=raw)

    assert isinstance(back, items.Tensors)
    same_tensor(back.tensors[0], tensor)


def test_the_reply_can_do_as_the_request_did() -> None:
    tensors = items.Tensors((Tensor("X", Datatype.INT8, np.zeros(1, np.int8)),))

    assert decode_input(encode_input(ServingInput(tensors, raw=True))).raw
    assert not decode_input(encode_input(ServingInput(tensors, raw=False))).raw
    assert decode_input(encode_input(ServingInput(items.Pixels(PIXELS)))).raw


@pytest.mark.parametrize(("name", "channels"), [("rgb", 3), ("bgr", 3), ("gray", 1)])
def test_every_pixel_format_becomes_rgb(name: str, channels: int) -> None:
    data = np.arange(8 * channels, dtype=np.uint8)

    pixels = pixels_of(data.tobytes(), 2, 4, name).pixels

    assert pixels.shape == (2, 4, 3)
    first = {"rgb": [0, 1, 2], "bgr": [2, 1, 0], "gray": [0, 0, 0]}[name]
    assert pixels[0, 0].tolist() == first


def test_an_unknown_pixel_format_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"Unknown pixel format 'yuv'. Use rgb, bgr, gray"):
        pixels_of(b"", 1, 1, "yuv")


def image(**fields: Any) -> pb.InputData:
    return pb.InputData(image=pb.Image(**fields))


def value(**fields: Any) -> pb.InputData:
    message = pb.InputData()
    message.tensors.tensors.add(name="X", **fields)
    return message


def plain(**fields: Any) -> pb.InputData:
    message = pb.InputData()
    for name, text in fields.items():
        setattr(message.value, name, text)
    message.value.SetInParent()
    return message


WRONG = [
    (pb.InputData(id="7"), "holds no input"),
    (image(height=2, width=2, data=b"123"), "2 x 2 rgb pixels are 12 bytes, got 3"),
    (image(data=b""), "need height and width from 1"),
    (image(height=1, width=2**31), "need height and width from 1"),
    (image(height=1, width=1, data=b"123", format=7), "Unknown pixel format 7"),
    (image(height=1, width=1, data=b"123", encoding=9), "Unknown image encoding 9"),
    (pb.InputData(audio=pb.Audio(pcm=b"123")), "multiple of 4 bytes"),
    (pb.InputData(audio=pb.Audio(pcm=b"123", format=1)), "multiple of 2 bytes"),  # type: ignore[arg-type]
    (pb.InputData(audio=pb.Audio(pcm=b"123", format=2)), "WAV, FLAC or OGG"),  # type: ignore[arg-type]
    (pb.InputData(audio=pb.Audio(format=8)), "Unknown sample format 8"),  # type: ignore[arg-type]
    (value(datatype="FLOAT"), "Unknown datatype 'FLOAT'"),
    (value(datatype="FP32", shape=[2], float_values=[1]), "Expected 2.*got 1"),
    (value(datatype="FP32", shape=[1], int_values=[1]), "belong in float_values; got int_values"),
    (value(datatype="UINT8", shape=[1], uint_values=[256]), "256, which UINT8 cannot hold"),
    (value(datatype="FP16", shape=[1], float_values=[1]), "belong in raw; got float_values"),
    (value(datatype="FP32", shape=[1], raw=b"1234", float_values=[1]), "raw data and float"),
    (value(datatype="BYTES", shape=[1], raw=b"\0\0\0\0"), "raw data and is BYTES"),
    (value(datatype="INT32", shape=[1], raw=b"123"), "Expected 4, got 3"),
    (plain(), "got nothing"),
    (
        pb.InputData(value=Value(list_value=ListValue(values=[Value(struct_value=Struct())]))),
        "got struct",
    ),
    (plain(null_value=0), "got null"),
]


@pytest.mark.parametrize(("message", "text"), WRONG, ids=[text for _, text in WRONG])
def test_a_wrong_input_says_what_is_wrong(message: pb.InputData, text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        decode_input(message.SerializeToString())


def test_bytes_that_are_no_message_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"not a message of type modelserving.v1.InputData"):
        decode_input(b"\xff\xff")


def test_plain_values_are_numbers_and_texts() -> None:
    with pytest.raises(InvalidInput, match="got bytes"):
        encode_input(ServingInput(items.Values([b"a"])))


def test_values_by_name_survive() -> None:
    back = sent(items.NamedValues({"A": [[1.0, 2.0]], "B": ["x"], "C": True}))
    assert isinstance(back, items.NamedValues)
    assert back.values == {"A": [[1.0, 2.0]], "B": ["x"], "C": True}


@pytest.mark.parametrize("prediction", PREDICTIONS, ids=lambda p: type(p).__name__)
@pytest.mark.parametrize("raw", [True, False])
def test_every_prediction_survives_grpc(prediction: Any, raw: bool) -> None:
    result = ServingResult((prediction,), "7", "m", TIMING)

    back = decode_result(encode_result(result, raw=raw))

    same_prediction(back.predictions[0], prediction)
    assert (back.id, back.model, back.timing, back.error) == ("7", "m", TIMING, None)


@pytest.mark.parametrize(
    "kind", [InvalidInput, NotFound, NotReady, Overloaded, Unsupported, ModelFailed]
)
def test_the_error_of_an_item_keeps_its_kind_and_text(kind: Any) -> None:
    back = decode_result(encode_result(ServingResult((), "7", error=kind("went wrong"))))

    assert type(back.error) is kind
    assert str(back.error) == "went wrong"
    assert back.predictions == ()


def test_errors_of_another_kind_are_the_servers_own() -> None:
    assert code_name(ConsoleError("x")) == "INTERNAL"
    assert code_name(PayloadTooLarge(2, 1)) == "INTERNAL"
    odd = pb.PredictionResult(error=pb.Error(code="DATA_LOSS"))
    assert type(decode_result(odd.SerializeToString()).error) is ModelFailed


@pytest.mark.parametrize(
    "message",
    [
        pb.PredictionResult(predictions=[pb.Prediction()]),
        pb.PredictionResult(predictions=[pb.Prediction(mask=pb.Mask(height=2, width=2))]),
        pb.PredictionResult(
            predictions=[
                pb.Prediction(tensors=pb.TensorList(tensors=[pb.TensorValue(datatype="X")]))
            ]
        ),
    ],
)
def test_a_malformed_result_is_the_servers_fault(message: pb.PredictionResult) -> None:
    with pytest.raises(ReplyMismatch):
        decode_result(message.SerializeToString())


def as_json(predictions: Predictions) -> Any:
    return read_json(write_json(prediction_value(predictions)))


@pytest.mark.parametrize("prediction", PREDICTIONS, ids=lambda p: type(p).__name__)
def test_every_prediction_survives_json(prediction: Any) -> None:
    (back,) = predictions_from_json(as_json((prediction,)), ())

    same_prediction(back, prediction)


def test_predictions_are_keyed_by_their_kind() -> None:
    value = as_json(PREDICTIONS)

    assert list(value) == [
        "classification",
        "detections",
        "key_points",
        "mask",
        "scalars",
        "text",
        "tensors",
    ]
    assert value["detections"][0] == {
        "box": [0.5, 1.25, 10.0, 20.0],
        "label": "circle",
        "score": 0.875,
        "index": 3,
    }
    assert value["tensors"][0] == {
        "name": "A",
        "datatype": "FP32",
        "shape": [1, 2],
        "data": [0.5, -1.0],
    }


@pytest.mark.parametrize("shape", [(3,), (2, 2), (1, 2, 3), ()])
def test_one_plain_tensor_is_its_nested_list(shape: tuple[int, ...]) -> None:
    data = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    tensor = Tensor("OUTPUT0", Datatype.FP32, data)

    value = as_json((Tensors((tensor,)),))

    assert value == data.tolist()
    (back,) = predictions_from_json(value, ONE_FLOAT)
    assert isinstance(back, Tensors)
    same_tensor(back.tensors[0], tensor)


def test_a_summary_has_a_checksum_and_the_first_elements() -> None:
    tensors = (
        Tensor("A", Datatype.UINT8, np.arange(100, dtype=np.uint8)),
        Tensor.of_bytes("B", b"x"),
    )

    value = predictions_to_json((Tensors(tensors),), summarise=True)["tensors"]

    assert value[0] == {
        "name": "A",
        "datatype": "UINT8",
        "shape": [100],
        "crc32": zlib.crc32(bytes(range(100))),
        "first": [0, 1, 2, 3, 4, 5, 6, 7],
    }
    assert value[1]["first"] == ["x"]
    assert orjson.dumps(value)


WRONG_JSON: list[tuple[object, str]] = [
    ({"dreams": []}, "unknown kind of prediction 'dreams'"),
    ({"classification": [{"label": "a"}]}, "malformed"),
    ({"detections": [{"box": [1, 2, 3]}]}, "malformed"),
    ({"detections": 5}, "malformed"),
    ({"mask": {"height": 1, "width": 1, "classes": "!", "labels": []}}, "malformed"),
    ({"mask": {"height": 2, "width": 2, "classes": "AA==", "labels": []}}, "malformed"),
    ({"mask": {"height": -1, "width": 1, "classes": "AA==", "labels": []}}, "malformed"),
    ({"classification": [{"label": "a", "score": 1, "index": float("inf")}]}, "malformed"),
    ({"tensors": [5]}, "must be an object"),
    ({"tensors": [{"name": "A", "datatype": "FP32", "shape": [2], "data": [1]}]}, "Expected 2"),
    (["a"], "must be numbers"),
]


@pytest.mark.parametrize(("value", "text"), WRONG_JSON)
def test_a_prediction_that_is_none_is_the_servers_fault(value: object, text: str) -> None:
    with pytest.raises(ReplyMismatch, match=text):
        predictions_from_json(value, ONE_FLOAT)


def test_a_list_stands_for_the_only_output() -> None:
    with pytest.raises(ReplyMismatch, match="has 2"):
        predictions_from_json([1.0], (*ONE_FLOAT, *ONE_FLOAT))


def test_the_body_of_a_prediction_request() -> None:
    body = encode_values(np.array([[1, 2], [3, 4]], np.uint8), rate=8000)

    assert body == b'{"input":[[1,2],[3,4]],"rate":8000}'
    back = decode_values(body)
    assert (np.asarray(back.value).tolist(), back.rate) == ([[1, 2], [3, 4]], 8000)
    assert decode_values(b'{"input":5}').value == 5


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "not JSON"),
        (b"[]", "must be an object"),
        (b"{}", 'needs "input"'),
        (b'{"input":1,"rate":"x"}', "rate.*got x"),
        (b'{"input":1,"rate":0}', "rate.*got 0"),
        (b'{"input":1,"rate":{}}', "rate.*got an object"),
    ],
)
def test_a_prediction_request_that_is_none_says_so(body: bytes, text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        decode_values(body)


def test_numbers_that_json_cannot_express_are_not_sent() -> None:
    with pytest.raises(InvalidInput, match="Element 1 of tensor 'input' is nan"):
        encode_values(np.array([1.0, np.nan], np.float32))


def test_the_reply_carries_predictions_model_and_timing() -> None:
    body = encode_reply((Text("A4"),), "pitch", lambda: TIMING)

    assert orjson.loads(body)["model"] == "pitch"
    predictions, timing = decode_reply(body, ())
    assert predictions == (Text("A4"),)
    assert timing == TIMING
    assert decode_reply(encode_reply((), "m", None), ()) == ((), None)


@pytest.mark.parametrize(
    "predictions",
    [
        (Tensors((Tensor("A", Datatype.FP32, np.array([np.nan], np.float32)),)),),
        (Scalars((Scalar("f", float("nan")),)),),
    ],
)
def test_a_reply_may_hold_nan(predictions: Predictions) -> None:
    body = encode_reply(predictions, "m", None)

    assert b"NaN" in body
    (back,) = decode_reply(body, ONE_FLOAT)[0]
    if isinstance(back, Scalars):
        assert np.isnan(back.values[0].value)
    else:
        assert isinstance(back, Tensors)
        assert np.isnan(back.tensors[0].data[0])


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"prediction":{},"timing":5}'])
def test_a_reply_that_is_none_is_the_servers_fault(body: bytes) -> None:
    with pytest.raises(ReplyMismatch):
        decode_reply(body, ())


def test_a_sound_file_in_a_message_is_decoded() -> None:
    wav = encode_wav(np.array([0.5], np.float32), 8000)
    message = pb.InputData(audio=pb.Audio(pcm=wav, format=pb.Audio.SAMPLE_FORMAT_FILE))

    item = decode_input(message.SerializeToString()).item

    assert isinstance(item, items.Sound)
    assert (item.samples.tolist(), item.rate) == ([0.5], 8000)
