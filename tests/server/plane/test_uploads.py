"""Models whose files come with the request to load them."""

from __future__ import annotations

import base64
import json
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests

from backend.core.errors import UsageError
from backend.core.tensors import Datatype
from backend.models.catalogue import repository_registry
from backend.models.code.permission import ALLOWING_OPTION, AllCode, CodePermission, NoCode
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ModelControl, ServerOptions
from backend.wire.generated import open_inference_pb2 as pb
from tests.models.onnx_folders import identity
from tests.server.grpc_calls import unary
from tests.waiting import wait_for

CONFIG = json.dumps({"backend": "onnxruntime"})


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the system's temporary files are."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def model(tmp_path: Path) -> bytes:
    folder = identity(tmp_path / "made", Datatype.INT32, ["n", 2])
    return (folder / "1" / "model.onnx").read_bytes()


@pytest.fixture
def options() -> ServerOptions:
    return ServerOptions(model_control=ModelControl.EXPLICIT, model_upload=True)


@pytest.fixture
def code() -> CodePermission:
    return NoCode()


@pytest.fixture
def server(
    tmp_path: Path, temporary: Path, options: ServerOptions, code: CodePermission
) -> Iterator[EmbeddedServer]:
    identity(tmp_path / "models" / "kept", Datatype.INT32, [2])
    registry = repository_registry([tmp_path / "models"], bundled=True, code=code)
    server = EmbeddedServer(registry, options)
    server.start()
    yield server
    assert server.stop()
    registry.close()
    wait_until_empty(temporary)


@pytest.fixture
def post(server: EmbeddedServer) -> Callable[..., tuple[int, Any]]:
    def ask(path: str, **parameters: Any) -> tuple[int, Any]:
        body = {"parameters": parameters}
        reply = requests.post(f"{server.rest_url}/v2/{path}", json=body, timeout=60)
        return reply.status_code, reply.json() if reply.content else None

    return ask


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def versions(server: EmbeddedServer, name: str) -> list[str]:
    metadata = requests.get(f"{server.rest_url}/v2/models/{name}", timeout=30).json()
    found: list[str] = metadata.get("versions", [])
    return found


def infer(server: EmbeddedServer, name: str) -> int:
    tensor = {"name": "X", "datatype": "INT32", "shape": [1, 2], "data": [5, 6]}
    url = f"{server.rest_url}/v2/models/{name}/infer"
    return requests.post(url, json={"inputs": [tensor]}, timeout=30).status_code


def wait_until_empty(folder: Path) -> None:
    """A model goes when its last thread has ended."""
    wait_for(lambda: not any(folder.iterdir()))


def test_a_model_is_served_from_its_files_until_it_is_unloaded(
    server: EmbeddedServer, post: Callable[..., tuple[int, Any]], model: bytes, temporary: Path
) -> None:
    files = {"file:1/model.onnx": b64(model), "file:3/model.onnx": b64(model), "file:a.txt": ""}
    config = json.dumps({"version_policy": {"all": {}}})
    assert post("repository/models/new/load", config=config, **files) == (200, None)
    assert versions(server, "new") == ["1", "3"]
    assert infer(server, "new") == 200

    (root,) = temporary.iterdir()
    (place,) = root.iterdir()
    there = sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())
    assert there == ["new/1/model.onnx", "new/3/model.onnx", "new/a.txt"]
    if sys.platform != "win32":
        for path in (root, place, *place.rglob("*")):
            wanted = 0o700 if path.is_dir() else 0o600
            assert stat.S_IMODE(path.stat().st_mode) == wanted, path

    assert post("repository/models/new/unload") == (200, None)
    wait_until_empty(temporary)
    status, reply = post("repository/models/new/load")
    assert (status, reply["error"]) == (
        404,
        "failed to load 'new', no such model in the model repository",
    )
    assert "new" not in {row["name"] for row in post("repository/index")[1]}


def test_files_take_the_place_of_a_model_until_it_is_loaded_anew(
    server: EmbeddedServer, post: Callable[..., tuple[int, Any]], model: bytes, temporary: Path
) -> None:
    assert post("repository/models/kept/load") == (200, None)
    files = {"file:7/model.onnx": b64(model)}
    for _ in range(2):
        assert post("repository/models/kept/load", config=CONFIG, **files) == (200, None)
    assert versions(server, "kept") == ["7"]
    (root,) = temporary.iterdir()
    wait_for(lambda: len(list(root.iterdir())) == 1)
    assert post("repository/models/kept/load") == (200, None)
    assert versions(server, "kept") == ["1"]
    wait_until_empty(temporary)


