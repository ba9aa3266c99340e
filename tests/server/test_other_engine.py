"""Another engine than this process behind the same edges, on real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import requests
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

import backend
from backend.core.errors import InvalidInput, ModelFailed, NotFound, NotReady
from backend.core.inference import InferRequest, InferResponse, ModelMetadata, TensorMetadata
from backend.core.predictions import Predictions, Tensors
from backend.core.tensors import Datatype, Tensor, TensorSpec
from backend.core.timing import ServerTiming
from backend.models.repository.registry import ModelRegistry
from backend.models.repository.states import IndexEntry, ModelState
from backend.profiles.model_profile import ModelProfile
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.plane.data_plane import Engine, StreamAnswer
from backend.server.plane.load_parameters import LoadTerms
from backend.server.scheduling.statistics import ModelMetrics
from backend.server.settings.options import ServerOptions
from backend.wire.generated import modelserving_pb2 as serving
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.oip import grpc as oip_grpc
from backend.wire.serving import grpc as serving_grpc
from backend.wire.serving.items import Item, Values
from tests.server.grpc_calls import streaming, unary

WAIT_S = 60.0
TIMING = ServerTiming(1, 2, 3, 4)
NO_LOADING = "the engine loads no models"


@dataclass(frozen=True)
class Declared:
    """A model of the echoing engine: x comes back as y."""

    name: str
    instant: bool = False
    decoupled: bool = False
    version: str = "7"
    inputs: tuple[TensorSpec, ...] = (TensorSpec("x", Datatype.INT32, (-1,)),)
    outputs: tuple[TensorSpec, ...] = (TensorSpec("y", Datatype.INT32, (-1,)),)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    profile: ModelProfile | None = None

    @property
    def config(self) -> pb.ModelConfig:
        return pb.ModelConfig(name=self.name, platform="echo")


class _Alive(Collector):
    """One number of the engine's own."""

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("echo_alive", "Whether it is.", 1)


class EchoEngine(Engine):
    """Three models: one that waits, one that answers at once, one that answers twice."""

    default = "echo"
    extensions = frozenset({"statistics"})

    def __init__(self) -> None:
        self.life: list[str] = []
        self._counts = {"echo": 0, "instant": 0, "twice": 0}
        self._models = {
            "echo": Declared("echo"),
            "instant": Declared("instant", instant=True),
            "twice": Declared("twice", decoupled=True),
        }

    def names(self) -> tuple[str, ...]:
        return tuple(self._models)

    def model(self, name: str, version: str = "") -> Declared:
        if name not in self._models or version not in ("", "7"):
            raise NotFound(f"the engine has no '{name}'")
        return self._models[name]

    def metadata(self, name: str, version: str = "") -> ModelMetadata:
        model = self.model(name, version)
        x, y = (TensorMetadata(s.name, s.datatype, s.shape) for s in model.inputs + model.outputs)
        return ModelMetadata(name, ("6", "7"), "echo", (x,), (y,))

    def check_ready(self, name: str, version: str = "") -> None:
        if self.model(name, version).decoupled:
            raise NotReady(f"'{name}' warms up")

    async def infer(self, request: InferRequest) -> tuple[InferResponse, ServerTiming]:
        await asyncio.sleep(0)
        return self._echo(request), TIMING

    def infer_at_once(self, request: InferRequest) -> tuple[InferResponse, ServerTiming] | None:
        return (self._echo(request), TIMING) if request.model == "instant" else None

    async def stream(self, request: InferRequest) -> AsyncGenerator[StreamAnswer, None]:
        yield StreamAnswer(self._echo(request), final=False)
        yield StreamAnswer(self._echo(request), final=True, timing=TIMING)

    async def predict(self, name: str, item: Item) -> tuple[Predictions, ServerTiming]:
        if name != "echo":
            return await super().predict(name, item)
        if not isinstance(item, Values):
            raise InvalidInput("the engine echoes numbers only")
        x = Tensor("x", Datatype.INT32, np.asarray(item.value, np.int32))
        response, timing = await self.infer(InferRequest(name, (x,)))
        return (Tensors(response.outputs),), timing

    async def load(self, name: str, terms: LoadTerms) -> None:
        raise NotReady(NO_LOADING)

    async def unload(self, name: str, *, dependents: bool = False) -> None:
        raise NotReady(NO_LOADING)

    def index(self) -> list[IndexEntry]:
        return [IndexEntry(name, "7", ModelState.READY) for name in self._models]

    def statistics(self, name: str = "", version: str = "") -> list[ModelMetrics]:
        return [
            ModelMetrics(pb.ModelStatistics(name=one, version="7", inference_count=count), 0, {})
            for one, count in self._counts.items()
            if name in ("", one)
        ]

    def custom_metrics(self) -> tuple[Collector, ...]:
        return (_Alive(),)

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        self.life.append("opened" if loop is asyncio.get_running_loop() else "elsewhere")

    def close(self) -> None:
        self.life.append("closed")

    def join(self, timeout_s: float) -> bool:
        self.life.append("joined")
        return True

    def _echo(self, request: InferRequest) -> InferResponse:
        self._counts[request.model] += 1
        (x,) = request.inputs
        if (x.data < 0).any():
            raise ModelFailed("the engine echoes nothing below zero")
        return InferResponse(request.model, (replace(x, name="y"),), "7", request.id)


