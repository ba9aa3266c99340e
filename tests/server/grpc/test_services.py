"""Both gRPC services, on real sockets."""

from __future__ import annotations

import queue
import re
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import numpy as np
import pytest
import requests

from backend.core.errors import InvalidInput, ModelFailed, NotFound
from backend.core.inference import InferRequest, RequestedOutput
from backend.core.predictions import Detections, Tensors
from backend.core.tensors import Array, Datatype, Tensor
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.wire.generated import modelserving_pb2 as serving
from backend.wire.generated import open_inference_pb2 as oip
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip.timing import timing_from_parameters
from backend.wire.serving import grpc as serving_grpc
from backend.wire.serving.grpc import ServingInput, ServingResult
from backend.wire.serving.items import Item, Pixels, Sound, Values
from backend.wire.serving.items import Tensors as TensorItem
from tests.server.grpc_calls import streaming, unary
from tests.server.scripted_models import Gated
from tests.waiting import wait_for

WAIT_S = 60.0


def call(channel: grpc.Channel, path: str, message: bytes) -> bytes:
    reply: bytes = unary(channel, path)(message, timeout=WAIT_S)
    return reply


def ask(channel: grpc.Channel, method: str, request: Any, reply: Any) -> Any:
    path = f"/{oip_grpc.SERVICE}/{method}"
    return reply.FromString(call(channel, path, request.SerializeToString()))


def refused(channel: grpc.Channel, path: str, message: bytes) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as caught:
        call(channel, path, message)
    error: Any = caught.value
    return error.code(), error.details()


def request(values: Array | list[int], model: str = "identity", **parts: Any) -> InferRequest:
    data = np.asarray(values, np.uint8)
    return InferRequest(model, (Tensor("INPUT0", Datatype.UINT8, data),), **parts)


def pending(server: EmbeddedServer, model: str) -> int:
    """How many requests of the model wait or are computed."""
    text = requests.get(f"{server.rest_url}/metrics", timeout=WAIT_S).text
    found = re.search(rf'_pending_request_count{{model="{model}".*}} (\d+)', text)
    return int(found[1]) if found else 0


def statuses(server: EmbeddedServer) -> list[str]:
    return [record.status for record in server.requests.snapshot()]


class Stream:
    """A stream whose requests a test sends one by one."""

    def __init__(self, channel: grpc.Channel, path: str) -> None:
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.call = streaming(channel, path)(iter(self._outgoing.get, None), timeout=WAIT_S)

    def send(self, message: bytes) -> None:
        self._outgoing.put(message)

    def receive(self) -> bytes:
        return bytes(next(self.call))

    def close(self) -> None:
        self._outgoing.put(None)
        self.call.cancel()


@pytest.fixture
def stream(channel: grpc.Channel) -> Iterator[Callable[[str], Stream]]:
    streams: list[Stream] = []

    def open_stream(path: str) -> Stream:
        streams.append(Stream(channel, path))
        return streams[-1]

    yield open_stream
    for one in streams:
        one.close()