def test_grpc_takes_the_bytes(
    server: EmbeddedServer, connect: Callable[[str], grpc.Channel], model: bytes
) -> None:
    request = pb.RepositoryModelLoadRequest(model_name="new")
    request.parameters["config"].string_param = CONFIG
    request.parameters["file:1/model.onnx"].bytes_param = model
    load = unary(
        connect(server.grpc_address), "/inference.GRPCInferenceService/RepositoryModelLoad"
    )
    load(request.SerializeToString(), timeout=30)
    assert versions(server, "new") == ["1"]


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("new", {"file:1/model.onnx": "AAAA"}, "'config' must be specified for model file"),
        ("new", {"config": CONFIG, "file:1/model.onnx": "@@"}, "'file:1/model.onnx' is not base64"),
        ("new", {"config": CONFIG, "file:1/model.onnx": 5}, "must be the file's bytes in base64"),
        ("new", {"config": CONFIG, "file:1/model.onnx": "AAAA"}, "failed to load 'new'"),
        ("new", {"config": CONFIG, "file:model.onnx": "AAAA"}, "no version is there"),
        ("new", {"config": "{", "file:1/model.onnx": "AAAA"}, "the configuration cannot be read"),
        ("new", {"config": CONFIG, "other": "AAAA"}, "unexpected load parameter 'other'"),
        (".new", {"config": CONFIG, "file:1/m": "AAAA"}, "cannot be uploaded under the name"),
        ("a:b", {"config": CONFIG, "file:1/m": "AAAA"}, "cannot be uploaded under the name"),
        ("x" * 300, {"config": CONFIG, "file:1/m": "AAAA"}, "cannot be uploaded under the name"),
        *(
            ("new", {"config": CONFIG, f"file:{path}": "AAAA"}, "names no file of a model")
            for path in (
                "", "/etc/x", "../x", "1/../x", "1/2/x", "1/.x", "01/x", "a/x", "1/..", "1/",
                "..", "1\\x", "1/a\\..\\b", "1/a\0b", "C:x", "1/" + "n" * 300,
            )
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_a_model_is_refused_and_nothing_is_left(
    post: Callable[..., tuple[int, Any]],
    temporary: Path,
    name: str,
    parameters: dict[str, Any],
    message: str,
) -> None:
    status, reply = post(f"repository/models/{name}/load", **parameters)
    assert (status, message in reply["error"]) == (400, True), reply
    wait_until_empty(temporary)
    assert name not in {row["name"] for row in post("repository/index")[1]}


def test_as_many_models_as_fit_are_kept(
    post: Callable[..., tuple[int, Any]], model: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.models.repository.uploads.MOST_MODELS", 2)
    files = {"config": CONFIG, "file:1/model.onnx": b64(model)}
    for name in ("a", "b"):
        assert post(f"repository/models/{name}/load", **files) == (200, None)
    status, reply = post("repository/models/c/load", **files)
    assert (status, "2 uploaded models are loaded already" in reply["error"]) == (400, True)
    assert post("repository/models/a/unload") == (200, None)
    assert post("repository/models/c/load", **files) == (200, None)


PYTHON_CONFIG = json.dumps(
    {
        "backend": "python",
        "input": [{"name": "X", "data_type": "TYPE_INT32", "dims": [-1, 2]}],
        "output": [{"name": "Y", "data_type": "TYPE_INT32", "dims": [-1, 2]}],
    }
)
PROGRAM = b"""
import triton_python_backend_utils as pb_utils
from helper import doubled

class TritonPythonModel:
    def execute(self, requests):
        return [pb_utils.InferenceResponse([pb_utils.Tensor("Y", doubled(
            pb_utils.get_input_tensor_by_name(request, "X").as_numpy()))]) for request in requests]
"""
PYTHON = {
    "config": PYTHON_CONFIG,
    "file:1/model.py": b64(PROGRAM),
    "file:1/helper.py": b64(b"def doubled(x):\n    return x * 2\n"),
}


def test_a_program_that_is_sent_along_needs_the_permission_that_all_need(
    post: Callable[..., tuple[int, Any]], temporary: Path
) -> None:
    status, reply = post("repository/models/new/load", **PYTHON)
    assert (status, ALLOWING_OPTION in reply["error"]) == (400, True)
    wait_until_empty(temporary)


class TestWithPrograms:
    @pytest.fixture
    def code(self) -> CodePermission:
        return AllCode()

    def test_it_is_run(self, server: EmbeddedServer, post: Callable[..., tuple[int, Any]]) -> None:
        assert post("repository/models/new/load", **PYTHON) == (200, None)
        assert infer(server, "new") == 200


class TestWithoutTheOption:
    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(model_control=ModelControl.EXPLICIT)

    def test_files_are_refused_with_its_name(
        self, post: Callable[..., tuple[int, Any]], model: bytes
    ) -> None:
        files = {"config": CONFIG, "file:1/model.onnx": b64(model)}
        status, reply = post("repository/models/new/load", **files)
        assert status == 501
        assert "--allow-model-upload" in reply["error"]


def test_the_option_needs_explicit_control() -> None:
    with pytest.raises(UsageError, match="upload needs --model-control-mode explicit"):
        ServerOptions(model_upload=True)
