"""One process of a Python model: started, listened to and ended."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

from backend.core.worker import Worker
from backend.models.runtimes.python.environment import model_environment
from backend.models.runtimes.python_child import LOG_MARK, METRIC_MARK, LogLevel
from backend.models.runtimes.python_pipe import Body, Kind, MessagePipe, make_memory, map_memory
from backend.models.servable import ModelLoadError

_PROGRAM = Path(__file__).parents[1] / "python_child" / "program.py"
_LONGEST_LINE = 64 * 1024
_JOIN_S = 5.0
_log = logging.getLogger("inferdeck.models.python")
_LEVELS = {
    LogLevel.INFO: logging.INFO,
    LogLevel.WARNING: logging.WARNING,
    LogLevel.ERROR: logging.ERROR,
    LogLevel.VERBOSE: logging.DEBUG,
}


class ModelProcess:
    """A child that runs one copy of a model; ends when our end of its standard input closes.

    `pipe` is the conversation with it. What it prints goes to the log under `name`, and what it
    measures to `measured`.
    """

    def __init__(self, name: str, measured: Callable[[bytes], None] | None = None) -> None:
        self._name = name
        self._measured = measured
        self._reaping = threading.Lock()
        self._pid = 0
        memory = make_memory()
        self._child = _start(memory)
        to_model, from_model = map(map_memory, memory) if memory else (None, None)
        self.pipe = MessagePipe(
            cast("io.FileIO", self._child.stdout),
            cast("io.FileIO", self._child.stdin),
            None if to_model is None or from_model is None else (from_model, to_model),
        )
        self._logging = Worker(f"log-{name}", self._log_lines).start()

    @property
    def pid(self) -> int:
        """The id of the process that the model runs in; known once it is set up."""
        return self._pid

    def set_up(self, setup: Body, timeout_s: float) -> Body:
        """Let it load the model and return what it says; raises ModelLoadError."""
        late = threading.Event()
        timer = threading.Timer(timeout_s, self._give_up, (late,))
        timer.name = f"patience-{self._name}"
        timer.start()
        try:
            self.pipe.send(Kind.SETUP, setup)
            message = self.pipe.receive()
        except (EOFError, OSError):
            if late.is_set():
                reason = f"it was not initialized within {timeout_s:g} s"
            else:
                reason = f"its process {self.kill_and_wait()} before it was initialized"
            raise ModelLoadError(reason) from None
        finally:
            timer.cancel()
            timer.join()
        if message.kind is Kind.FAILED:
            raise ModelLoadError(message.body["reason"])
        self._pid = message.body["pid"]
        return message.body

    def kill(self) -> None:
        """End it at once, and what it has started."""
        # Not Popen's own kill: that may reap the process, and `wait` must be the one who does.
        with self._reaping, contextlib.suppress(OSError):
            if self._child.returncode is None:
                _end(self._child)

    def kill_and_wait(self) -> str:
        """End it at once, and say how it ended by itself if it had already."""
        self.kill()
        return self.wait()

    def wait(self) -> str:
        """Wait until it has ended, by itself or killed; how, as the end of a sentence."""
        _wait_for_group(self._child)
        with self._reaping:
            code = self._child.wait()
        if code >= 0:
            return f"ended with exit code {code}"
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
        return f"was ended by signal {-code}"

    def close(self) -> None:
        """Let go of a process that has ended."""
        self._logging.join(_JOIN_S)
        self.pipe.close()
        if self._child.stderr is not None:
            self._child.stderr.close()

    def _give_up(self, late: threading.Event) -> None:
        late.set()
        self.kill()

    def _log_lines(self, _stop: threading.Event) -> None:
        assert self._child.stderr is not None
        with io.BufferedReader(cast("io.FileIO", self._child.stderr)) as lines:
            while line := lines.readline(_LONGEST_LINE):
                self._log_line(line)

    def _log_line(self, line: bytes) -> None:
        if line.startswith(METRIC_MARK):
            if self._measured is not None:
                self._measured(line[len(METRIC_MARK) :])
            return
        level, text = logging.INFO, line.decode("utf-8", "replace").rstrip()
        if line.startswith(LOG_MARK):
            with contextlib.suppress(ValueError, TypeError, KeyError):
                number, text = json.loads(line[len(LOG_MARK) :])
                level = _LEVELS[number]
        if text:
            _log.log(level, "%s: %s", self._name, text)


def _end(child: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        tree = ["taskkill", "/T", "/F", "/PID", str(child.pid)]
        subprocess.run(tree, capture_output=True, check=False)  # noqa: S603 - the system's own
        child.kill()
    elif sys.platform == "linux":
        os.kill(child.pid, signal.SIGTERM)  # the guard knows what has left the group, too
    else:
        os.killpg(child.pid, signal.SIGKILL)


def _start(memory: tuple[int, ...]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - our own program
            # Without -B the first start would change the model's folder.
            [sys.executable, "-P", "-B", "-u", str(_PROGRAM), *map(str, memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=model_environment(os.environ),
            pass_fds=memory,
            # A session of its own: Ctrl+C in the terminal is for the server, and whatever the
            # model starts can be ended with it.
            start_new_session=True,
        )
    except OSError:
        for descriptor in memory:
            os.close(descriptor)
        raise


def _wait_for_group(child: subprocess.Popen[bytes]) -> None:
    """End what the model has started, while its own process id is still taken."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        if not hasattr(os, "waitid"):
            child.wait()
        elif child.returncode is None:
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        else:
            return
        os.killpg(child.pid, signal.SIGKILL)
