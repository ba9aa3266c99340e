"""Simple serving over gRPC: inputs and results as bytes, both directions."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from google.protobuf.struct_pb2 import ListValue, Value

from backend.core.errors import (
    InvalidInput,
    ModelFailed,
    NotFound,
    NotReady,
    Overloaded,
    RequestError,
    Unsupported,
)
from backend.core.predictions import Predictions
from backend.core.predictions import Tensors as PredictedTensors
from backend.core.tensors import Datatype
from backend.core.timing import ServerTiming
from backend.wire.elements import reading_reply
from backend.wire.generated import modelserving_pb2 as pb
from backend.wire.protobuf.fields import fields, last_texts, parse
from backend.wire.protobuf.trailing import check_number_of_fields
from backend.wire.serving.items import (
    Item,
    NamedValues,
    PictureFile,
    Pixels,
    Sound,
    Tensors,
    Values,
)
from backend.wire.serving.predictions import fill, from_message
from backend.wire.serving.samples import audio_of, fill_audio, fill_image, image_of
from backend.wire.serving.tensors import from_tensor_list, to_tensor_list

SERVICE = "modelserving.v1.ModelServing"
PREDICT = f"/{SERVICE}/Predict"
_ID, _MODEL = pb.InputData.ID_FIELD_NUMBER, pb.InputData.MODEL_FIELD_NUMBER
_IN_PIECES = (pb.InputData.TENSORS_FIELD_NUMBER, pb.InputData.VALUE_FIELD_NUMBER)
STREAM_PREDICT = f"/{SERVICE}/StreamPredict"


@dataclass(frozen=True, slots=True, eq=False)
class ServingInput:
    """What one InputData asks; no `model` means the server's default.

    `raw` is False if tensors came in typed lists, so that the reply can do as the request did.
    """

    item: Item
    id: str = ""
    model: str = ""
    raw: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class ServingResult:
    """What one PredictionResult answers: predictions, or an error and none."""

    predictions: Predictions
    id: str = ""
    model: str = ""
    timing: ServerTiming | None = None
    error: RequestError | None = None


def encode_input(request: ServingInput) -> bytes:
    """An InputData message."""
    message = pb.InputData(id=request.id, model=request.model)
    match request.item:
        case Pixels() | PictureFile() as picture:
            fill_image(message.image, picture)
        case Sound() as sound:
            fill_audio(message.audio, sound)
        case Values(value, _):
            message.value.CopyFrom(_value(value))
        case NamedValues(values):
            for name, value in values.items():
                message.value.struct_value.fields[name].CopyFrom(_value(value))
        case Tensors(tensors):
            to_tensor_list(tensors, message.tensors, raw=request.raw)
    return message.SerializeToString()


def decode_input(data: bytes) -> ServingInput:
    """What an InputData message asks; raises InvalidInput."""
    check_number_of_fields(data, inside=pb.InputData.TENSORS_FIELD_NUMBER)
    message = parse(pb.InputData, data)
    return ServingInput(_item(message), message.id, message.model, raw=not _typed(message))


def bytes_to_read(data: bytes) -> int:
    """How many bytes of an InputData message have to be read piece by piece, about."""
    try:
        return sum(len(content) for number, *_, content in fields(data) if number in _IN_PIECES)
    except (ValueError, InvalidInput):
        return len(data)


def bytes_to_write(predictions: Predictions, *, raw: bool) -> int:
    """How many bytes of tensors are not sent as they are, but element by element."""
    return sum(
        tensor.data.nbytes
        for prediction in predictions
        if isinstance(prediction, PredictedTensors)
        for tensor in prediction.tensors
        if not raw or tensor.datatype is Datatype.BYTES
    )


def id_and_model(data: bytes) -> tuple[str, str]:
    """Id and model of an InputData message that may be broken; '' if not found."""
    own_id, model = last_texts(
        data, (pb.InputData.ID_FIELD_NUMBER, pb.InputData.MODEL_FIELD_NUMBER)
    )
    return own_id, model


def encode_result(result: ServingResult, *, raw: bool = True, timed_from_ns: int = 0) -> bytes:
    """A PredictionResult message; plain tensors are raw or in typed lists.

    With the moment that writing began it says how long it took, but for the last joining of bytes.
    """
    message = pb.PredictionResult(id=result.id, model=result.model)
    for prediction in result.predictions:
        fill(message.predictions.add(), prediction, raw=raw)
    if result.timing is not None:
        message.timing.CopyFrom(_timing(result.timing))
    if result.error is not None:
        message.error.CopyFrom(pb.Error(code=code_name(result.error), message=str(result.error)))
    written = message.SerializeToString()
    if not timed_from_ns:
        return written
    # Messages that are joined are merged: what is known only now need not be known before.
    took_us = (time.monotonic_ns() - timed_from_ns) / 1e3
    late = pb.PredictionResult(timing=pb.ServerTiming(encode_us=took_us))
    return written + late.SerializeToString()


def decode_result(data: bytes) -> ServingResult:
    """What a PredictionResult message answers; raises ReplyMismatch."""
    with reading_reply():
        message = parse(pb.PredictionResult, data)
        predictions = tuple(from_message(prediction) for prediction in message.predictions)
    timing = message.timing
    return ServingResult(
        predictions=predictions,
        id=message.id,
        model=message.model,
        timing=ServerTiming(
            timing.queue_us,
            timing.compute_input_us,
            timing.compute_infer_us,
            timing.compute_output_us,
            timing.decode_us if timing.HasField("decode_us") else None,
            timing.encode_us if timing.HasField("encode_us") else None,
        )
        if message.HasField("timing")
        else None,
        error=_error(message.error) if message.HasField("error") else None,
    )


_ERRORS: dict[str, type[RequestError]] = {
    "INVALID_ARGUMENT": InvalidInput,
    "NOT_FOUND": NotFound,
    "UNAVAILABLE": NotReady,
    "RESOURCE_EXHAUSTED": Overloaded,
    "UNIMPLEMENTED": Unsupported,
    "INTERNAL": ModelFailed,
}


def code_name(error: BaseException) -> str:
    """The name of the gRPC status code that says an error; INTERNAL for an unforeseen one."""
    return next((name for name, kind in _ERRORS.items() if isinstance(error, kind)), "INTERNAL")


def _error(message: pb.Error) -> RequestError:
    kind = _ERRORS.get(message.code, ModelFailed)
    return kind(message.message or message.code or "The server gave no reason.")


def _typed(message: pb.InputData) -> bool:
    return message.WhichOneof("input") == "tensors" and not any(
        value.raw for value in message.tensors.tensors
    )


def _item(message: pb.InputData) -> Item:
    match message.WhichOneof("input"):
        case "image":
            return image_of(message.image)
        case "audio":
            return audio_of(message.audio)
        case "tensors":
            return Tensors(from_tensor_list(message.tensors, "input", message.model))
        case "value":
            return _plain_item(message.value)
        case _:
            raise InvalidInput(
                "The message holds no input.", hint="Fill image, audio, tensors or value."
            )


def _value(value: Any) -> Value:
    """A number or nested list of numbers as a protobuf Value."""
    if isinstance(value, list | tuple):
        return Value(list_value=ListValue(values=[_value(item) for item in value]))
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, int | float):
        return Value(number_value=float(value))
    if isinstance(value, str):
        return Value(string_value=value)
    raise InvalidInput(
        f"Plain values are numbers, texts and lists of them, got {type(value).__name__}."
    )


def _plain_item(value: Value) -> Values | NamedValues:
    if value.WhichOneof("kind") != "struct_value":
        return Values(_plain(value))
    return NamedValues({name: _plain(item) for name, item in value.struct_value.fields.items()})


def _plain(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "list_value":
            return [_plain(item) for item in value.list_value.values]
        case "number_value":
            return value.number_value
        case "bool_value":
            return value.bool_value
        case "string_value":
            return value.string_value
        case kind:
            raise InvalidInput(
                "Plain values are numbers, texts and lists of them, got "
                f"{(kind or 'nothing').removesuffix('_value')}."
            )


def _timing(timing: ServerTiming) -> pb.ServerTiming:
    return pb.ServerTiming(
        queue_us=timing.queue_us,
        compute_input_us=timing.compute_input_us,
        compute_infer_us=timing.compute_infer_us,
        compute_output_us=timing.compute_output_us,
        decode_us=timing.decode_us,
        encode_us=timing.encode_us,
    )