class TestOpenInference:
    def test_health(self, channel: grpc.Channel) -> None:
        assert ask(channel, "ServerLive", oip.ServerLiveRequest(), oip.ServerLiveResponse).live
        assert ask(channel, "ServerReady", oip.ServerReadyRequest(), oip.ServerReadyResponse).ready

    @pytest.mark.parametrize(
        ("name", "version", "ready"),
        [("pair", "", True), ("pair", "1", True), ("pair", "9", False), ("nobody", "", False)],
    )
    def test_a_model_is_ready_or_not(
        self, channel: grpc.Channel, name: str, version: str, ready: bool
    ) -> None:
        asked = oip.ModelReadyRequest(name=name, version=version)
        assert ask(channel, "ModelReady", asked, oip.ModelReadyResponse).ready is ready

    def test_metadata(self, channel: grpc.Channel) -> None:
        about = ask(
            channel, "ServerMetadata", oip.ServerMetadataRequest(), oip.ServerMetadataResponse
        )
        assert about.name == "inferdeck"
        assert {"inferdeck_timing", "inferdeck_typed"} <= set(about.extensions)
        asked = oip.ModelMetadataRequest(name="pair")
        model = ask(channel, "ModelMetadata", asked, oip.ModelMetadataResponse)
        assert (model.name, list(model.versions)) == ("pair", ["1"])
        assert [(i.name, i.datatype, list(i.shape)) for i in model.inputs] == [
            ("A", "FP32", [-1, 2]),
            ("B", "INT32", [1]),
        ]
        assert [output.name for output in model.outputs] == ["SCALED", "NAME"]

    @pytest.mark.parametrize("raw", [True, False])
    @pytest.mark.parametrize("typed_reply", [True, False])
    def test_the_reply_is_raw_unless_typed_lists_are_asked_for(
        self, channel: grpc.Channel, raw: bool, typed_reply: bool
    ) -> None:
        wish = {"inferdeck_typed": True} if typed_reply else {}
        asked = request([1, 2, 3], id="seven", parameters=wish)
        reply = call(channel, oip_grpc.MODEL_INFER, oip_grpc.encode_request(asked, raw=raw))
        answer = oip_grpc.decode_response(reply)
        assert (answer.id, answer.model, answer.version) == ("seven", "identity", "1")
        assert answer.outputs[0].data.tolist() == [1, 2, 3]
        message = oip.ModelInferResponse.FromString(reply)
        assert len(message.raw_output_contents) == (0 if typed_reply else 1)
        assert list(message.outputs[0].contents.uint_contents) == ([1, 2, 3] if typed_reply else [])

    def test_the_servers_durations_come_to_those_who_ask(self, channel: grpc.Channel) -> None:
        for parameters, told in (({"inferdeck_timing": True}, True), ({}, False)):
            message = oip_grpc.encode_request(request([1], parameters=parameters), raw=True)
            answer = oip_grpc.decode_response(call(channel, oip_grpc.MODEL_INFER, message))
            assert (timing_from_parameters(answer.parameters) is not None) is told
            assert bool(answer.parameters) is told

    @pytest.mark.parametrize(
        ("asked", "code", "text"),
        [
            (request([1], "nobody"), "NOT_FOUND", "unknown model: 'nobody'"),
            (request([1], version="3"), "NOT_FOUND", "version 3"),
            (request([1], "failing"), "INTERNAL", "the weights are gone"),
            (InferRequest("identity", ()), "INVALID_ARGUMENT", "missing required input(s)"),
            (
                request([1], outputs=(RequestedOutput("Y"),)),
                "INVALID_ARGUMENT",
                "unexpected inference output 'Y'",
            ),
            (
                request([1], parameters={"triton_grpc_x": True}),
                "INVALID_ARGUMENT",
                "only 'triton_enable_empty_final_response' may be sent",
            ),
            (
                request([1], outputs=(RequestedOutput("OUTPUT0", {"classification": -1}),)),
                "INVALID_ARGUMENT",
                "classification",
            ),
        ],
    )
    def test_a_refusal_is_a_status_with_a_text(
        self, channel: grpc.Channel, asked: InferRequest, code: str, text: str
    ) -> None:
        message = oip_grpc.encode_request(asked, raw=True)
        status, details = refused(channel, oip_grpc.MODEL_INFER, message)
        assert status.name == code
        assert text in details

    def test_bytes_that_are_no_message_are_the_callers_fault(self, channel: grpc.Channel) -> None:
        for method in ("ModelInfer", "ModelMetadata", "ServerLive"):
            status, details = refused(channel, f"/{oip_grpc.SERVICE}/{method}", b"\xff\xff\xff")
            assert status is grpc.StatusCode.INVALID_ARGUMENT
            assert "3 bytes are not" in details

    @pytest.mark.parametrize("method", ["CudaSharedMemoryRegister", "Anything"])
    def test_other_methods_say_that_they_are_not_offered(
        self, channel: grpc.Channel, method: str
    ) -> None:
        status, details = refused(channel, f"/{oip_grpc.SERVICE}/{method}", b"")
        assert status is grpc.StatusCode.UNIMPLEMENTED
        assert "not supported" in details or method in details

    def test_another_service_is_unimplemented(self, channel: grpc.Channel) -> None:
        status, _ = refused(channel, "/some.Service/Method", b"")
        assert status is grpc.StatusCode.UNIMPLEMENTED

    def test_a_client_that_gives_up_takes_its_waiting_request_along(
        self, server: EmbeddedServer, channel: grpc.Channel, gated: Gated
    ) -> None:
        infer = unary(channel, oip_grpc.MODEL_INFER)
        message = [oip_grpc.encode_request(request([n], "gated"), raw=True) for n in range(3)]
        first = infer.future(message[0], timeout=WAIT_S)
        assert gated.entered.acquire(timeout=WAIT_S)
        second = infer.future(message[1], timeout=WAIT_S)
        wait_for(lambda: pending(server, "gated") == 2)
        second.cancel()
        wait_for(lambda: "CANCELLED" in statuses(server))
        third = infer.future(message[2], timeout=WAIT_S)
        gated.gate.set()
        first.result()
        third.result()
        assert gated.computed == [0, 2]


