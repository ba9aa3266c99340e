"""What a message of a stream says, in one line; cheap enough for every line in sight."""

from __future__ import annotations

from google.protobuf.descriptor import Descriptor

from backend.core.errors import ConsoleError, mebibytes
from backend.core.inference import InferRequest, InferResponse
from backend.core.tensors import Tensor
from backend.inspector.calls import Direction, StreamEvent
from backend.inspector.forms import message_to_value, parsed
from backend.inspector.methods import Method
from backend.wire.json.text import write_json
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip.stream_replies import decode_stream_reply, is_bare

_LONGEST = 160
_LARGEST_PARSED = 64 * 1024
_FIRST = 4


def one_line(event: StreamEvent, method: Method) -> str:
    """Model and tensors for an inference, the fields for anything else; never raises."""
    if event.direction is Direction.NOTE or event.body is None:
        return event.text or mebibytes(event.size)
    try:
        if method.path in (oip_grpc.MODEL_INFER, oip_grpc.MODEL_STREAM_INFER):
            return _inference(event.direction, event.body, method)
        return _message(event.direction, event.body, method)
    except (ConsoleError, ValueError) as error:
        return str(error)[:_LONGEST]


def _inference(direction: Direction, body: bytes, method: Method) -> str:
    if direction is Direction.SENT:
        request = oip_grpc.decode_request(body)
        return _tensors(request, request.inputs)
    if method.path == oip_grpc.MODEL_INFER:
        response = oip_grpc.decode_response(body)
        return _tensors(response, response.outputs)
    error, streamed = decode_stream_reply(body, bare=is_bare(body))
    if error or streamed is None:
        about = f"[{streamed.id}] " if streamed is not None and streamed.id else ""
        return f"{about}{error or 'no answer'}"[:_LONGEST]
    return _tensors(streamed, streamed.outputs)


def _tensors(message: InferRequest | InferResponse, tensors: tuple[Tensor, ...]) -> str:
    about = f"{message.model} [{message.id}]" if message.id else message.model
    parts = [_tensor(tensor) for tensor in tensors[:_FIRST]]
    if len(tensors) > _FIRST:
        parts.append(f"and {len(tensors) - _FIRST} more")
    return f"{about}: {', '.join(parts) or 'no tensors'}"[:_LONGEST]


def _tensor(tensor: Tensor) -> str:
    shape = "x".join(map(str, tensor.shape)) or "scalar"
    return f"{tensor.name} {tensor.datatype} {shape}"


def _message(direction: Direction, body: bytes, method: Method) -> str:
    kind: Descriptor | None
    kind = method.input if direction is Direction.SENT else method.output_of(body)
    if kind is None or len(body) > _LARGEST_PARSED:
        return mebibytes(len(body))
    text = write_json(message_to_value(parsed(body, kind))).decode()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "\u2026"
