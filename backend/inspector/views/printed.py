"""An exchange as values of JSON: what `call` prints, and what checks look at."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np

from backend.core.errors import RequestError
from backend.core.inference import InferResponse
from backend.core.tensors import Datatype, Tensor
from backend.inspector.calls import Exchange, ReplyMessage, Request, TimingPart, now_utc
from backend.inspector.forms import message_to_value, parsed
from backend.inspector.history import concealed
from backend.inspector.methods import Method
from backend.inspector.views.readable import values_of
from backend.inspector.views.replies import ReplyKind, is_inference, reply_of
from backend.wire.json.text import read_json


def reply_value(request: Request, method: Method | None, body: bytes, *, as_came: bool) -> Any:
    """A gRPC reply as JSON: an inference with its tensors' values unless `as_came`."""
    if not as_came and is_inference(request):
        exchange = Exchange(request, now_utc(), 0, replies=(ReplyMessage(body, 0),))
        return _inference_value(exchange)
    kind = method.output_of(body) if method is not None else None
    if kind is None:
        return {"@base64": base64.b64encode(body).decode()}
    return message_to_value(parsed(body, kind))


def rest_value(exchange: Exchange, *, as_came: bool) -> Any:
    """The body of a REST reply: as JSON if it is that, else as text or base64."""
    body = exchange.body
    good = exchange.status is not None and exchange.status.ok
    if good and not as_came and is_inference(exchange.request):
        return _inference_value(exchange)
    try:
        return read_json(body)
    except RequestError:
        pass
    try:
        return {"@text": body.decode()}
    except UnicodeDecodeError:
        return {"@base64": base64.b64encode(body).decode()}


def timing_value(exchange: Exchange) -> dict[str, Any]:
    """The status, the headers and where the time went, in milliseconds."""
    status = exchange.status
    facts: dict[str, Any] = {"total_ms": _ms(exchange.total_ns)}
    if status is not None:
        facts = {"status": status.code, "name": status.name, **facts}
    facts["timing"] = [_part(part) for part in exchange.timing]
    facts["bytes"] = {"sent": exchange.request.size, "received": exchange.reply_size}
    facts["headers"] = [list(header) for header in concealed(exchange.headers)]
    if exchange.trailers:
        facts["trailers"] = [list(header) for header in concealed(exchange.trailers)]
    return {"exchange": facts}


def _inference_value(exchange: Exchange) -> Any:
    reply = reply_of(exchange)
    if reply.kind is not ReplyKind.INFERENCE or reply.response is None:
        return {"error": reply.error} if reply.error else {}
    return _response_value(reply.response)


def _response_value(response: InferResponse) -> dict[str, Any]:
    fields = {
        "model_version": response.version,
        "id": response.id,
        "parameters": dict(response.parameters),
    }
    return {
        "model_name": response.model,
        **{name: value for name, value in fields.items() if value},
        "outputs": [_tensor_value(tensor) for tensor in response.outputs],
    }


def _tensor_value(tensor: Tensor) -> dict[str, Any]:
    return {
        "name": tensor.name,
        "datatype": tensor.datatype,
        "shape": list(tensor.shape),
        "data": _elements(tensor),
    }


def _elements(tensor: Tensor) -> list[Any]:
    values = values_of(tensor, 0, tensor.data.size)
    if tensor.datatype is Datatype.BYTES:
        return [_bytes_value(bytes(item)) for item in values]
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return [value if math.isfinite(value) else str(value) for value in values.tolist()]
    listed: list[Any] = values.tolist()
    return listed


def _bytes_value(item: bytes) -> Any:
    try:
        return item.decode()
    except UnicodeDecodeError:
        return {"@base64": base64.b64encode(item).decode()}


def _part(part: TimingPart) -> dict[str, Any]:
    value: dict[str, Any] = {"name": part.name, "ms": _ms(part.duration_ns)}
    if part.note:
        value["note"] = part.note
    if part.parts:
        value["server"] = {inner.name: _ms(inner.duration_ns) for inner in part.parts}
    return value


def _ms(duration_ns: int) -> float:
    return round(duration_ns / 1e6, 3)
