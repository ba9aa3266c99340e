"""Python models in a repository, served through the data plane."""

from __future__ import annotations

import asyncio
import textwrap
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.core.errors import NotReady
from backend.core.inference import InferRequest
from backend.models.catalogue import repository_registry
from backend.models.code.permission import AllCode
from backend.models.repository.registry import ModelRegistry
from backend.server.plane.about import model_metadata
from backend.server.plane.local import LocalDataPlane
from tests.models.python_models import WAIT_S, tensor
from tests.models.runtimes.python.test_crashes import CRASHING
from tests.models.runtimes.python.test_models import REPEAT

DOUBLE = """
    import numpy as np
    import triton_python_backend_utils as pb_utils

    class TritonPythonModel:
        @staticmethod
        def auto_complete_config(config):
            config.set_max_batch_size(8)
            config.add_input({"name": "IN", "data_type": "TYPE_INT32", "dims": [2]})
            config.add_output({"name": "OUT", "data_type": "TYPE_INT32", "dims": [2]})
            return config

        def execute(self, requests):
            given = [pb_utils.get_input_tensor_by_name(r, "IN").as_numpy() for r in requests]
            return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", 2 * g)]) for g in given]
"""
REPEAT_CONFIG = """
    model_transaction_policy { decoupled: true }
    input { name: "COUNT" data_type: TYPE_INT64 dims: 1 }
    output { name: "OUT" data_type: TYPE_INT32 dims: 1 }
"""


def add(root: Path, name: str, source: str, text: str = "") -> None:
    folder = root / name / "1"
    folder.mkdir(parents=True)
    (folder / "model.py").write_text(textwrap.dedent(source))
    if text:
        (root / name / "config.pbtxt").write_text(f'backend: "python"\n{text}')


@pytest.fixture
def registry(tmp_path: Path) -> ModelRegistry:
    root = tmp_path / "repository"
    add(root, "double", DOUBLE)
    add(root, "repeat", REPEAT, REPEAT_CONFIG)
    add(root, "crash", CRASHING, 'output { name: "PID" data_type: TYPE_INT64 dims: 1 }')
    add(root, "broken", "import no_such_module_anywhere")
    registry = repository_registry([root], bundled=False, code=AllCode())
    registry.load_all()
    return registry


def run(registry: ModelRegistry, work: Coroutine[Any, Any, None], plane: LocalDataPlane) -> None:
    async def body() -> None:
        try:
            await asyncio.wait_for(work, WAIT_S)
        finally:
            plane.close()

    try:
        asyncio.run(body())
    finally:
        assert plane.join(WAIT_S)
        registry.close()


def test_python_models_are_served_beside_each_other(registry: ModelRegistry) -> None:
    plane = LocalDataPlane(registry)

    def states() -> dict[str, tuple[str, str]]:
        return {entry.name: (entry.state, entry.reason) for entry in registry.index()}

    async def work() -> None:
        state, reason = states()["broken"]
        assert state == "UNAVAILABLE"
        assert "no_such_module_anywhere" in reason

        assert model_metadata(registry.get("double"), ()).platform == "python"

        pairs = tensor("IN", np.array([[1, 2], [3, 4]], np.int32))
        answer, timing = await plane.infer(InferRequest("double", (pairs,)))
        assert answer.outputs[0].data.tolist() == [[2, 4], [6, 8]]
        assert timing.compute_infer_us > 0

        count = tensor("COUNT", np.array([3]))
        answers = [one async for one in plane.stream(InferRequest("repeat", (count,)))]
        numbers = [int(one.response.outputs[0].data[0]) for one in answers if one.response]
        assert numbers == [0, 1, 2]
        assert [one.final for one in answers][-1]

        with pytest.raises(NotReady, match="exit code 3"):
            await plane.infer(InferRequest("crash", (), id="crash"))
        assert states()["crash"][0] == "UNAVAILABLE"
        assert "exit code 3" in states()["crash"][1]
        again = await plane.infer(InferRequest("double", (pairs,)))
        assert again[0].outputs[0].shape == (2, 2)

        deadline = time.monotonic() + WAIT_S
        while states()["crash"][0] != "READY":
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        back = await plane.infer(InferRequest("crash", ()))
        assert back[0].outputs[0].name == "PID"

    run(registry, work(), plane)
