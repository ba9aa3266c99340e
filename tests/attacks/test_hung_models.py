"""A model that hangs is ended: with all it has started, in bounded time, and alone."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import psutil
import pytest
import requests
from onnx import helper

from backend.core.errors import NotReady
from backend.core.tensors import Datatype
from backend.models.loads import GIVEN_UP
from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.models.repository.states import ModelState
from backend.models.runtimes.choice import standard_runtimes
from backend.models.runtimes.python.instance import Patience
from backend.models.runtimes.python.loader import PythonRuntime
from backend.models.servable import ModelLoadError
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.plane.local import LocalDataPlane
from backend.server.scheduling import scheduler
from backend.server.settings.options import ServerOptions
from tests.cli.serve.test_command import Start, ended, ready, start
from tests.models.onnx_folders import node, value, write_model
from tests.models.python_models import (
    QUICK,
    WAIT_S,
    config,
    execute,
    request,
    serving,
    trusting,
    write,
)
from tests.server.plane_runs import begin, with_plane
from tests.server.scripted_servables import asking
from tests.waiting import wait_for

__all__ = ["start"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")

CONFIG = """
backend: "python"
input { name: "INPUT0" data_type: TYPE_INT32 dims: 1 }
output { name: "OUTPUT0" data_type: TYPE_INT32 dims: 1 }
"""
BUSY = """
    import os, pathlib
    import triton_python_backend_utils as pb_utils

    class TritonPythonModel:
        def initialize(self, args):
            self.folder = pathlib.Path(args["model_repository"]).parent
            self.note("initialize.pid")
            while (self.folder / "endless").exists():
                pass

        def execute(self, requests):
            self.note("execute.pid")
            while not (self.folder / "enough").exists():
                pass
            given = [pb_utils.get_input_tensor_by_name(r, "INPUT0") for r in requests]
            made = [pb_utils.Tensor("OUTPUT0", tensor.as_numpy()) for tensor in given]
            return [pb_utils.InferenceResponse([tensor]) for tensor in made]

        def note(self, name):
            (self.folder / "new").write_text(str(os.getpid()))
            (self.folder / "new").rename(self.folder / name)
"""
"""Computes until there is a file `enough`; with a file `endless`, it is never initialized."""

ESCAPING = """
    import os, pathlib, subprocess, sys
    import triton_python_backend_utils as pb_utils

    LEAVE = "import os, sys; os.setsid(); sys.argv[1] == '1' or os.fork() and os._exit(0);"
    NOTE = "open(sys.argv[2] + str(os.getpid()), 'w'); import time; time.sleep(600)"

    class TritonPythonModel:
        def initialize(self, args):
            place = os.path.join(os.path.dirname(args["model_repository"]), "left-")
            for forks in "12":
                left = [sys.executable, "-c", LEAVE + NOTE, forks, place]
                subprocess.Popen(left, env={})

        def execute(self, requests):
            os._exit(3)
