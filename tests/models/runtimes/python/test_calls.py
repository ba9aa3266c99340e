"""A Python model asks other models of its server."""

from __future__ import annotations

import json
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from backend.models.catalogue import repository_registry
from backend.models.code.permission import AllCode
from backend.models.repository.registry import ModelRegistry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions

WAIT_S = 60.0
FRONT = """
import asyncio
import json
import numpy as np
import triton_python_backend_utils as pb_utils

def ask(model, name, data, wanted=(), **more):
    return pb_utils.InferenceRequest(
        model_name=model, requested_output_names=list(wanted),
        inputs=[pb_utils.Tensor(name, data)], **more)

def told(response):
    if response.has_error():
        return {"code": response.error().code(), "error": response.error().message()}
    return [tensor.as_numpy().reshape(-1)[:4].tolist() for tensor in response.output_tensors()]

class TritonPythonModel:
    def initialize(self, args):
        self.early = ""
        try:
            ask("identity", "INPUT0", np.zeros(1, np.uint8)).exec()
        except pb_utils.TritonModelException as error:
            self.early = str(error)

    async def execute(self, requests):
        answers = [await self.one(json.loads(request.parameters())) for request in requests]
        return [pb_utils.InferenceResponse([pb_utils.Tensor(
            "OUT", np.array([json.dumps(answer).encode()], object))]) for answer in answers]

    async def one(self, what):
        small, large = np.arange(3, dtype=np.uint8), np.full(1_000_000, 7, np.uint8)
        match what["do"]:
            case "early":
                return self.early
            case "one":
                return told(ask("identity", "INPUT0", small, ["OUTPUT0"], request_id="x").exec())
            case "large":
                return told(ask("identity", "INPUT0", large).exec())
            case "many":
                asked = [ask("identity", "INPUT0", small + n).async_exec() for n in range(8)]
                return [told(response) for response in await asyncio.gather(*asked)]
            case "unknown":
                return told(ask("nobody", "INPUT0", small).exec())
            case "wrong":
                return told(ask("identity", "INPUT0", small.astype(np.float32)).exec())
            case "decoupled":
                count = np.array([3], np.int32)
                return [told(one) for one in ask("repeat", "COUNT", count).exec(decoupled=True)]
            case "decoupled refused":
                return told(ask("repeat", "COUNT", np.array([3], np.int32)).exec())
            case "itself":
                inner = pb_utils.InferenceRequest(
                    model_name="front", parameters={"do": "early"}, inputs=[])
                return told(inner.exec())
            case _:
                return told(pb_utils.InferenceRequest().exec())
"""
FRONT_CONFIG = """
backend: "python"
output { name: "OUT" data_type: TYPE_STRING dims: 1 }
"""
REPEAT = """
import numpy as np
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        for request in requests:
            sender = request.get_response_sender()
            for n in range(pb_utils.get_input_tensor_by_name(request, "COUNT").as_numpy()[0]):
                out = pb_utils.Tensor("OUT", np.array([n], np.int32))
                sender.send(pb_utils.InferenceResponse([out]))
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
"""
REPEAT_CONFIG = """
backend: "python"
input { name: "COUNT" data_type: TYPE_INT32 dims: 1 }
output { name: "OUT" data_type: TYPE_INT32 dims: 1 }
model_transaction_policy { decoupled: true }
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelRegistry]:
    root = tmp_path_factory.mktemp("repository")
    for name, source, config in (
        ("front", FRONT, FRONT_CONFIG),
        ("repeat", REPEAT, REPEAT_CONFIG),
    ):
        folder: Path = root / name / "1"
        folder.mkdir(parents=True)
        (folder / "model.py").write_text(textwrap.dedent(source))
        (root / name / "config.pbtxt").write_text(config)
    registry = repository_registry([root], bundled=True, code=AllCode())
    registry.load_all()
    yield registry
    registry.close()


@pytest.fixture
def server(registry: ModelRegistry) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(registry, ServerOptions())
    server.start()
    yield server
    server.stop()


def do(server: EmbeddedServer, what: str) -> Any:
    """What the model in front says of that."""
    url = f"{server.rest_url}/v2/models/front/infer"
    answer = requests.post(url, json={"inputs": [], "parameters": {"do": what}}, timeout=WAIT_S)
    assert answer.ok, answer.text
    return json.loads(answer.json()["outputs"][0]["data"][0])


def test_it_is_answered_as_any_caller(server: EmbeddedServer) -> None:
    assert do(server, "one") == [[0, 1, 2]]
    assert do(server, "large") == [[7, 7, 7, 7]]
    assert do(server, "many") == [[[n, n + 1, n + 2]] for n in range(8)]


def test_a_decoupled_model_answers_it_many_times(server: EmbeddedServer) -> None:
    assert do(server, "decoupled") == [[[0]], [[1]], [[2]], []]
    refused = do(server, "decoupled refused")
    assert refused["code"] == 5
    assert "ask it with decoupled=True" in refused["error"]


def test_what_the_other_model_refuses_is_the_answer(server: EmbeddedServer) -> None:
    unknown = do(server, "unknown")
    assert (unknown["code"], "unknown model: 'nobody'" in unknown["error"]) == (2, True)
    wrong = do(server, "wrong")
    assert (wrong["code"], "data-type is 'FP32'" in wrong["error"]) == (3, True)


def test_it_may_ask_only_while_it_is_asked(server: EmbeddedServer) -> None:
    assert do(server, "early") == "Other models can be asked only while execute() runs."


def test_a_request_that_names_no_model_fails(server: EmbeddedServer) -> None:
    url = f"{server.rest_url}/v2/models/front/infer"
    body = {"inputs": [], "parameters": {"do": "nothing"}}
    answer = requests.post(url, json=body, timeout=WAIT_S)
    assert (answer.status_code, "needs its model_name" in answer.text) == (500, True)


def test_a_model_that_waits_for_itself_is_let_go_when_the_server_stops(
    registry: ModelRegistry, server: EmbeddedServer
) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(
            requests.post,
            f"{server.rest_url}/v2/models/front/infer",
            json={"inputs": [], "parameters": {"do": "itself"}},
            timeout=WAIT_S,
        )
        gauge = 'nv_inference_pending_request_count{model="front",version="1"} 2.0'
        while gauge not in requests.get(f"{server.rest_url}/metrics", timeout=WAIT_S).text:
            assert not waiting.done()
        assert server.stop()
        waiting.exception(WAIT_S)
    again = EmbeddedServer(registry, ServerOptions())
    again.start()
    try:
        assert do(again, "one") == [[0, 1, 2]]
    finally:
        again.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("model-")]