class TestOpenInferenceStream:
    def test_answers_come_in_the_order_of_the_requests_of_any_model(
        self, stream: Callable[[str], Stream], gated: Gated
    ) -> None:
        one = stream(oip_grpc.MODEL_STREAM_INFER)
        for n, model in enumerate(("gated", "identity", "gated", "identity")):
            one.send(oip_grpc.encode_request(request([n], model, id=str(n)), raw=True))
        assert gated.entered.acquire(timeout=WAIT_S)
        gated.gate.set()
        for n in range(4):
            error, answer = oip_grpc.decode_stream_response(one.receive())
            assert error == ""
            assert answer is not None
            assert (answer.id, answer.outputs[0].data.tolist()) == (str(n), [n])
            assert answer.parameters["triton_final_response"] is True

    def test_requests_are_read_ahead_while_earlier_ones_compute_but_not_without_end(
        self, stream: Callable[[str], Stream], gated: Gated
    ) -> None:
        one = stream(oip_grpc.MODEL_STREAM_INFER)
        for n in range(100):
            one.send(oip_grpc.encode_request(request([n], "gated"), raw=True))
        assert gated.entered.acquire(timeout=WAIT_S)
        gated.gate.set()
        for n in range(100):
            error, answer = oip_grpc.decode_stream_response(one.receive())
            assert error == ""  # the model's queue, of 64, was never full
            assert answer is not None
            assert answer.outputs[0].data.tolist() == [n]

    @pytest.mark.parametrize(
        ("message", "identity", "text"),
        [
            (oip_grpc.encode_request(request([1], "nobody", id="a"), raw=True), "a", "'nobody'"),
            (oip_grpc.encode_request(request([1], "failing", id="b"), raw=True), "b", "weights"),
            (
                oip.ModelInferRequest(
                    model_name="identity",
                    id="c",
                    inputs=[
                        oip.ModelInferRequest.InferInputTensor(
                            name="INPUT0", datatype="FLOAT", shape=[1]
                        )
                    ],
                ).SerializeToString(),
                "c",
                "Unknown datatype 'FLOAT'",
            ),
            (b"\xff\xff\xff", "", "3 bytes are not"),
        ],
    )
    def test_an_error_is_told_with_its_id_and_the_stream_goes_on(
        self, stream: Callable[[str], Stream], message: bytes, identity: str, text: str
    ) -> None:
        one = stream(oip_grpc.MODEL_STREAM_INFER)
        for _ in range(2):
            one.send(message)
            error, answer = oip_grpc.decode_stream_response(one.receive())
            assert text in error
            assert answer is not None
            assert answer.id == identity
            one.send(oip_grpc.encode_request(request([5]), raw=True))
            assert oip_grpc.decode_stream_response(one.receive())[0] == ""

    def test_the_servers_durations_come_in_the_stream_too(
        self, stream: Callable[[str], Stream]
    ) -> None:
        one = stream(oip_grpc.MODEL_STREAM_INFER)
        asked = request([5], parameters={"inferdeck_timing": True})
        one.send(oip_grpc.encode_request(asked, raw=True))
        _, answer = oip_grpc.decode_stream_response(one.receive())
        assert answer is not None
        assert timing_from_parameters(answer.parameters) is not None

    def test_a_client_that_has_no_more_gets_its_answers_and_a_clean_end(
        self, channel: grpc.Channel
    ) -> None:
        messages = [oip_grpc.encode_request(request([n]), raw=True) for n in range(3)]
        call = streaming(channel, oip_grpc.MODEL_STREAM_INFER)(iter(messages), timeout=WAIT_S)
        assert len(list(call)) == 3
        assert call.code() is grpc.StatusCode.OK

    def test_a_cancelled_stream_takes_its_waiting_requests_along(
        self,
        server: EmbeddedServer,
        channel: grpc.Channel,
        stream: Callable[[str], Stream],
        gated: Gated,
    ) -> None:
        one = stream(oip_grpc.MODEL_STREAM_INFER)
        for n in range(4):
            one.send(oip_grpc.encode_request(request([n], "gated"), raw=True))
        assert gated.entered.acquire(timeout=WAIT_S)
        one.close()
        wait_for(lambda: set(statuses(server)) == {"CANCELLED"})
        ask(channel, "ServerLive", oip.ServerLiveRequest(), oip.ServerLiveResponse)
        gated.gate.set()
        call(
            channel, oip_grpc.MODEL_INFER, oip_grpc.encode_request(request([9], "gated"), raw=True)
        )
        assert gated.computed == [0, 9]