"""
"""Starts children in sessions of their own, one of them an orphan, that know nothing of us."""


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def until_gone(pid: int) -> None:
    wait_for(lambda: not runs(pid))


def noted(path: Path) -> int:
    wait_for(path.exists)
    return int(path.read_text())


def put(root: Path, source: str) -> None:
    """A model named "hung"."""
    folder = write(root, "hung", source).parent
    (folder / "config.pbtxt").write_text(CONFIG)


def registry_of(root: Path, patience: Patience = QUICK) -> ModelRegistry:
    around = trusting()
    folders = ModelFolders([root], [PythonRuntime(patience, around)])
    return ModelRegistry(folders=folders, around=around)


# -- what a model has started ------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the group is ended")
@pytest.mark.parametrize("how", ["closed", "crashed", "killed", "refused"])
def test_nothing_that_a_model_has_started_outlives_it(tmp_path: Path, how: str) -> None:
    source = ESCAPING
    if how == "refused":
        source = source.replace("def execute", "    raise ValueError\n\n        def execute")

    def left() -> list[int]:
        return [int(path.name.removeprefix("left-")) for path in tmp_path.glob("left-*")]

    if how == "refused":
        servable = PythonRuntime(QUICK, trusting()).load(
            config("hung"), write(tmp_path, "hung", source)
        )
        with pytest.raises(ModelLoadError, match="ValueError"):
            servable.make_instance(0)
    else:
        with serving(tmp_path, source, name="hung") as (_, instance):
            wait_for(lambda: len(left()) == 2)
            there = left()
            assert all(runs(pid) for pid in there)
            if how == "crashed":
                with pytest.raises(NotReady, match="exit code 3"):
                    execute(instance, request())
            elif how == "killed":
                os.kill(instance.pid, signal.SIGKILL)
            if how != "closed":
                wait_for(lambda: not any(runs(pid) for pid in there))
    wait_for(lambda: not any(runs(pid) for pid in left()))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it holds on")
def test_a_model_that_never_lets_python_run_does_not_outlive_its_server(tmp_path: Path) -> None:
    source = """
        import ctypes, os, pathlib
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def initialize(self, args):
                folder = pathlib.Path(args["model_repository"])
                (folder / "new").write_text(str(os.getpid()))
                (folder / "new").rename(folder / "pid")
                ctypes.PyDLL(None).pause()

            def execute(self, requests):
                pass
    """
    folder = write(tmp_path, "m", source)
    server = f"""
        import sys
        from pathlib import Path
        sys.path[:0] = {[str(Path(__file__).parents[2])]!r}
        from backend.models.runtimes.python.loader import PythonRuntime
        from tests.models.python_models import config, trusting
        PythonRuntime(around=trusting()).load(config("m"), Path({str(folder)!r})).make_instance(0)
    """
    process = subprocess.Popen([sys.executable, str(write(tmp_path, "s", server) / "model.py")])
    try:
        pid = noted(folder.parent / "pid")
        assert runs(pid)
    finally:
        process.kill()
        process.wait()
    wait_for(lambda: not runs(pid))


# -- unloading ---------------------------------------------------------------------------------


def test_unloading_ends_a_model_that_computes_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "UNLOAD_LIMIT_S", 0.3)
    put(tmp_path, BUSY)
    registry = registry_of(tmp_path)

    async def work(plane: LocalDataPlane) -> None:
        for change in (plane.load, plane.unload):  # one anew, then none
            await plane.load("hung")
            waiting = begin(plane, asking("hung", 7))
            pid = await asyncio.to_thread(noted, tmp_path / "execute.pid")
            (tmp_path / "execute.pid").unlink()
            await change("hung")
            with pytest.raises(NotReady, match=r"it did not answer within 0\.3 s, and is being"):
                await waiting
            await asyncio.to_thread(until_gone, pid)

    with_plane(work, registry=registry)


def test_a_batch_that_is_done_in_time_is_answered_after_unloading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "UNLOAD_LIMIT_S", WAIT_S)
    put(tmp_path, BUSY)
    registry = registry_of(tmp_path)

    async def work(plane: LocalDataPlane) -> None:
        await plane.load("hung")
        waiting = [begin(plane, asking("hung", number)) for number in (7, 8)]
        await asyncio.to_thread(noted, tmp_path / "execute.pid")
        await plane.unload("hung")
        (tmp_path / "enough").touch()
        assert await asyncio.gather(*waiting) == [7, 8]

    with_plane(work, registry=registry)


def test_unloading_ends_a_model_that_is_never_initialized(tmp_path: Path) -> None:
    put(tmp_path, BUSY)
    (tmp_path / "endless").touch()
    registry = registry_of(tmp_path, Patience(initialize_s=600))

    async def work(plane: LocalDataPlane) -> None:
        loading = asyncio.create_task(plane.load("hung"))
        pid = await asyncio.to_thread(noted, tmp_path / "initialize.pid")
        assert [row.state for row in registry.index()] == [ModelState.LOADING]
        await plane.unload("hung")
        with pytest.raises(ModelLoadError, match=GIVEN_UP):
            await loading
        await asyncio.to_thread(wait_for, lambda: not runs(pid))
        (tmp_path / "endless").unlink()
        (tmp_path / "enough").touch()
        await plane.load("hung")
        assert await begin(plane, asking("hung", 7)) == 7

    with_plane(work, registry=registry)


def test_unloading_ends_an_onnx_graph_that_loops_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "UNLOAD_LIMIT_S", 0.3)
    endless_graph(tmp_path / "hung")
    registry = ModelRegistry(folders=ModelFolders([tmp_path], standard_runtimes()))

    async def work(plane: LocalDataPlane) -> None:
        await plane.load("hung")
        waiting = begin(plane, asking("hung", 7))
        while not plane.statistics("hung")[0].pending:
            await asyncio.sleep(0.01)
        await plane.unload("hung")
        with pytest.raises(NotReady, match=r"it did not answer within 0\.3 s"):
            await waiting

    with_plane(work, registry=registry)


# -- stopping the server -----------------------------------------------------------------------


def test_the_window_s_server_stops_and_starts_with_a_hung_model(tmp_path: Path) -> None:
    put(tmp_path, BUSY)
    registry = registry_of(tmp_path)
    registry.load("hung")
    server = EmbeddedServer(registry, ServerOptions())
    body = {"inputs": [{"name": "INPUT0", "datatype": "INT32", "shape": [1], "data": [7]}]}
    try:
        server.start()
        hung = threading.Thread(target=lambda: post(server.rest_url, body))
        hung.start()
        pid = noted(tmp_path / "execute.pid")
        assert server.stop(0.5)
        hung.join(WAIT_S)
        wait_for(lambda: not runs(pid))
        (tmp_path / "enough").touch()
        server.start()
        wait_for(lambda: registry.index()[0].state is ModelState.READY)
        assert post(server.rest_url, body)["outputs"][0]["data"] == [7]
    finally:
        server.stop()
        registry.close()


@pytest.mark.parametrize("moment", ["initialize", "execute"])
def test_serve_ends_well_though_a_model_hangs(start: Start, tmp_path: Path, moment: str) -> None:
    root = tmp_path / "models"
    put(root, BUSY)
    (root / "piped").mkdir()
    os.mkfifo(root / "piped" / "config.pbtxt")
    if moment == "initialize":
        (root / "endless").touch()
    serve = start(
        "serve", "--model-repository", str(root), "--allow-python-models", "--drain-seconds", "0.2"
    )
    if moment == "execute":
        url = str(ready(serve)["rest"])
        body = {"inputs": [{"name": "INPUT0", "datatype": "INT32", "shape": [1], "data": [7]}]}
        threading.Thread(target=lambda: post(url, body), daemon=True).start()
    pid = noted(root / f"{moment}.pid")
    serve.send_signal(signal.SIGTERM)
    code, _, said = ended(serve)
    assert code == 0
    if moment == "execute":  # else it ended before it came to that
        assert "config.pbtxt cannot be read: it is a named pipe" in said
    wait_for(lambda: not runs(pid))


def test_serve_ends_well_though_a_graph_is_never_ready(start: Start, tmp_path: Path) -> None:
    slow_graph(tmp_path / "slow")
    options = ("--model-repository", str(tmp_path), "--model-control-mode", "explicit")
    serve = start("serve", *options)
    url = str(ready(serve)["rest"])
    load = f"{url}/v2/repository/models/slow/load"
    threading.Thread(target=lambda: post(load, {}, path=""), daemon=True).start()
    index = f"{url}/v2/repository/index"
    wait_for(lambda: "LOADING" in requests.post(index, json={}, timeout=WAIT_S).text)
    serve.send_signal(signal.SIGTERM)
    assert ended(serve)[0] == 0


def post(url: str, body: object, path: str = "/v2/models/hung/infer") -> Any:
    """What comes back; None where the server has gone."""
    try:
        return requests.post(url + path, json=body, timeout=60).json()
    except (requests.RequestException, ValueError):
        return None


def endless_graph(folder: Path) -> None:
    """Adds 0 to its input, for ever."""
    boolean = helper.make_tensor_value_info("go", onnx.TensorProto.BOOL, [])
    count = helper.make_tensor_value_info("count", onnx.TensorProto.INT64, [])
    body = helper.make_graph(
        [node("Identity", ["go"], ["on"]), node("Add", ["at", "zero"], ["next"])],
        "body",
        [count, boolean, value("at", Datatype.INT32, [1])],
        [
            helper.make_tensor_value_info("on", onnx.TensorProto.BOOL, []),
            value("next", Datatype.INT32, [1]),
        ],
    )
    write_model(
        folder,
        [node("Loop", ["", "true", "INPUT0"], ["OUTPUT0"], body=body)],
        [value("INPUT0", Datatype.INT32, [1])],
        [value("OUTPUT0", Datatype.INT32, [1])],
        {"true": np.ones((), bool), "zero": np.zeros(1, np.int32)},
    )


def slow_graph(folder: Path) -> None:
    """Its constants take minutes to be folded when it is loaded."""
    names = ["weights", *(f"power{number}" for number in range(3000))]
    write_model(
        folder,
        [node("MatMul", [one, "weights"], [then]) for one, then in pairwise(names)]
        + [node("Add", ["X", names[-1]], ["Y"])],
        [value("X", Datatype.FP32, [1000, 1000])],
        [value("Y", Datatype.FP32, [1000, 1000])],
        {"weights": np.eye(1000, dtype=np.float32)},
    )
