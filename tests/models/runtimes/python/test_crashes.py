"""A Python model that breaks hurts only itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from backend.core.errors import NotReady
from backend.models.runtimes.python.instance import Patience
from backend.models.runtimes.python.loader import PythonRuntime
from backend.models.servable import ModelLoadError
from tests.models.python_models import (
    QUICK,
    WAIT_S,
    Answers,
    config,
    execute,
    outputs,
    request,
    serving,
    trusting,
    write,
)
from tests.waiting import wait_for

CRASHING = """
    import os, time
    import numpy as np
    import triton_python_backend_utils as pb_utils

    class TritonPythonModel:
        def initialize(self, args):
            self.folder = args["model_repository"]

        def execute(self, requests):
            for request in requests:
                if request.request_id() == "crash":
                    os._exit(3)
                if request.request_id() == "hang":
                    open(os.path.join(self.folder, "hangs"), "w").close()
                    time.sleep(600)
            made = pb_utils.Tensor("PID", np.array([os.getpid()]))
            return [pb_utils.InferenceResponse([made]) for _ in requests]
"""


def test_a_crash_is_told_with_its_reason_and_the_model_comes_back(tmp_path: Path) -> None:
    slow = Patience(first_pause_s=0.5)
    with serving(tmp_path, CRASHING, patience=slow) as (servable, instance):
        before = instance.pid
        with pytest.raises(NotReady, match="model 'm' cannot take requests now: its process ended"):
            execute(instance, request(), request(id="crash"))
        assert "exit code 3" in servable.trouble
        with pytest.raises(NotReady, match=r"exit code 3; it is (being )?started again"):
            execute(instance, request())
        wait_for(lambda: servable.trouble == "")
        assert instance.pid not in (0, before)
        assert outputs(instance, request())["PID"].data.tolist() == [instance.pid]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_process_that_is_killed_while_idle_is_noticed(tmp_path: Path) -> None:
    with serving(tmp_path, CRASHING) as (servable, instance):
        os.kill(instance.pid, signal.SIGKILL)
        wait_for(lambda: "SIGKILL" in servable.trouble)
        wait_for(lambda: servable.trouble == "")
        assert outputs(instance, request())["PID"].data.tolist() == [instance.pid]


def _pauses(caplog: pytest.LogCaptureFixture) -> list[str]:
    said = [record.getMessage().partition("it is started again in ") for record in caplog.records]
    return [pause for _, found, pause in said if found]


def test_pauses_grow_while_a_model_cannot_be_started_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = """
        import os
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def initialize(self, args):
                flag = os.path.join(args["model_repository"], "started")
                if os.path.exists(flag):
                    raise RuntimeError("the weights are gone")
                open(flag, "w").close()

            def execute(self, requests):
                os._exit(0)
    """
    quick = Patience(first_pause_s=0.05, longest_pause_s=0.2)
    with serving(tmp_path, source, patience=quick) as (servable, instance):
        with pytest.raises(NotReady, match="ended with exit code 0"):
            execute(instance, request())
        wait_for(lambda: "RuntimeError: the weights are gone" in servable.trouble)
        wait_for(lambda: len(_pauses(caplog)) >= 4)
    assert _pauses(caplog)[:4] == ["0.05 s", "0.1 s", "0.2 s", "0.2 s"]


def test_a_decoupled_crash_ends_what_was_promised(tmp_path: Path) -> None:
    source = """
        import os, threading, time
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def execute(self, requests):
                self.sender = requests[0].get_response_sender()
                if requests[0].request_id() == "crash":
                    os._exit(4)
    """
    policy = "model_transaction_policy { decoupled: true }"
    with serving(tmp_path, source, policy) as (servable, instance):
        waiting = execute(instance, request())
        with pytest.raises(NotReady, match="exit code 4"):
            execute(instance, request(id="crash"))
        waiting.wait()
        wait_for(lambda: servable.trouble == "")
    assert isinstance(waiting.error(), NotReady)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import no_such_module_anywhere", "ModuleNotFoundError"),
        ("x = (", "SyntaxError"),
        ("x = 1", "defines no class TritonPythonModel"),
        ("class TritonPythonModel: pass", "no function 'execute'"),
        ("import os; os._exit(9)", "its process ended with exit code 9 before"),
        (
            """
            class TritonPythonModel:
                def initialize(self, args): raise ValueError("no weights")
                def execute(self, requests): pass
            """,
            "ValueError: no weights",
        ),
    ],
)
def test_a_model_that_cannot_be_set_up_is_refused_with_the_reason(
    tmp_path: Path, source: str, said: str
) -> None:
    servable = PythonRuntime(QUICK, trusting()).load(config("m"), write(tmp_path, "m", source))
    with pytest.raises(ModelLoadError) as caught:
        servable.make_instance(0)
    assert said in caught.value.message


def test_initialize_may_not_hang(tmp_path: Path) -> None:
    source = """
        import time

        class TritonPythonModel:
            def initialize(self, args):
                time.sleep(60)

            def execute(self, requests):
                pass
    """
    runtime = PythonRuntime(Patience(initialize_s=0.6), trusting())
    servable = runtime.load(config("m"), write(tmp_path, "m", source))
    with pytest.raises(ModelLoadError, match=r"not initialized within 0\.6 s"):
        servable.make_instance(0)


def test_closing_ends_a_model_that_hangs(tmp_path: Path) -> None:
    impatient = Patience(finalize_s=0.2)
    answers: list[BaseException] = []

    def ask() -> None:
        try:
            instance.execute([request(id="hang")], Answers())
        except NotReady as error:
            answers.append(error)

    with serving(tmp_path, CRASHING, patience=impatient) as (_, instance):
        asking = threading.Thread(target=ask)
        asking.start()
        wait_for(lambda: bool(list(tmp_path.rglob("hangs"))))
    asking.join(WAIT_S)
    assert "it is being stopped" in str(answers[0])


def test_closing_while_a_model_is_started_again_ends_that_too(tmp_path: Path) -> None:
    source = """
        import os, time
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def initialize(self, args):
                flag = os.path.join(args["model_repository"], "started")
                if os.path.exists(flag):
                    time.sleep(600)
                open(flag, "w").close()

            def execute(self, requests):
                os._exit(0)
    """
    with serving(tmp_path, source, patience=Patience(first_pause_s=0.01)) as (servable, instance):
        with pytest.raises(NotReady):
            execute(instance, request())
        wait_for(lambda: "being started" in servable.trouble)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_what_a_model_has_started_ends_with_it(tmp_path: Path) -> None:
    source = """
        import os, subprocess, sys
        import numpy as np
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def initialize(self, args):
                sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]
                self.child = subprocess.Popen(sleeping)
                self.forked = os.fork()
                if self.forked == 0:
                    import time
                    time.sleep(60)
                    os._exit(0)

            def execute(self, requests):
                if requests[0].request_id():
                    os._exit(1)
                made = pb_utils.Tensor("PIDS", np.array([self.child.pid, self.forked]))
                return [pb_utils.InferenceResponse([made])]
    """
    with serving(tmp_path, source) as (_, instance):
        pids = outputs(instance, request())["PIDS"].data.tolist()
        with pytest.raises(NotReady, match="exit code 1"):
            execute(instance, request(id="crash"))
        wait_for(lambda: not any(_runs(pid) for pid in pids))


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("moment", ["initialize", "execute", "idle"])
def test_a_model_does_not_outlive_its_server(tmp_path: Path, moment: str) -> None:
    source = """
        import os, pathlib, time
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def initialize(self, args):
                self.folder = pathlib.Path(args["model_repository"])
                self.note(args["model_name"] == "initialize")

            def execute(self, requests):
                self.note(True)

            def note(self, stay):
                if stay:
                    (self.folder / "pid.new").write_text(str(os.getpid()))
                    (self.folder / "pid.new").rename(self.folder / "pid")
                    time.sleep(60)
    """
    if moment == "idle":
        source = source.replace("time.sleep(60)", "pass").replace(
            'args["model_name"] == "initialize"', "True"
        )
    folder = write(tmp_path, moment, source)
    server = f"""
        import sys
        from pathlib import Path
        sys.path[:0] = {[str(Path(__file__).parents[4])]!r}
        from tests.models.python_models import Answers, config, request, trusting
        from backend.models.runtimes.python.loader import PythonRuntime
        servable = PythonRuntime(around=trusting()).load(config({moment!r}), Path({str(folder)!r}))
        instance = servable.make_instance(0)
        instance.execute([request()], Answers())
        __import__("time").sleep(60)
    """
    script = write(tmp_path, "server", server) / "model.py"
    process = subprocess.Popen([sys.executable, str(script)])
    try:
        wait_for((folder.parent / "pid").exists)
        pid = int((folder.parent / "pid").read_text())
        assert _runs(pid)
    finally:
        process.kill()
        process.wait()
    wait_for(lambda: not _runs(pid))