@pytest.fixture
def engine() -> EchoEngine:
    return EchoEngine()


@pytest.fixture
def server(engine: EchoEngine) -> Iterator[EmbeddedServer]:
    def make(_registry: ModelRegistry, _options: ServerOptions) -> Engine:
        return engine

    server = EmbeddedServer(ModelRegistry(), ServerOptions(), make)
    server.start()
    yield server
    assert server.stop()


@pytest.fixture
def channel(server: EmbeddedServer, connect: Callable[[str], grpc.Channel]) -> grpc.Channel:
    return connect(server.grpc_address)


def ask(channel: grpc.Channel, method: str, request: Any, reply: Any) -> Any:
    path = f"/{oip_grpc.SERVICE}/{method}"
    return reply.FromString(unary(channel, path)(request.SerializeToString(), timeout=WAIT_S))


def asking(model: str, *values: int, id: str = "") -> InferRequest:  # noqa: A002 - as in the protocol
    return InferRequest(model, (Tensor("x", Datatype.INT32, np.array(values, np.int32)),), id=id)


def test_only_the_composition_names_the_engine_in_this_process() -> None:
    root = Path(backend.__file__).parent
    naming = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if "LocalDataPlane" in path.read_text("utf-8")
    }
    folder = "server/plane/"
    declared = {folder + "data_plane.py", folder + "local.py", folder + "__init__.py"}
    # A replica on a cluster is a process that computes, and chooses what this one does.
    assert naming - declared == {"server/lifecycle/embedded.py", "engines/ray/replica.py"}


def test_an_engine_lives_as_long_as_its_server(engine: EchoEngine) -> None:
    server = EmbeddedServer(ModelRegistry(), ServerOptions(), lambda _registry, _options: engine)
    assert server.models() == ()
    server.start()
    try:
        assert [row.name for row in server.models()] == ["echo", "instant", "twice"]
        assert engine.life == ["opened"]
    finally:
        assert server.stop()
    assert engine.life == ["opened", "closed", "joined"]


def test_rest_describes_the_engine_and_its_models(
    server: EmbeddedServer, http: requests.Session
) -> None:
    url = server.rest_url
    offered = http.get(f"{url}/v2").json()["extensions"]
    assert "statistics" in offered
    assert "binary_tensor_data" in offered  # the edge's own
    assert "model_repository" not in offered
    about = http.get(f"{url}/v2/models/echo").json()
    assert about["versions"] == ["6", "7"]
    assert about["inputs"] == [{"name": "x", "datatype": "INT32", "shape": [-1]}]
    assert http.get(f"{url}/v2/models/echo/ready").json() == {"name": "echo", "ready": True}
    assert "'twice' warms up" in http.get(f"{url}/v2/models/twice/ready").json()["error"]
    assert http.get(f"{url}/v2/models/none").status_code == 404
    assert http.get(f"{url}/v2/models/echo/config").json()["platform"] == "echo"
    listed = http.get(f"{url}/models").json()
    assert ([row["name"] for row in listed["models"]], listed["default"]) == (
        ["echo", "instant", "twice"],
        "echo",
    )


def test_rest_carries_requests_to_the_engine(
    server: EmbeddedServer, http: requests.Session
) -> None:
    url = server.rest_url
    x = {"name": "x", "datatype": "INT32", "shape": [2], "data": [3, 4]}
    reply = http.post(f"{url}/v2/models/echo/infer", json={"id": "a", "inputs": [x]})
    assert (reply.json()["id"], reply.json()["model_version"]) == ("a", "7")
    assert reply.json()["outputs"] == [{**x, "name": "y"}]
    assert "compute_infer;dur=0.003" in reply.headers["Server-Timing"]
    failed = http.post(f"{url}/v2/models/echo/infer", json={"inputs": [{**x, "data": [-1, 0]}]})
    assert failed.json() == {"error": "the engine echoes nothing below zero"}
    assert http.post(f"{url}/predict", json={"input": [5]}).json()["model"] == "echo"
    unasked = http.post(f"{url}/predict?model=twice", json={"input": [5]})
    assert "'twice' does not answer simple serving" in unasked.json()["error"]
    rows = http.get(f"{url}/v2/models/echo/stats").json()["model_stats"]
    assert [(row["name"], int(row["inference_count"])) for row in rows] == [("echo", 3)]
    page = http.get(f"{url}/metrics").text
    assert 'nv_inference_count{model="echo",version="7"} 3' in page
    assert page.endswith("echo_alive 1.0\n")


