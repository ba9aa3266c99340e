"""The extensions over REST: repository, configuration, statistics, shared memory, raw bodies."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from openapi_spec_validator import validate

from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ModelControl, ServerOptions
from backend.wire.oip.rest import HEADER_LENGTH
from tests.models.scripted_runtime import ScriptedRuntime, write_model
from tests.server.scripted_servables import Scripted, config, offer
from tests.server.shared_region import shared_file

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
DATA = bytes(range(200))


@pytest.fixture
def registry(tmp_path: Path) -> ModelRegistry:
    write_model(tmp_path, "m", 1)
    write_model(tmp_path, "bad", 1, script="broken")
    registry = ModelRegistry(folders=ModelFolders([tmp_path], [ScriptedRuntime()]))
    labelled = Scripted(config("scores", "max_batch_size: 4"))
    labelled.labels = {"OUTPUT0": ("cat", "dog")}
    offer(registry, labelled)
    offer(registry, Scripted(config("plain")))
    offer(registry, Scripted(config("many", "model_transaction_policy { decoupled: true }")))
    return registry


@pytest.fixture
def options() -> ServerOptions:
    return ServerOptions(model_control=ModelControl.EXPLICIT)


@pytest.fixture
def rest(server: EmbeddedServer) -> Iterator[Rest]:
    with requests.Session() as session:
        yield Rest(session, server.rest_url)


class Rest:
    """Asks one server."""

    def __init__(self, session: requests.Session, url: str) -> None:
        self._session = session
        self._url = url

    def get(self, path: str) -> requests.Response:
        return self._session.get(self._url + path, timeout=30)

    def post(self, path: str, body: Any = None, **headers: str) -> requests.Response:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        names = {key.replace("_", "-"): value for key, value in headers.items()}
        return self._session.post(self._url + path, data=data, headers=names, timeout=30)

    def refused(self, path: str, body: Any, status: int, text: str, **headers: str) -> None:
        reply = self.post(path, body, **headers)
        assert (reply.status_code, text in reply.json()["error"]) == (status, True), reply.text


def tensor(*values: int, batch: bool = False, **more: Any) -> dict[str, Any]:
    shape = [1, len(values)] if batch else [len(values)]
    given: dict[str, Any] = {"name": "INPUT0", "shape": shape, "datatype": "INT32"}
    return given | ({"data": list(values)} if values else {}) | more


class TestRepository:
    def test_models_are_loaded_and_unloaded(self, rest: Rest) -> None:
        assert rest.get("/v2/models/m").status_code == 404
        assert rest.post("/v2/repository/models/m/load").status_code == 200
        assert rest.get("/v2/models/m/ready").json() == {"name": "m", "ready": True}
        index = {row["name"]: row for row in rest.post("/v2/repository/index").json()}
        assert index["m"] == {"name": "m", "version": "1", "state": "READY"}
        unload = {"parameters": {"unload_dependents": True}}
        assert rest.post("/v2/repository/models/m/unload", unload).status_code == 200
        assert rest.get("/v2/models/m/ready").status_code == 404

    def test_a_broken_model_says_why_and_the_index_keeps_it(self, rest: Rest) -> None:
        reason = "failed to load 'bad', the script says broken"
        rest.refused("/v2/repository/models/bad/load", None, 500, reason)
        config = {"parameters": {"config": "{]"}}
        rest.refused("/v2/repository/models/m/load", config, 400, "failed to load 'm'")
        rows = {row["name"]: row for row in rest.post("/v2/repository/index", {}).json()}
        assert rows["bad"]["state"] == "UNAVAILABLE"
        ready = rest.post("/v2/repository/index", {"ready": True}).json()
        assert {row["name"] for row in ready} == {"scores", "plain", "many"}

    @pytest.mark.parametrize("name", ["..", "%2e%2e", "..%2fm", "%2fetc", "a%00b", "nobody"])
    def test_a_name_never_leads_out_of_the_repository(self, rest: Rest, name: str) -> None:
        # As it is: requests would resolve the dots of a path by itself.
        session = requests.Session()
        url = requests.Request("POST", rest._url).prepare()
        url.url = f"{rest._url}/v2/repository/models/{name}/load"
        reply = session.send(url, timeout=30)
        session.close()
        assert reply.status_code == 404, reply.text
        assert "error" in reply.json()

    def test_what_is_not_offered_says_so(self, rest: Rest) -> None:
        load = "/v2/repository/models/m/load"
        file = {"parameters": {"file:1/model.x": "AAAA"}}
        rest.refused(load, file, 501, "Start it with --allow-model-upload to allow that")
        rest.refused(load, {"parameters": {"x": 1}}, 400, "unexpected load parameter 'x'")
        rest.refused(load, {"parameters": {"config": 1}}, 400, "must be a string")
        rest.refused(load, b"[]", 400, "must be an object")
        rest.refused("/v2/repository/index", {"ready": 1}, 400, "'ready' must be true or false")
        rest.refused("/v2/repository/other/index", {}, 501, "'repository_name' specification")


class TestModels:
    def test_the_configuration_has_its_defaults_and_names(self, rest: Rest) -> None:
        said = rest.get("/v2/models/scores/config").json()
        assert said["name"] == "scores"
        assert said["max_batch_size"] == 4
        assert said["input"][0]["data_type"] == "TYPE_INT32"
        assert said["input"][0]["dims"] == [-1]
        assert said["input"][0]["optional"] is False
        assert rest.get("/v2/models/scores/versions/1/config").json() == said
        assert rest.get("/v2/models/nobody/config").status_code == 404

    def test_statistics_are_numbers(self, rest: Rest) -> None:
        for _ in range(3):
            assert rest.post("/v2/models/plain/infer", {"inputs": [tensor(1)]}).ok
        rest.post("/v2/models/plain/infer", {"inputs": []})
        (stats,) = rest.get("/v2/models/plain/stats").json()["model_stats"]
        assert stats["inference_count"] == stats["execution_count"] == 3
        assert stats["inference_stats"]["success"]["count"] == 3
        assert stats["inference_stats"]["fail"]["count"] == 1
        assert stats["inference_stats"]["success"]["ns"] > 0
        everything = rest.get("/v2/models/stats").json()["model_stats"]
        assert {model["name"] for model in everything} == {"scores", "plain", "many"}
        assert rest.get("/v2/models/nobody/stats").status_code == 400

    def test_metrics_agree_with_the_statistics(self, rest: Rest) -> None:
        rest.post("/v2/models/plain/infer", {"inputs": [tensor(1)]})
        rest.post("/v2/models/plain/infer", {"inputs": []})
        reply = rest.get("/metrics")
        assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = reply.text.splitlines()
        where = 'model="plain",version="1"'
        assert f"nv_inference_request_success{{{where}}} 1.0" in lines
        assert f"nv_inference_count{{{where}}} 1.0" in lines
        assert f"nv_inference_pending_request_count{{{where}}} 0.0" in lines
        failures = [line for line in lines if line.startswith("nv_inference_request_failure{")]
        assert sum(float(line.split()[-1]) for line in failures if 'model="plain"' in line) == 1
        for line in lines:
            assert line.startswith(("# HELP nv_", "# TYPE nv_", "nv_"))

    def test_classes_come_with_their_labels(self, rest: Rest) -> None:
        wanted = [{"name": "OUTPUT0", "parameters": {"classification": 2}}]
        body = {"inputs": [tensor(1, 5, 3, batch=True)], "outputs": wanted}
        (output,) = rest.post("/v2/models/scores/infer", body).json()["outputs"]
        assert (output["datatype"], output["shape"]) == ("BYTES", [1, 2])
        assert output["data"] == ["5:1:dog", "3:2"]

    def test_a_decoupled_model_is_not_for_rest(self, rest: Rest) -> None:
        text = "HTTP end point doesn't support models with decoupled transaction policy"
        rest.refused("/v2/models/many/infer", {"inputs": [tensor(1)]}, 501, text)

    @pytest.mark.parametrize(("model", "shape"), [("plain", [3]), ("scores", [1, 3])])
    def test_a_body_may_be_the_only_inputs_bytes(
        self, rest: Rest, model: str, shape: list[int]
    ) -> None:
        body = np.array([7, 8, 9], "<i4").tobytes()
        reply = rest.post(f"/v2/models/{model}/infer", body, **{HEADER_LENGTH: "0"})
        size = int(reply.headers[HEADER_LENGTH])
        (output,) = json.loads(reply.content[:size])["outputs"]
        assert output["shape"] == shape
        assert reply.content[size:] == body


@LINUX
class TestSharedMemory:
    ROOT = "/v2/systemsharedmemory"

    @pytest.fixture
    def file(self) -> Iterator[Path]:
        with shared_file(np.arange(50, dtype="<i4").tobytes()) as file:
            yield file

    @pytest.fixture(autouse=True)
    def region(self, rest: Rest, file: Path) -> None:
        asked = {"key": f"/{file.name}", "offset": 0, "byte_size": 200}
        assert rest.post(f"{self.ROOT}/region/r/register", asked).status_code == 200

    @staticmethod
    def ask(
        offset: int = 0, size: int = 20, output: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        where = {"shared_memory_region": "r", "shared_memory_byte_size": size}
        body: dict[str, Any] = {
            "inputs": [
                {
                    **tensor(),
                    "shape": [5],
                    "parameters": {**where, "shared_memory_offset": offset},
                }
            ]
        }
        return body | ({"outputs": [{"name": "OUTPUT0", "parameters": output}]} if output else {})

    def test_inputs_and_outputs_lie_in_a_region(self, rest: Rest, file: Path) -> None:
        there = {
            "shared_memory_region": "r",
            "shared_memory_byte_size": 40,
            "shared_memory_offset": 100,
        }
        reply = rest.post("/v2/models/plain/infer", self.ask(8, 20, there))
        (output,) = reply.json()["outputs"]
        assert output == {"name": "OUTPUT0", "shape": [5], "datatype": "INT32"}
        assert np.frombuffer(file.read_bytes()[100:120], "<i4").tolist() == [2, 3, 4, 5, 6]
        plain = rest.post("/v2/models/plain/infer", self.ask(8)).json()
        assert plain["outputs"][0]["data"] == [2, 3, 4, 5, 6]

    def test_a_region_that_shrinks_is_an_error_of_that_request_only(
        self, rest: Rest, file: Path
    ) -> None:
        os.truncate(file, 10)
        rest.refused("/v2/models/plain/infer", self.ask(), 400, "smaller now")
        there = {"shared_memory_region": "r", "shared_memory_byte_size": 40}
        rest.refused("/v2/models/plain/infer", self.ask(output=there), 400, "smaller now")
        assert rest.post("/v2/models/plain/infer", {"inputs": [tensor(1)]}).ok
        os.truncate(file, 200)
        assert rest.post("/v2/models/plain/infer", self.ask()).ok

    def test_wrong_requests_are_refused(self, rest: Rest) -> None:
        infer = "/v2/models/plain/infer"
        rest.refused(infer, self.ask(190), 400, "Invalid offset + byte size")
        rest.refused(infer, self.ask(0, 16), 400, "Expected 20, got 16")
        small = {"shared_memory_region": "r", "shared_memory_byte_size": 8}
        rest.refused(infer, self.ask(output=small), 400, "should be at least 20 bytes")
        elsewhere = {"shared_memory_region": "x", "shared_memory_byte_size": 8}
        rest.refused(
            infer, self.ask(output=elsewhere), 404, "Unable to find shared memory region: 'x'"
        )
        both = {"inputs": [tensor(1, parameters=small)]}
        rest.refused(infer, both, 400, "one of 'data'")
        register = f"{self.ROOT}/region/q/register"
        rest.refused(register, {"key": "/../etc/passwd", "byte_size": 1}, 400, "Unable to open")
        rest.refused(register, {"key": "/x"}, 400, "'byte_size' must be an integer")
        rest.refused(register, b"", 400, "'byte_size' must be an integer")
        taken = {"key": "/x", "byte_size": 8}
        rest.refused(f"{self.ROOT}/region/r/register", taken, 400, "already in manager")

    def test_regions_are_listed_and_forgotten(self, rest: Rest, file: Path) -> None:
        row = {"name": "r", "key": f"/{file.name}", "offset": 0, "byte_size": 200}
        assert rest.get(f"{self.ROOT}/status").json() == [row]
        assert rest.get(f"{self.ROOT}/region/r/status").json() == [row]
        assert rest.get(f"{self.ROOT}/region/x/status").status_code == 404
        assert rest.post(f"{self.ROOT}/region/x/unregister").ok
        assert rest.post(f"{self.ROOT}/region/r/unregister").ok
        assert rest.get(f"{self.ROOT}/status").json() == []
        assert rest.post(f"{self.ROOT}/unregister").ok


class TestDescription:
    def test_it_is_valid_and_complete(self, rest: Rest) -> None:
        document = rest.get("/openapi.json").json()
        validate(document)
        said = {
            reference
            for reference in json.dumps(document).split('"')
            if reference.startswith("#/components/schemas/")
        }
        assert said == {
            f"#/components/schemas/{name}" for name in document["components"]["schemas"]
        }

    def test_every_route_in_it_answers_and_no_other_verb_does(self, rest: Rest) -> None:
        verbs = {"get", "post", "put", "delete", "patch"}
        names = {"model": "plain", "version": "1", "region": "r", "repository": "x"}
        session = requests.Session()
        for path, operations in rest.get("/openapi.json").json()["paths"].items():
            url = rest._url + path.format(**names)
            for verb in verbs:
                reply = session.request(verb, url, timeout=30)
                if verb in operations:
                    assert reply.status_code not in (405, 500), (verb, path)
                    assert reply.text != '{"error":"Not Found"}'
                else:
                    assert reply.status_code == 405, (verb, path)
                    assert reply.json() == {"error": "Method Not Allowed"}
        session.close()
