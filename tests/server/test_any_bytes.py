"""Any bytes to any route or method: a clean refusal, and the server lives."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import grpc
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.models.catalogue import bundled_registry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ModelControl, ServerOptions
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.oip import grpc as oip_grpc
from tests.server.grpc.test_services import request
from tests.server.grpc_calls import streaming, unary

SERVICES = pb.DESCRIPTOR.services_by_name
METHODS = [
    f"/{oip_grpc.SERVICE}/{method.name}"
    for method in SERVICES["GRPCInferenceService"].methods
    if not method.client_streaming
]
CLEAN = {
    "OK",
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "UNIMPLEMENTED",
    "ALREADY_EXISTS",
    "RESOURCE_EXHAUSTED",
    # A name that is none of a model, as Triton says it.
    "INTERNAL",
}
POSTS = [
    "/predict?model=identity",
    "/v2/models/identity/infer",
    "/v2/repository/index",
    "/v2/repository/models/nobody/load",
    "/v2/repository/models/nobody/unload",
    "/v2/systemsharedmemory/region/r/register",
    "/v2/trace/setting",
    "/v2/logging",
]
HEADER = {"inputs": [{"name": "INPUT0", "shape": [2], "datatype": "UINT8", "data": [1, 2]}]}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
regions = st.fixed_dictionaries(
    {},
    optional={
        "shared_memory_region": json_values,
        "shared_memory_byte_size": json_values,
        "shared_memory_offset": json_values,
        "classification": json_values,
        "binary_data_size": json_values,
    },
)
few = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def alive() -> Iterator[EmbeddedServer]:
    registry = bundled_registry()
    server = EmbeddedServer(registry, ServerOptions(model_control=ModelControl.EXPLICIT))
    server.start()
    yield server
    assert requests.get(f"{server.rest_url}/v2/health/ready", timeout=30).ok
    assert server.stop()
    registry.close()


@pytest.fixture(scope="module")
def ask(alive: EmbeddedServer) -> Iterator[Callable[[str, bytes], str]]:
    with grpc.insecure_channel(alive.grpc_address) as channel:

        def call(method: str, message: bytes) -> str:
            _, code = unary(channel, method).with_call(message, timeout=30)
            return str(code.code().name)

        def safely(method: str, message: bytes) -> str:
            try:
                return call(method, message)
            except grpc.RpcError as error:
                return str(error.code().name)

        yield safely


@pytest.fixture(scope="module")
def post(alive: EmbeddedServer) -> Iterator[Callable[[str, bytes], requests.Response]]:
    with requests.Session() as session:
        yield lambda path, body: session.post(alive.rest_url + path, data=body, timeout=30)


@pytest.mark.parametrize("method", METHODS)
@few
@given(message=st.binary(max_size=60))
def test_any_bytes_to_any_method(
    ask: Callable[[str, bytes], str], method: str, message: bytes
) -> None:
    assert ask(method, message) in CLEAN


@few
@given(data=st.data())
def test_a_request_with_some_bytes_changed(
    alive: EmbeddedServer, ask: Callable[[str, bytes], str], data: st.DataObject
) -> None:
    message = bytearray(oip_grpc.encode_request(request([1, 2, 3], id="x"), raw=True))
    for _ in range(data.draw(st.integers(1, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    assert ask(oip_grpc.MODEL_INFER, bytes(message)) in CLEAN - {"INTERNAL"}
    good = oip_grpc.encode_request(request([9]), raw=True)
    with grpc.insecure_channel(alive.grpc_address) as channel:
        call = streaming(channel, oip_grpc.MODEL_STREAM_INFER)
        first, second = call(iter([bytes(message), good]), timeout=30)
    oip_grpc.decode_stream_response(first)
    error, answer = oip_grpc.decode_stream_response(second)
    assert not error
    assert answer is not None
    assert answer.outputs[0].data.tolist() == [9]


@pytest.mark.parametrize("path", POSTS)
@few
@given(body=st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_body_to_any_route(
    post: Callable[[str, bytes], requests.Response], path: str, body: bytes
) -> None:
    reply = post(path, body)
    assert reply.status_code in (200, 400, 404, 413, 501), reply.text
    assert reply.status_code == 200 or "error" in reply.json()


@few
@given(inputs=regions, outputs=regions, request=regions)
def test_any_parameters(
    post: Callable[[str, bytes], requests.Response],
    inputs: dict[str, object],
    outputs: dict[str, object],
    request: dict[str, object],
) -> None:
    body = {
        "inputs": [HEADER["inputs"][0] | {"parameters": inputs}],
        "outputs": [{"name": "OUTPUT0", "parameters": outputs}],
        "parameters": request,
    }
    reply = post("/v2/models/identity/infer", json.dumps(body).encode())
    assert reply.status_code in (200, 400, 404), reply.text
