"""Nothing that we start reports to anybody: ONNX Runtime would, from its import on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import requests

from backend.core.tensors import Datatype
from tests.models.onnx_folders import identity
from tests.models.runtimes.python.test_served import add

ROOT = Path(__file__).resolve().parents[3]
RUNS_ONNX = """
    import sys
    import onnxruntime
    import triton_python_backend_utils as pb_utils

    class TritonPythonModel:
        def initialize(self, args):
            self.session = onnxruntime.InferenceSession({file!r})

        def execute(self, requests):
            given = [pb_utils.get_input_tensor_by_name(r, "X").as_numpy() for r in requests]
            answers = [self.session.run(None, {{"X": one}})[0] for one in given]
            return [pb_utils.InferenceResponse([pb_utils.Tensor("Y", one)]) for one in answers]
"""
TENSORS = """
    input { name: "X" data_type: TYPE_FP32 dims: 2 }
    output { name: "Y" data_type: TYPE_FP32 dims: 2 }
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty folder to be at home in."""
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """Of a user at a terminal: ONNX Runtime is silent by itself where it sees CI or tests."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {**kept, "HOME": str(home), "USERPROFILE": str(home)}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An ONNX file, and a Python model that runs it with ONNX Runtime by itself."""
    repository = tmp_path / "repository"
    file = identity(repository / "plain", Datatype.FP32, [2]) / "1" / "model.onnx"
    add(repository, "inside", RUNS_ONNX.format(file=str(file)), TENSORS)
    return repository


def files(folder: Path) -> Sequence[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("wish", [{}, {"ORT_DISABLE_TELEMETRY": "0"}])
def test_a_server_that_ran_models_leaves_the_home_folder_empty(
    home: Path, environment: dict[str, str], repository: Path, wish: dict[str, str]
) -> None:
    body = {"inputs": [{"name": "X", "datatype": "FP32", "shape": [2], "data": [1.5, 2]}]}
    command = [sys.executable, str(ROOT / "main.py"), "serve", "--allow-python-models"]
    with subprocess.Popen(
        [*command, "--model-repository", str(repository)],
        env={**environment, **wish},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            address = json.loads(server.stdout.readline())["rest"]
            for model in ("plain", "inside"):
                url = f"{address}/v2/models/{model}/infer"
                answer = requests.post(url, json=body, timeout=30)
                assert answer.json()["outputs"][0]["data"] == [1.5, 2], answer.text
            server.send_signal(signal.SIGTERM)
            assert server.wait(30) == 0
        finally:
            server.kill()
    assert files(home) == []
