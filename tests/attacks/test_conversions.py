"""Requests of millions of elements are read and written beside the event loop, which goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import numpy as np
import pytest
import requests
from google.protobuf import text_format

from backend.core.inference import InferRequest
from backend.core.tensors import Datatype, Tensor
from backend.models.catalogue import bundled_registry
from backend.models.servable import ModelRequest, ModelResponse, Respond
from backend.server.grpc import oip as grpc_oip
from backend.server.grpc import serving as grpc_serving
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.rest import oip as rest_oip
from backend.server.rest import serving as rest_serving
from backend.server.settings.options import ServerOptions
from backend.wire.elements import object_array
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest
from backend.wire.serving import grpc as serving_grpc
from backend.wire.serving.items import Tensors
from tests.server.grpc_calls import streaming, unary
from tests.server.scripted_servables import (
    TIMES,
    Scripted,
    ScriptedInstance,
    offer,
)

_WAIT_S = 60.0
_MANY = 40_000
"""Elements that make a message too large to be read on the loop."""


class _Echo(Scripted):
    def make_instance(self, index: int) -> ScriptedInstance:
        return _EchoInstance(self, index)


class _EchoInstance(ScriptedInstance):
    def execute(self, batch: Sequence[ModelRequest], respond: Respond) -> Any:
        for index, request in enumerate(batch):
            data = request.inputs["INPUT0"].data
            respond(index, ModelResponse((Tensor("OUTPUT0", Datatype.BYTES, data),)), True)  # noqa: FBT003
        return TIMES


_CONFIG = """
name: "texts"
input { name: "INPUT0" data_type: TYPE_STRING dims: [ -1 ] }
output { name: "OUTPUT0" data_type: TYPE_STRING dims: [ -1 ] }
"""


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    registry = bundled_registry()
    offer(registry, _Echo(text_format.Parse(_CONFIG, pb.ModelConfig())))
    server = EmbeddedServer(registry, ServerOptions())
    server.start()
    yield server
    assert server.stop()


@pytest.fixture
def channel(server: EmbeddedServer) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.grpc_address) as channel:
        yield channel


class _Held:
    """Calls of a function that are held until `go` is set."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.entered = threading.Event()
        self.go = threading.Event()

    def __call__(self, *args: Any, **options: Any) -> Any:
        self.entered.set()
        assert self.go.wait(_WAIT_S)
        return self._function(*args, **options)


def _asking(count: int, request_id: str = "") -> InferRequest:
    items = object_array([b"text"] * count, (count,))
    return InferRequest("texts", (Tensor("INPUT0", Datatype.BYTES, items),), id=request_id)


def _is_live(server: EmbeddedServer, channel: grpc.Channel) -> bool:
    live = unary(channel, f"/{oip_grpc.SERVICE}/ServerLive")(b"", timeout=_WAIT_S)
    answer = requests.get(f"{server.rest_url}/v2/health/live", timeout=_WAIT_S)
    return bool(pb.ServerLiveResponse.FromString(live).live and answer.json()["live"])


def _ask_grpc(channel: grpc.Channel, server: EmbeddedServer, *, raw: bool) -> int:
    del server
    message = oip_grpc.encode_request(_asking(_MANY), raw=raw)
    reply = unary(channel, oip_grpc.MODEL_INFER)(message, timeout=_WAIT_S)
    return int(oip_grpc.decode_response(reply).outputs[0].data.size)


def _ask_typed(channel: grpc.Channel, server: EmbeddedServer) -> int:
    return _ask_grpc(channel, server, raw=False)


def _ask_raw(channel: grpc.Channel, server: EmbeddedServer) -> int:
    return _ask_grpc(channel, server, raw=True)


def _ask_stream(channel: grpc.Channel, _server: EmbeddedServer) -> int:
    messages = [oip_grpc.encode_request(_asking(n), raw=False) for n in (_MANY, 1)]
    replies = list(streaming(channel, oip_grpc.MODEL_STREAM_INFER)(iter(messages)))
    sizes = []
    for reply in replies:
        error, response = oip_grpc.decode_stream_response(reply)
        assert response is not None, error
        sizes.append(int(response.outputs[0].data.size))
    assert sizes == [_MANY, 1]
    return sizes[0]