def test_rest_lists_models_and_passes_on_that_none_is_loaded(
    server: EmbeddedServer, http: requests.Session
) -> None:
    root = f"{server.rest_url}/v2/repository"
    rows = http.post(f"{root}/index").json()
    assert [(row["name"], row["state"]) for row in rows] == [
        (name, "READY") for name in ("echo", "instant", "twice")
    ]
    for action in ("load", "unload"):
        refused = http.post(f"{root}/models/echo/{action}")
        assert not refused.ok
        assert refused.json() == {"error": NO_LOADING}


def test_grpc_describes_the_engine_and_its_models(channel: grpc.Channel) -> None:
    about = ask(channel, "ServerMetadata", pb.ServerMetadataRequest(), pb.ServerMetadataResponse)
    assert "statistics" in about.extensions
    assert "sequence" not in about.extensions
    model = ask(
        channel, "ModelMetadata", pb.ModelMetadataRequest(name="echo"), pb.ModelMetadataResponse
    )
    assert (list(model.versions), model.outputs[0].name) == (["6", "7"], "y")
    for name, ready in (("echo", True), ("twice", False), ("none", False)):
        reply = ask(channel, "ModelReady", pb.ModelReadyRequest(name=name), pb.ModelReadyResponse)
        assert reply.ready is ready
    config = ask(channel, "ModelConfig", pb.ModelConfigRequest(name="echo"), pb.ModelConfigResponse)
    assert config.config.platform == "echo"
    path = f"/{serving_grpc.SERVICE}/ListModels"
    listed = serving.ListModelsResponse.FromString(unary(channel, path)(b"", timeout=WAIT_S))
    assert [row.name for row in listed.models] == ["echo", "instant", "twice"]


def test_grpc_carries_requests_and_streams_to_the_engine(channel: grpc.Channel) -> None:
    path = f"/{oip_grpc.SERVICE}/ModelInfer"
    data = oip_grpc.encode_request(asking("echo", 3, 4, id="a"), raw=True)
    response = oip_grpc.decode_response(unary(channel, path)(data, timeout=WAIT_S))
    assert (response.id, response.outputs[0].data.tolist()) == ("a", [3, 4])

    messages = [
        oip_grpc.encode_request(asking(model, value), raw=True)
        for model, value in (("echo", 1), ("instant", 2), ("instant", -1), ("twice", 3))
    ]
    stream = streaming(channel, f"/{oip_grpc.SERVICE}/ModelStreamInfer")
    replies = [
        oip_grpc.decode_stream_response(reply) for reply in stream(iter(messages), timeout=WAIT_S)
    ]
    answered = [
        (reply.model, int(reply.outputs[0].data[0]), reply.parameters["triton_final_response"])
        for error, reply in replies
        if not error and reply is not None
    ]
    assert sorted(answered) == [
        ("echo", 1, True),
        ("instant", 2, True),
        ("twice", 3, False),
        ("twice", 3, True),
    ]
    assert [error for error, _ in replies if error] == ["the engine echoes nothing below zero"]
    counted = ask(
        channel, "ModelStatistics", pb.ModelStatisticsRequest(), pb.ModelStatisticsResponse
    )
    assert {row.name: row.inference_count for row in counted.model_stats} == {
        "echo": 2,
        "instant": 2,
        "twice": 2,
    }


def test_grpc_lists_models_and_passes_on_that_none_is_loaded(channel: grpc.Channel) -> None:
    index = ask(channel, "RepositoryIndex", pb.RepositoryIndexRequest(), pb.RepositoryIndexResponse)
    assert [row.name for row in index.models] == ["echo", "instant", "twice"]
    changes: tuple[tuple[str, Any, Any], ...] = (
        ("Load", pb.RepositoryModelLoadRequest, pb.RepositoryModelLoadResponse),
        ("Unload", pb.RepositoryModelUnloadRequest, pb.RepositoryModelUnloadResponse),
    )
    for action, request, reply in changes:
        with pytest.raises(grpc.RpcError) as caught:
            ask(channel, f"RepositoryModel{action}", request(model_name="echo"), reply)
        error: Any = caught.value
        assert (error.code(), error.details()) == (grpc.StatusCode.UNAVAILABLE, NO_LOADING)
