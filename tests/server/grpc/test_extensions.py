"""The extensions over gRPC: decoupled streams, repository, shared memory, health, reflection."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import requests
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from backend.core.errors import InvalidInput, ModelFailed
from backend.core.inference import InferRequest, InferResponse, RequestedOutput
from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.models.servable import ModelRequest, ModelResponse, Respond
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.plane.request_log import RequestRecord
from backend.server.settings.limits import Limits
from backend.server.settings.options import ModelControl, ServerOptions
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.oip import grpc as oip_grpc
from tests.models.scripted_runtime import ScriptedRuntime, write_model
from tests.server.grpc_calls import streaming, unary
from tests.server.scripted_servables import Scripted, asking, config, offer, response
from tests.server.shared_region import shared_file
from tests.waiting import wait_for

WAIT_S = 60.0
DECOUPLED = "model_transaction_policy { decoupled: true }"


def count_down(index: int, request: ModelRequest, respond: Respond) -> None:
    """As many answers as the value says, then the flag alone; 13 breaks after two."""
    for value in range(int(request.inputs["INPUT0"].data[0]), 0, -1):
        if value == 11:
            raise ModelFailed("thirteen is too much")
        respond(index, response(value), False)  # noqa: FBT003
    respond(index, None, True)  # noqa: FBT003


def fail(_index: int, _request: ModelRequest, _respond: Respond) -> None:
    raise ZeroDivisionError("on purpose")


def wrong(index: int, _request: ModelRequest, respond: Respond) -> None:
    respond(index, ModelResponse(error=InvalidInput("not this one")), True)  # noqa: FBT003


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def registry(tmp_path: Path) -> ModelRegistry:
    write_model(tmp_path, "m", 1)
    registry = ModelRegistry(folders=ModelFolders([tmp_path], [ScriptedRuntime()]))
    for model in (
        Scripted(config("plain")),
        Scripted(config("many", DECOUPLED), count_down),
        Scripted(config("failing"), fail),
        Scripted(config("picky"), wrong),
    ):
        offer(registry, model)
    return registry


@pytest.fixture
def options() -> ServerOptions:
    return ServerOptions(model_control=ModelControl.EXPLICIT, limits=Limits(streams=3))


def call(channel: grpc.Channel, method: str, request: Any, kind: Any) -> Any:
    path = method if "/" in method else f"/{oip_grpc.SERVICE}/{method}"
    return kind.FromString(unary(channel, path)(request.SerializeToString(), timeout=WAIT_S))


def code_of(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(grpc.RpcError) as caught:
        act()
    error: Any = caught.value
    return error.code().name, error.details()


def grpc_rows(server: EmbeddedServer) -> list[RequestRecord]:
    return [row for row in server.requests.snapshot() if row.api == "gRPC"]


class Talk:
    """A ModelStreamInfer whose requests are sent one by one."""

    def __init__(self, channel: grpc.Channel, *metadata: tuple[str, str]) -> None:
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.call = streaming(channel, oip_grpc.MODEL_STREAM_INFER)(
            iter(self._outgoing.get, None), timeout=WAIT_S, metadata=metadata
        )

    def say(self, request: InferRequest) -> None:
        self._outgoing.put(oip_grpc.encode_request(request, raw=True))

    def hear(self) -> tuple[str, InferResponse | None]:
        return oip_grpc.decode_stream_response(next(self.call))

    def values(self, count: int) -> list[tuple[int, object]]:
        found: list[tuple[int, object]] = []
        for _ in range(count):
            error, answer = self.hear()
            assert not error
            assert answer is not None
            value = int(answer.outputs[0].data[0]) if answer.outputs else 0
            found.append((value, answer.parameters["triton_final_response"]))
        return found

    def give_up(self) -> None:
        self._outgoing.put(None)

    def end(self) -> list[bytes]:
        self.give_up()
        return list(self.call)


@pytest.fixture
def talk(channel: grpc.Channel) -> Iterator[Talk]:
    talk = Talk(channel)
    yield talk
    talk.end()


@pytest.fixture
def frank_talk(channel: grpc.Channel) -> Iterator[Talk]:
    """A stream that ends with a status when a model fails."""
    talk = Talk(channel, ("triton_grpc_error", "true"))
    yield talk
    talk.give_up()


class TestStreams:
    def test_a_decoupled_model_answers_any_number_of_times(self, talk: Talk) -> None:
        talk.say(asking("many", 3))
        assert talk.values(3) == [(3, False), (2, False), (1, False)]
        talk.say(asking("many", 0))
        talk.say(asking("plain", 7))
        assert talk.values(1) == [(7, True)]
        assert talk.end() == []

    def test_the_end_is_said_to_who_asks_for_it(self, talk: Talk) -> None:
        asked = asking("many", 1, triton_enable_empty_final_response=True)
        talk.say(asked)
        assert talk.values(2) == [(1, False), (0, True)]
        talk.say(asking("plain", 5, triton_enable_empty_final_response=True))
        assert talk.values(1) == [(5, True)]

    def test_the_empty_answer_names_its_request(self, talk: Talk) -> None:
        tensor = asking("many", 0).inputs
        parameters = {"triton_enable_empty_final_response": True}
        talk.say(InferRequest("many", tensor, "1", "seven", parameters))
        error, answer = talk.hear()
        assert (error, answer is None) == ("", False)
        assert answer is not None
        assert (answer.model, answer.version, answer.id, answer.outputs) == (
            "many",
            "1",
            "seven",
            (),
        )

    def test_an_error_names_its_request_and_the_stream_lives(self, talk: Talk) -> None:
        for name, value, text, before in (
            ("nobody", 1, "unknown model: 'nobody'", 0),
            ("failing", 1, "on purpose", 0),
            ("picky", 1, "not this one", 0),
            ("many", 13, "thirteen is too much", 2),
        ):
            tensor = asking("plain", value).inputs
            talk.say(InferRequest(name, tensor, id=f"id-{name}"))
            talk.values(before)
            error, answer = talk.hear()
            assert text in error
            assert answer is not None
            assert (answer.id, answer.outputs) == (f"id-{name}", ())
        talk.say(asking("plain", 5))
        assert talk.values(1) == [(5, True)]

    def test_who_wants_a_status_gets_one_when_a_model_fails(
        self, server: EmbeddedServer, frank_talk: Talk
    ) -> None:
        frank_talk.say(asking("nobody", 1))
        assert "unknown model" in frank_talk.hear()[0]
        frank_talk.say(asking("failing", 1))
        assert code_of(frank_talk.hear) == (
            "INTERNAL",
            "model 'failing' failed: ZeroDivisionError: on purpose",
        )
        assert [row.status for row in grpc_rows(server)] == ["NOT_FOUND", "INTERNAL"]

    def test_answers_of_other_models_keep_their_order(self, talk: Talk) -> None:
        for value in range(30):
            talk.say(asking("plain", value))
        assert [value for value, _ in talk.values(30)] == list(range(30))

    def test_a_client_that_leaves_takes_what_waits_along(
        self, server: EmbeddedServer, channel: grpc.Channel, registry: ModelRegistry
    ) -> None:
        held = Scripted(config("held"))
        offer(registry, held)
        held.gate.clear()
        talk = Talk(channel)
        for value in range(5):
            talk.say(asking("held", value))
        gauge = 'nv_inference_pending_request_count{model="held",version="1"} 5.0'
        wait_for(lambda: gauge in requests.get(server.rest_url + "/metrics", timeout=30).text)
        talk.call.cancel()
        talk.give_up()
        wait_for(lambda: [row.status for row in grpc_rows(server)] == ["CANCELLED"] * 5)
        path = f"/{oip_grpc.SERVICE}/ModelInfer"
        again = unary(channel, path).future(
            oip_grpc.encode_request(asking("held", 9), raw=True), timeout=WAIT_S
        )
        held.gate.set()
        assert oip_grpc.decode_response(again.result()).outputs[0].data.tolist() == [9]
        assert held.batches == [[0], [9]]

    def test_streams_are_counted(self, channel: grpc.Channel) -> None:
        talks = [Talk(channel) for _ in range(3)]
        for one in talks:
            one.say(asking("plain", 1))
            one.values(1)
        one_more = Talk(channel)
        assert code_of(one_more.hear)[0] == "RESOURCE_EXHAUSTED"
        one_more.give_up()
        for one in talks:
            one.end()
        one = Talk(channel)
        one.say(asking("plain", 1))
        one.values(1)
        one.end()

    def test_a_decoupled_model_is_not_for_single_calls(self, channel: grpc.Channel) -> None:
        message = oip_grpc.encode_request(asking("many", 1), raw=True)
        code, text = code_of(lambda: unary(channel, oip_grpc.MODEL_INFER)(message, timeout=WAIT_S))
        assert code == "UNIMPLEMENTED"
        assert "ModelInfer RPC doesn't support models with decoupled transaction policy" in text


class TestModels:
    def test_models_are_loaded_and_unloaded(self, channel: grpc.Channel) -> None:
        def states() -> dict[str, str]:
            index = call(
                channel, "RepositoryIndex", pb.RepositoryIndexRequest(), pb.RepositoryIndexResponse
            )
            return {row.name: row.state for row in index.models}

        assert states()["m"] == ""
        load = pb.RepositoryModelLoadRequest(model_name="m")
        call(channel, "RepositoryModelLoad", load, pb.RepositoryModelLoadResponse)
        assert states()["m"] == "READY"
        config = call(
            channel, "ModelConfig", pb.ModelConfigRequest(name="m"), pb.ModelConfigResponse
        )
        assert config.config.name == "m"
        unload = pb.RepositoryModelUnloadRequest(model_name="m")
        unload.parameters["unload_dependents"].bool_param = False
        call(channel, "RepositoryModelUnload", unload, pb.RepositoryModelUnloadResponse)
        assert states()["m"] == "UNAVAILABLE"

    def test_what_is_not_offered_says_so(self, channel: grpc.Channel) -> None:
        load = pb.RepositoryModelLoadRequest(model_name="m", repository_name="other")
        code, text = code_of(
            lambda: call(channel, "RepositoryModelLoad", load, pb.RepositoryModelLoadResponse)
        )
        assert (code, text) == ("UNIMPLEMENTED", "'repository_name' specification is not supported")

    def test_statistics_count(self, channel: grpc.Channel) -> None:
        message = oip_grpc.encode_request(asking("plain", 1), raw=True)
        unary(channel, oip_grpc.MODEL_INFER)(message, timeout=WAIT_S)
        asked = pb.ModelStatisticsRequest(name="plain")
        stats = call(channel, "ModelStatistics", asked, pb.ModelStatisticsResponse)
        (model,) = stats.model_stats
        assert model.inference_stats.success.count == model.inference_count == 1
        asked.name = "nobody"
        code, text = code_of(
            lambda: call(channel, "ModelStatistics", asked, pb.ModelStatisticsResponse)
        )
        assert (code, text) == ("INVALID_ARGUMENT", "requested model 'nobody' is not available")


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
def test_shared_memory_carries_inputs_and_outputs(channel: grpc.Channel) -> None:
    def infer(request: pb.ModelInferRequest) -> InferResponse:
        data = unary(channel, oip_grpc.MODEL_INFER)(request.SerializeToString(), timeout=WAIT_S)
        return oip_grpc.decode_response(data)

    with shared_file(np.arange(10, dtype="<i4").tobytes()) as file:
        register = pb.SystemSharedMemoryRegisterRequest(name="r", key=f"/{file.name}", byte_size=40)
        kind = pb.SystemSharedMemoryRegisterResponse
        call(channel, "SystemSharedMemoryRegister", register, kind)
        code, _ = code_of(lambda: call(channel, "SystemSharedMemoryRegister", register, kind))
        assert code == "ALREADY_EXISTS"
        request = pb.ModelInferRequest(model_name="plain")
        given = request.inputs.add(name="INPUT0", datatype="INT32", shape=[5])
        given.parameters["shared_memory_region"].string_param = "r"
        given.parameters["shared_memory_byte_size"].int64_param = 20
        assert infer(request).outputs[0].data.tolist() == [0, 1, 2, 3, 4]

        wanted = request.outputs.add(name="OUTPUT0")
        wanted.parameters["shared_memory_region"].string_param = "r"
        wanted.parameters["shared_memory_byte_size"].int64_param = 20
        wanted.parameters["shared_memory_offset"].int64_param = 20
        raw = unary(channel, oip_grpc.MODEL_INFER)(request.SerializeToString(), timeout=WAIT_S)
        answer = pb.ModelInferResponse.FromString(raw)
        assert list(answer.raw_output_contents) == [b""]
        assert not answer.outputs[0].parameters
        assert not answer.outputs[0].HasField("contents")
        assert np.frombuffer(file.read_bytes(), "<i4").tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]

        os.truncate(file, 4)
        code, text = code_of(lambda: infer(request))
        assert code == "INVALID_ARGUMENT"
        assert "smaller now" in text
        status = call(
            channel,
            "SystemSharedMemoryStatus",
            pb.SystemSharedMemoryStatusRequest(),
            pb.SystemSharedMemoryStatusResponse,
        )
        assert status.regions["r"].byte_size == 40
        call(
            channel,
            "SystemSharedMemoryUnregister",
            pb.SystemSharedMemoryUnregisterRequest(),
            pb.SystemSharedMemoryUnregisterResponse,
        )
        assert code_of(lambda: infer(request))[0] == "NOT_FOUND"


class TestHealth:
    CHECK = "/grpc.health.v1.Health/Check"
    WATCH = "/grpc.health.v1.Health/Watch"

    @pytest.mark.parametrize("service", ["", oip_grpc.SERVICE, "anything"])
    def test_the_server_is_serving(self, channel: grpc.Channel, service: str) -> None:
        asked = health_pb2.HealthCheckRequest(service=service)
        reply = call(channel, self.CHECK, asked, health_pb2.HealthCheckResponse)
        assert reply.status == health_pb2.HealthCheckResponse.SERVING

    def test_who_watches_sees_the_end_coming(
        self, server: EmbeddedServer, channel: grpc.Channel
    ) -> None:
        untyped: Any = channel
        feed = untyped.unary_stream(self.WATCH)(b"", timeout=WAIT_S)
        kind = health_pb2.HealthCheckResponse
        assert kind.FromString(next(feed)).status == kind.SERVING
        assert server.stop(drain_s=5)
        assert [kind.FromString(each).status for each in feed] == [kind.NOT_SERVING]


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
class TestReflection:
    def ask(self, channel: grpc.Channel, version: str, **what: Any) -> Any:
        path = f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
        request = reflection_pb2.ServerReflectionRequest(**what).SerializeToString()
        (reply,) = streaming(channel, path)(iter([request]), timeout=WAIT_S)
        return reflection_pb2.ServerReflectionResponse.FromString(reply)

    def test_it_lists_the_services(self, channel: grpc.Channel, version: str) -> None:
        reply = self.ask(channel, version, list_services="")
        assert {service.name for service in reply.list_services_response.service} == {
            "inference.GRPCInferenceService",
            "modelserving.v1.ModelServing",
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
        }

    def test_it_describes_each_of_them(self, channel: grpc.Channel, version: str) -> None:
        listed = self.ask(channel, version, list_services="").list_services_response.service
        for service in listed:
            reply = self.ask(channel, version, file_containing_symbol=service.name)
            files = reply.file_descriptor_response.file_descriptor_proto
            file = FileDescriptorProto.FromString(files[0])
            assert service.name in {f"{file.package}.{each.name}" for each in file.service}

    def test_what_is_unknown_is_not_found(self, channel: grpc.Channel, version: str) -> None:
        reply = self.ask(channel, version, file_containing_symbol="no.such.Thing")
        assert reply.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]
        path = f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
        (reply,) = streaming(channel, path)(iter([b"\xff"]), timeout=WAIT_S)
        parsed = reflection_pb2.ServerReflectionResponse.FromString(reply)
        assert parsed.error_response.error_code == grpc.StatusCode.INVALID_ARGUMENT.value[0]


def test_a_requested_class_comes_over_grpc_too(channel: grpc.Channel) -> None:
    asked = asking("plain", 4, 9)
    request = InferRequest(
        asked.model, asked.inputs, outputs=(RequestedOutput("OUTPUT0", {"classification": 1}),)
    )
    data = unary(channel, oip_grpc.MODEL_INFER)(
        oip_grpc.encode_request(request, raw=True), timeout=WAIT_S
    )
    assert oip_grpc.decode_response(data).outputs[0].data.tolist() == [b"9:1"]