class TestSimpleServing:
    def predict(
        self, channel: grpc.Channel, item: Item, model: str = "", *, raw: bool = True
    ) -> ServingResult:
        message = serving_grpc.encode_input(ServingInput(item, "seven", model, raw))
        return serving_grpc.decode_result(call(channel, serving_grpc.PREDICT, message))

    def test_a_picture_for_the_default_model(self, channel: grpc.Channel) -> None:
        result = self.predict(channel, Pixels(np.zeros((48, 64, 3), np.uint8)))
        assert (result.id, result.model, result.error) == ("seven", "shapes", None)
        assert result.predictions == (Detections(()),)
        assert result.timing is not None

    @pytest.mark.parametrize(
        ("model", "item", "values"),
        [
            ("identity", Values([[1, 2], [3, 4]]), [1, 2, 3, 4]),
            ("heard", Sound(np.array([0.5, -0.25], np.float32), 16_000), [0.5, -0.25]),
            (
                "identity",
                TensorItem([Tensor("INPUT0", Datatype.UINT8, np.array([7], np.uint8))]),
                [7],
            ),
        ],
    )
    @pytest.mark.parametrize("raw", [True, False])
    def test_every_kind_of_item(
        self, channel: grpc.Channel, model: str, item: Item, values: list[float], raw: bool
    ) -> None:
        (prediction,) = self.predict(channel, item, model, raw=raw).predictions
        assert isinstance(prediction, Tensors)
        assert prediction.tensors[0].data.tolist() == values

    @pytest.mark.parametrize(
        ("model", "value", "code"),
        [
            ("nobody", 1, "NOT_FOUND"),
            ("identity", 1000, "INVALID_ARGUMENT"),
            ("failing", 1, "INTERNAL"),
        ],
    )
    def test_a_refusal_is_a_status(
        self, channel: grpc.Channel, model: str, value: int, code: str
    ) -> None:
        message = serving_grpc.encode_input(ServingInput(Values(value), "a", model))
        status, details = refused(channel, serving_grpc.PREDICT, message)
        assert status.name == code
        assert details

    def test_models_are_listed(self, channel: grpc.Channel, server: EmbeddedServer) -> None:
        reply = call(channel, f"/{serving_grpc.SERVICE}/ListModels", b"")
        models = serving.ListModelsResponse.FromString(reply).models
        assert [model.name for model in models] == [row.name for row in server.models()]
        assert {model.name: model.kind for model in models}["heard"] == "audio"

    def test_an_error_is_told_for_its_item_and_the_stream_goes_on(
        self, stream: Callable[[str], Stream]
    ) -> None:
        one = stream(serving_grpc.STREAM_PREDICT)
        for n, (model, value, kind) in enumerate(
            (
                ("identity", 3, None),
                ("nobody", 3, NotFound),
                ("identity", 999, InvalidInput),
                ("failing", 3, ModelFailed),
                ("identity", 4, None),
            )
        ):
            item = ServingInput(Values(value), str(n), model)
            one.send(serving_grpc.encode_input(item))
            result = serving_grpc.decode_result(one.receive())
            assert result.id == str(n)
            assert (type(result.error) if result.error else None) is kind
            assert bool(result.predictions) is (kind is None)

    def test_a_message_without_an_item_keeps_its_id(self, stream: Callable[[str], Stream]) -> None:
        one = stream(serving_grpc.STREAM_PREDICT)
        one.send(serving.InputData(id="x", model="identity").SerializeToString())
        result = serving_grpc.decode_result(one.receive())
        assert result.id == "x"
        assert isinstance(result.error, InvalidInput)


class TestWithALimitOfOneMebibyte:
    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(message_limit=1 << 20)

    def test_a_message_over_the_limit_is_refused_and_the_channel_goes_on(
        self, channel: grpc.Channel
    ) -> None:
        large = oip_grpc.encode_request(request(np.zeros(2 << 20, np.uint8)), raw=True)
        status, details = refused(channel, oip_grpc.MODEL_INFER, large)
        assert status is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "larger than max" in details
        call(channel, oip_grpc.MODEL_INFER, oip_grpc.encode_request(request([1]), raw=True))
