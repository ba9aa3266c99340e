"""Everything that reads foreign bytes: good messages to damage, and the errors it may give."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
from google.protobuf.descriptor import Descriptor

from backend.core.errors import (
    InvalidInput,
    PayloadTooLarge,
    ReplyMismatch,
    RequestError,
    SourceError,
    UsageError,
)
from backend.core.inference import InferRequest, InferResponse
from backend.core.target import Target
from backend.core.tensors import Datatype, Tensor, TensorSpec
from backend.inspector.body_text import body_text
from backend.inspector.input_argument import parse_input
from backend.inspector.json_fault import JsonFault
from backend.inspector.message_editor import message_from_text
from backend.inspector.message_text import message_to_json
from backend.inspector.openapi_routes import openapi_routes
from backend.inspector.schema import schema_from_protoset
from backend.inspector.views import json_tree
from backend.models.config_text import parse_config, parse_config_json
from backend.models.servable import ModelLoadError
from backend.profiles.bundled import profile_for
from backend.profiles.profile_file import profile_from_toml, profile_to_toml
from backend.server.rest_body import compress, decompress, encoding_of
from backend.sources.multipart import pictures
from backend.targets.target_json import from_json as target_from_json
from backend.targets.target_json import to_json as target_to_json
from backend.wire import oip_grpc, oip_rest, serving_grpc, serving_items, serving_rest
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.images import decode_image
from backend.wire.json_text import read_json
from backend.wire.oip_grpc_repeats import RequestReader
from backend.wire.oip_json import model_metadata_from_json, server_metadata_from_json
from backend.wire.opencv import cv2
from backend.wire.rest_errors import error_text
from backend.wire.sound import decode_sound, encode_wav
from backend.wire.stream_replies import decode_stream_reply, is_bare
from tests.wire.wire_samples import PREDICTIONS

_LIMIT = 1 << 20
_OUTPUTS = (TensorSpec("Y", Datatype.FP32, (-1,)),)
_TENSORS = (
    Tensor("X", Datatype.FP32, np.array([[1.5, 2.5]], np.float32)),
    Tensor.of_bytes("Y", b"ab", b""),
    Tensor("Z", Datatype.BOOL, np.ones((), np.bool_)),
)
_REQUEST = InferRequest("m", _TENSORS, "1", "7", {"a": True, "b": 2.5})
_RESPONSE = InferResponse("m", _TENSORS, "1", "7", {"c": "d"})
_CONFIG = """
name: "m" backend: "onnxruntime" max_batch_size: 8
input [{ name: "X" data_type: TYPE_FP32 dims: [ -1, 4 ] reshape { shape: [ 4 ] } }]
output { name: "Y" data_type: TYPE_INT64 dims: 1 label_filename: "labels.txt" }
dynamic_batching { preferred_batch_size: [ 2, 4 ] max_queue_delay_microseconds: 100 }
instance_group { count: 2 kind: KIND_CPU } parameters { key: "a" value { string_value: "b\\n" } }
"""
_OPENAPI = {
    "openapi": "3.1.0",
    "paths": {
        "/predict/{name}": {
            "post": {
                "operationId": "predict",
                "parameters": [{"name": "name", "in": "path", "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/s/A"}}}},
            }
        }
    },
    "s": {"A": {"type": "object", "properties": {"a": {"type": "array", "items": {}}}}},
}


@dataclass(frozen=True)
class Decoder:
    """`read` takes foreign bytes, and either gives something or raises one of `refusals`."""

    name: str
    read: Callable[[bytes], object]
    samples: tuple[bytes, ...]
    refusals: tuple[type[Exception], ...]
    weight: float = 1.0


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _encoded(suffix: str) -> bytes:
    pixels = np.arange(24 * 32 * 3, dtype=np.uint8).reshape(24, 32, 3)
    done, data = cv2.imencode(suffix, pixels)
    assert done
    return data.tobytes()


def _rest_samples() -> tuple[tuple[dict[str, str], bytes], ...]:
    return tuple(
        (dict(headers), bytes(body))
        for headers, body in (
            oip_rest.encode_request(InferRequest("m", _TENSORS), binary=binary)
            for binary in (True, False)
        )
    )


_BINARY, _JSON = _rest_samples()
_REPLY_HEADERS, _REPLY = oip_rest.encode_response(
    _RESPONSE, oip_rest.decode_request(_BINARY[0], _BINARY[1], "m")
)
_INPUTS = tuple(
    serving_grpc.encode_input(serving_grpc.ServingInput(item, "7", "m", raw=False))
    for item in (
        serving_items.Pixels(np.zeros((1, 2, 3), np.uint8)),
        serving_items.Sound(np.zeros(3, np.float32), 8000),
        serving_items.Tensors(_TENSORS),
        serving_items.Values([[1.0], [2.0]]),
    )
)
_RESULT = serving_grpc.encode_result(serving_grpc.ServingResult(PREDICTIONS, "7", "m"))
_GRPC_REQUESTS = tuple(bytes(oip_grpc.encode_request(_REQUEST, raw=raw)) for raw in (True, False))
_STREAM_REPLIES = (
    bytes(oip_grpc.encode_stream_response(_RESPONSE, raw=True)),
    bytes(oip_grpc.encode_stream_response(None, raw=True, error="wrong", request_id="7")),
)
_KIND = cast("Descriptor", pb.ModelInferRequest.DESCRIPTOR)
_JSON_TEXTS = (b'{"a": [1, NaN, {"b": "c\\""}], "d": -Infinity}', b'[[1, 2.5e3], "\\ud83d\\ude00"]')
_PART = b"\r\n--b\r\nContent-Type: image/jpeg\r\nContent-Length: 6\r\n\r\n\xff\xd8ab\xff\xd9"


def _stream_of_requests(data: bytes) -> None:
    reader = RequestReader()
    reader.read(_GRPC_REQUESTS[0])
    reader.read(data)


def _parts(data: bytes) -> None:
    pieces = iter([data[:40], data[40:], b""])
    for _ in pictures(lambda: next(pieces, b"")):
        pass


def _protoset() -> bytes:
    files = {}

    def add(file: object) -> None:
        for one in file.dependencies:  # type: ignore[attr-defined]
            add(one)
        files[file.name] = file.serialized_pb  # type: ignore[attr-defined]

    add(pb.DESCRIPTOR)
    # field 1 of FileDescriptorSet, length-delimited
    return b"".join(b"\x0a" + _varint(len(one)) + one for one in files.values())


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


DECODERS: tuple[Decoder, ...] = (
    Decoder("gRPC request", oip_grpc.decode_request, _GRPC_REQUESTS, (InvalidInput,), 4),
    Decoder("gRPC stream of requests", _stream_of_requests, _GRPC_REQUESTS, (InvalidInput,), 4),
    Decoder(
        "gRPC reply",
        oip_grpc.decode_response,
        tuple(bytes(oip_grpc.encode_response(_RESPONSE, raw=raw)) for raw in (True, False)),
        (ReplyMismatch,),
        2,
    ),
    Decoder(
        "gRPC stream reply",
        lambda data: decode_stream_reply(data, bare=is_bare(data)),
        _STREAM_REPLIES,
        (ReplyMismatch,),
        2,
    ),
    Decoder("serving input", serving_grpc.decode_input, _INPUTS, (InvalidInput,), 4),
    Decoder("serving result", serving_grpc.decode_result, (_RESULT,), (ReplyMismatch,), 2),
    Decoder(
        "REST binary request",
        lambda data: oip_rest.decode_request(_BINARY[0], data, "m"),
        (_BINARY[1],),
        (InvalidInput,),
        4,
    ),
    Decoder(
        "REST JSON request",
        lambda data: oip_rest.decode_request({}, data, "m"),
        (_JSON[1],),
        (InvalidInput,),
        4,
    ),
    Decoder(
        "REST reply",
        lambda data: oip_rest.decode_response(_REPLY_HEADERS, data),
        (bytes(_REPLY),),
        (ReplyMismatch,),
        2,
    ),
    Decoder(
        "predict request",
        serving_rest.decode_values,
        (b'{"input": [[1, 2.5], [3, NaN]], "id": "7", "model": "m"}',),
        (InvalidInput,),
        2,
    ),
    Decoder(
        "predict reply",
        lambda data: serving_rest.decode_reply(data, _OUTPUTS),
        (serving_rest.encode_reply(PREDICTIONS, "m", None),),
        (ReplyMismatch,),
        2,
    ),
    Decoder("JSON text", read_json, _JSON_TEXTS, (InvalidInput,), 6),
    Decoder("JSON tree", json_tree, _JSON_TEXTS, (InvalidInput,)),
    Decoder("JSON as text", body_text, _JSON_TEXTS, (InvalidInput,)),
    Decoder(
        "server metadata",
        server_metadata_from_json,
        (b'{"name": "a", "version": "1", "extensions": ["b"]}',),
        (ReplyMismatch,),
    ),
    Decoder(
        "model metadata",
        model_metadata_from_json,
        (
            json.dumps(
                {
                    "name": "m",
                    "versions": ["1"],
                    "platform": "p",
                    "outputs": [],
                    "inputs": [{"name": "X", "datatype": "FP32", "shape": [-1, 2]}],
                }
            ).encode(),
        ),
        (ReplyMismatch,),
    ),
    Decoder("error reply", lambda data: error_text(400, data), (b'{"error": "a"}',), ()),
    Decoder("config.pbtxt", parse_config, (_CONFIG.encode(),), (ModelLoadError,), 0.5),
    Decoder(
        "config as JSON",
        lambda data: parse_config_json(_text(data)),
        (b'{"name": "m", "maxBatchSize": 2, "input": [{"name": "X", "dims": ["1"]}]}',),
        (ModelLoadError,),
    ),
    Decoder(
        "profile.toml",
        lambda data: profile_from_toml(_text(data)),
        tuple(profile_to_toml(profile_for(name)).encode() for name in ("faces", "pitch")),
        (UsageError,),
        0.5,
    ),
    Decoder("OpenAPI document", openapi_routes, (json.dumps(_OPENAPI).encode(),), (InvalidInput,)),
    Decoder(
        "schema file",
        lambda data: schema_from_protoset(data, "a"),
        (_protoset(),),
        (InvalidInput,),
        0.02,
    ),
    Decoder(
        "message as JSON",
        lambda data: message_to_json(data, _KIND),
        _GRPC_REQUESTS,
        (ReplyMismatch,),
        0.5,
    ),
    Decoder(
        "message from JSON",
        lambda data: message_from_text(_text(data), _KIND),
        tuple(message_to_json(data, _KIND, editable=True).encode() for data in _GRPC_REQUESTS),
        (JsonFault,),
        0.5,
    ),
    Decoder(
        "input argument",
        lambda data: parse_input(_text(data)),
        (b"X=random:7@1x3", b"IMAGE=photo.jpg", b"X=[1,2]@2"),
        (UsageError,),
    ),
    Decoder(
        "saved target",
        lambda data: target_from_json(read_json(data)),
        (json.dumps(target_to_json(Target("lab", "http://a:1", "b:2"))).encode(),),
        (UsageError, InvalidInput),
    ),
    Decoder(
        "gzip body",
        lambda data: decompress(data, encoding_of("gzip"), _LIMIT),
        (bytes(compress(b"a" * 2000, encoding_of("gzip"))),),
        (InvalidInput, PayloadTooLarge),
    ),
    Decoder(
        "picture",
        decode_image,
        tuple(_encoded(suffix) for suffix in (".jpg", ".png")),
        (RequestError,),
        0.4,
    ),
    Decoder(
        "sound file",
        decode_sound,
        (encode_wav(np.zeros(50, np.float32), 8000),),
        (RequestError,),
        0.2,
    ),
    Decoder("camera stream", _parts, (_PART * 3 + b"\r\n--b--",), (SourceError,)),
)
