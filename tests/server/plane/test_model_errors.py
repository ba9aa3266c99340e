"""The errors that Python models choose, as they reach callers over REST and gRPC."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import numpy as np
import pytest
import requests

from backend.core.inference import InferRequest
from backend.core.tensors import Datatype, Tensor
from backend.models.catalogue import repository_registry
from backend.models.code.permission import AllCode
from backend.models.repository.registry import ModelRegistry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.wire.oip import grpc as oip_grpc
from tests.models.runtimes.python.test_served import add
from tests.server.grpc.test_extensions import WAIT_S, Talk, code_of
from tests.server.grpc_calls import unary

CODES = """
    import numpy as np
    import triton_python_backend_utils as pb_utils

    class TritonPythonModel:
        def execute(self, requests):
            return [self.answer(request) for request in requests]

        def answer(self, request):
            code = int(pb_utils.get_input_tensor_by_name(request, "CODE").as_numpy()[0])
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(f"code {code}", code))
"""
LATE = """
    import numpy as np
    import triton_python_backend_utils as pb_utils

    class TritonPythonModel:
        def execute(self, requests):
            for request in requests:
                code = pb_utils.get_input_tensor_by_name(request, "CODE").as_numpy()
                sender = request.get_response_sender()
                reply = pb_utils.InferenceResponse([pb_utils.Tensor("OUT", code)])
                sender.send(reply)
                error = pb_utils.TritonError(f"code {code[0]}", int(code[0]))
                sender.send(pb_utils.InferenceResponse(error=error))
                sender.send(reply)
                sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
"""
TENSORS = """
    input { name: "CODE" data_type: TYPE_INT32 dims: 1 }
    output { name: "OUT" data_type: TYPE_INT32 dims: 1 }
"""
# As Triton tells them: the code, the gRPC status, the HTTP status.
TOLD = [
    (0, "UNKNOWN", 400),
    (1, "INTERNAL", 500),
    (2, "NOT_FOUND", 404),
    (3, "INVALID_ARGUMENT", 400),
    (4, "UNAVAILABLE", 503),
    (5, "UNIMPLEMENTED", 501),
    (6, "ALREADY_EXISTS", 400),
    (7, "CANCELLED", 400),
]
told = pytest.mark.parametrize(("code", "status", "http"), TOLD)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelRegistry]:
    root = tmp_path_factory.mktemp("repository")
    add(root, "codes", CODES, TENSORS)
    add(root, "late", LATE, TENSORS + "model_transaction_policy { decoupled: true }")
    registry = repository_registry([root], bundled=False, code=AllCode())
    registry.load_all()
    yield registry
    registry.close()


@pytest.fixture
def server(registry: ModelRegistry) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(registry, ServerOptions())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def channel(server: EmbeddedServer) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.grpc_address) as channel:
        yield channel


def asking(model: str, code: int) -> InferRequest:
    return InferRequest(model, (Tensor("CODE", Datatype.INT32, np.array([code], np.int32)),))


@told
def test_a_code_over_rest(server: EmbeddedServer, code: int, status: str, http: int) -> None:
    body = {"inputs": [{"name": "CODE", "datatype": "INT32", "shape": [1], "data": [code]}]}
    url = f"{server.rest_url}/v2/models/codes/infer"
    reply = requests.post(url, json=body, timeout=WAIT_S)
    assert (reply.status_code, reply.json()) == (http, {"error": f"code {code}"})


@told
def test_a_code_over_grpc(channel: grpc.Channel, code: int, status: str, http: int) -> None:
    ask = unary(channel, f"/{oip_grpc.SERVICE}/ModelInfer")
    message = oip_grpc.encode_request(asking("codes", code), raw=True)
    assert code_of(lambda: ask(message, timeout=WAIT_S)) == (status, f"code {code}")


@told
@pytest.mark.parametrize("model", ["codes", "late"])
def test_a_code_ends_the_stream_of_who_wants_that(
    channel: grpc.Channel, model: str, code: int, status: str, http: int
) -> None:
    talk = Talk(channel, ("triton_grpc_error", "true"))
    talk.say(asking(model, code))
    if model == "late":
        error, answer = talk.hear()
        assert error == ""
        assert answer is not None
    assert code_of(talk.hear) == (status, f"code {code}")
    talk.give_up()


def test_a_late_error_is_one_answer_of_many_for_others(channel: grpc.Channel) -> None:
    talk = Talk(channel)
    talk.say(asking("late", 3))
    assert [talk.hear()[0] for _ in range(3)] == ["", "code 3", ""]
    talk.give_up()