def _ask_rest(_channel: grpc.Channel, server: EmbeddedServer) -> int:
    headers, body = oip_rest.encode_request(_asking(_MANY), binary=False)
    url = server.rest_url + oip_rest.infer_path("texts")
    reply = requests.post(url, data=body, headers=headers, timeout=_WAIT_S)
    return len(reply.json()["outputs"][0]["data"])


def _ask_predict(channel: grpc.Channel, _server: EmbeddedServer) -> int:
    data = np.zeros(4 * _MANY, np.uint8)
    item = Tensors((Tensor("INPUT0", Datatype.UINT8, data),))
    asked = serving_grpc.ServingInput(item, model="identity", raw=False)
    reply = unary(channel, serving_grpc.PREDICT)(serving_grpc.encode_input(asked), timeout=_WAIT_S)
    return _MANY if serving_grpc.decode_result(reply).predictions else 0


def _ask_predict_rest(_channel: grpc.Channel, server: EmbeddedServer) -> int:
    body = b'{"input": [' + b"1,   " * (_MANY - 1) + b"1]}"
    url = f"{server.rest_url}/predict?model=identity"
    reply = requests.post(url, data=body, timeout=_WAIT_S)
    return len(reply.json()["prediction"])


_Ask = Callable[[grpc.Channel, EmbeddedServer], int]
_WAYS: list[tuple[Any, str, _Ask]] = [
    (grpc_oip, "decode_request", _ask_typed),
    (grpc_oip, "decode_request", _ask_raw),
    (grpc_oip, "encode_response", _ask_typed),
    (oip_grpc, "from_typed", _ask_stream),
    (grpc_oip, "encode_stream_response", _ask_stream),
    (rest_oip, "decode_request", _ask_rest),
    (rest_oip, "encode_response", _ask_rest),
    (grpc_serving, "decode_input", _ask_predict),
    (grpc_serving, "encode_result", _ask_predict),
    (rest_serving, "decode_values", _ask_predict_rest),
]


@pytest.mark.parametrize(
    ("module", "name", "ask"), _WAYS, ids=[f"{name}-{ask.__name__}" for _, name, ask in _WAYS]
)
def test_health_answers_while_a_request_is_converted(
    monkeypatch: pytest.MonkeyPatch,
    server: EmbeddedServer,
    channel: grpc.Channel,
    module: Any,
    name: str,
    ask: _Ask,
) -> None:
    held = _Held(getattr(module, name))
    monkeypatch.setattr(module, name, held)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, channel, server)
        try:
            assert held.entered.wait(_WAIT_S)
            assert _is_live(server, channel)
            assert not answer.done()
        finally:
            held.go.set()
        assert answer.result(_WAIT_S) == _MANY


def test_a_large_message_that_is_wrong_names_its_request_and_the_stream_goes_on(
    channel: grpc.Channel,
) -> None:
    wrong = _asking(_MANY, "a")
    message = pb.ModelInferRequest.FromString(oip_grpc.encode_request(wrong, raw=False))
    message.inputs[0].shape[0] += 1
    right = oip_grpc.encode_request(_asking(1, "b"), raw=False)
    call = streaming(channel, oip_grpc.MODEL_STREAM_INFER)
    replies = list(call(iter([message.SerializeToString(), right])))
    (error, first), (no_error, second) = map(oip_grpc.decode_stream_response, replies)
    assert "unexpected number of elements" in error
    assert first is not None
    assert second is not None
    assert (first.id, second.id, no_error) == ("a", "b", "")


def test_a_message_of_too_many_parts_is_refused_with_its_model_and_id(
    channel: grpc.Channel,
) -> None:
    head = pb.ModelInferRequest(model_name="texts", id="a").SerializeToString()
    call = streaming(channel, oip_grpc.MODEL_STREAM_INFER)
    (reply,) = list(call(iter([head + b"\x2a\x00" * 2_000_000])))
    error, response = oip_grpc.decode_stream_response(reply)
    assert "over 4,096 fields" in error
    assert response is not None
    assert response.id == "a"
    with pytest.raises(grpc.RpcError) as failed:
        unary(channel, oip_grpc.MODEL_INFER)(head + b"\x3a\x00" * 2_000_000, timeout=_WAIT_S)
    assert failed.value.code() is grpc.StatusCode.INVALID_ARGUMENT
