"""What the messages that came back are: inferences where they can be, else plain messages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from backend.core.errors import ConsoleError, mebibytes
from backend.core.inference import InferResponse
from backend.core.predictions import Predictions
from backend.inspector.calls import Exchange, Request
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest
from backend.wire.oip.stream_replies import decode_stream_reply, is_bare
from backend.wire.serving import grpc as serving_grpc
from backend.wire.serving import rest as serving_rest


class ReplyKind(StrEnum):
    """What one message that came back is."""

    INFERENCE = "inference"
    """An answer of the Open Inference Protocol."""
    PREDICTIONS = "predictions"
    """An answer of simple serving, which needs no profile."""
    MESSAGE = "message"
    """Anything else, to be seen as a tree, text or bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class ReplyView:
    """One message that came back; `error` if it says so itself, or cannot be read."""

    kind: ReplyKind
    headline: str
    response: InferResponse | None = None
    predictions: Predictions = ()
    error: str = ""


def reply_of(exchange: Exchange, place: int = -1) -> ReplyView:
    """One of an exchange's replies, the last by default; never raises for what is in it."""
    body = exchange.replies[place].body
    try:
        return _read(exchange, body)
    except ConsoleError as error:
        return ReplyView(ReplyKind.MESSAGE, _plain(body), error=str(error))


def is_inference(request: Request) -> bool:
    """Whether a request is an inference of the Open Inference Protocol."""
    if request.rest:
        path = request.path.partition("?")[0]
        return request.verb == "POST" and path.startswith("/v2/models/") and path.endswith("/infer")
    return request.path.endswith(("/ModelInfer", "/ModelStreamInfer"))


def _read(exchange: Exchange, body: bytes) -> ReplyView:
    request = exchange.request
    if is_inference(request):
        return _inference(exchange, body)
    if request.path in (serving_grpc.PREDICT, serving_grpc.STREAM_PREDICT):
        result = serving_grpc.decode_result(body)
        error = str(result.error) if result.error else ""
        return _predictions(result.predictions, result.model, error)
    if request.rest and request.path.partition("?")[0] == serving_rest.PREDICT_PATH:
        return _predictions(serving_rest.decode_reply(body, ())[0], "", "")
    return ReplyView(ReplyKind.MESSAGE, _plain(body))


def _inference(exchange: Exchange, body: bytes) -> ReplyView:
    error = ""
    response: InferResponse | None
    if exchange.request.rest:
        response = oip_rest.decode_response(dict(exchange.headers), body)
    elif exchange.request.path.endswith("/ModelStreamInfer"):
        error, response = decode_stream_reply(body, bare=is_bare(body))
    else:
        response = oip_grpc.decode_response(body)
    if error:
        about = f" for request '{response.id}'" if response is not None and response.id else ""
        return ReplyView(ReplyKind.MESSAGE, f"Error{about}", error=error)
    if response is None:
        return ReplyView(ReplyKind.MESSAGE, "A message of a stream without an answer")
    return ReplyView(ReplyKind.INFERENCE, response.model, response)


def _predictions(predictions: Predictions, model: str, error: str) -> ReplyView:
    count = "1 prediction" if len(predictions) == 1 else f"{len(predictions)} predictions"
    head = f"{model}: {count}" if model else count
    return ReplyView(ReplyKind.PREDICTIONS, "Error" if error else head, None, predictions, error)


def _plain(body: bytes) -> str:
    return f"{mebibytes(len(body))}" if body else "An empty message"
