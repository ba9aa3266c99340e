"""One copy of a Python model: a process that is started again when it ends by itself."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from backend.core.errors import NotReady
from backend.core.worker import Worker
from backend.models.runtimes.python.conversation import Conversation
from backend.models.runtimes.python.process import ModelProcess
from backend.models.runtimes.python_pipe import Body, Kind
from backend.models.servable import (
    ExecutionTimes,
    ModelLoadError,
    ModelRequest,
    Respond,
)
from backend.models.services import ModelServices

_JOIN_S = 5.0
_log = logging.getLogger("inferdeck.models.python")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things of a Python model may take, in seconds."""

    initialize_s: float = 120.0
    """From the start of the process until `initialize` has returned."""
    finalize_s: float = 3.0
    """From being asked to finish until the process has ended."""
    first_pause_s: float = 1.0
    """Before the first new start; doubled for each that follows soon after."""
    longest_pause_s: float = 60.0
    steady_s: float = 60.0
    """A process that has run for this long starts the pauses anew."""


class PythonInstance:
    """Runs the model in a process of its own; between its end and a new start, it is in trouble."""

    def __init__(
        self, name: str, setup: Body, patience: Patience, around: ModelServices, *, decoupled: bool
    ) -> None:
        """Start the process and initialize the model; raises ModelLoadError."""
        self._around = around
        self._name = name
        self._model: str = setup["args"]["model_name"]
        self._setup = setup
        self._patience = patience
        self._decoupled = decoupled
        self._changed = threading.Condition()
        self._trouble = ""
        self._executing = False
        self._interruption = ""
        self._closing = threading.Event()
        self._starting: ModelProcess | None = None
        try:
            self._current: tuple[ModelProcess, Conversation] | None = self._start(loading=True)
        except BaseException:
            around.metrics.forget(self)
            raise
        self._keeper = Worker(f"python-{name}", self._keep).start()

    @property
    def trouble(self) -> str:
        """Why it cannot compute just now; '' while it can."""
        return self._trouble

    @property
    def pid(self) -> int:
        """The id of its process, 0 while there is none."""
        current = self._current
        return 0 if current is None else current[0].pid

    def execute(self, batch: Sequence[ModelRequest], respond: Respond) -> ExecutionTimes:
        """Compute a batch; raises NotReady if the process has ended or ends meanwhile."""
        with self._changed:
            current, trouble = self._current, self._trouble
            self._executing, self._interruption = current is not None, ""
        if current is None:
            raise NotReady(self._described(trouble))
        process, conversation = current

        def ended() -> str:
            # A process that has closed its pipe cannot be talked to even if it still runs.
            process.kill()
            with self._changed:
                self._changed.wait_for(lambda: self._current is not current)
                return self._described(self._trouble)

        try:
            return conversation.execute(batch, respond, ended)
        finally:
            with self._changed:
                self._executing = False

    def interrupt(self, reason: str) -> None:
        """End the process if it computes; another one is started, unless it is closed."""
        with self._changed:
            current = self._current if self._executing else None
            if current is None:
                return
            self._interruption = reason
        _log.warning("%s: %s; its process is ended", self._name, reason)
        current[0].kill()

    def close(self) -> None:
        """Let the model finalize, and end its process."""
        self._closing.set()
        with self._changed:
            current, starting = self._current, self._starting
        if current is not None:
            with contextlib.suppress(OSError):
                current[0].pipe.send(Kind.FINALIZE, {})
        if starting is not None:
            starting.kill()
        if not self._keeper.join(self._patience.finalize_s) and current is not None:
            _log.warning("%s: it did not finish in time and is ended", self._name)
            current[0].kill()
        self._keeper.join(_JOIN_S)

    def _described(self, trouble: str) -> str:
        return f"model '{self._model}' cannot take requests now: {trouble}"

    def _start(self, *, loading: bool) -> tuple[ModelProcess, Conversation]:
        self._around.code.check(Path(self._setup["folder"]))
        process = ModelProcess(self._name, partial(self._around.metrics.change, self))
        with self._changed:
            self._starting = process
        if self._closing.is_set():
            process.kill()
        ended_by = self._around.loads.ended_by(self._model, process.kill)
        try:
            with ended_by if loading else contextlib.nullcontext():
                process.set_up(self._setup, self._patience.initialize_s)
        except BaseException:
            process.kill_and_wait()
            process.close()
            raise
        finally:
            with self._changed:
                self._starting = None
        return process, Conversation(
            self._model, process.pipe, self._around.calls, decoupled=self._decoupled
        )

    def _keep(self, _stop: threading.Event) -> None:
        """Wait for the process to end; unless it was asked to, start another after a pause."""
        pause = self._patience.first_pause_s
        while (current := self._current) is not None:
            since = time.monotonic()
            reason = self._outlive(*current)
            if time.monotonic() - since >= self._patience.steady_s:
                pause = self._patience.first_pause_s
            self._lose(current, reason, pause)
            while self._current is None and not self._closing.wait(pause):
                pause = min(2 * pause, self._patience.longest_pause_s)
                self._start_again(pause)

    def _outlive(self, process: ModelProcess, conversation: Conversation) -> str:
        if self._decoupled:
            conversation.listen()
            if not self._closing.is_set():
                process.kill()
        return f"its process {process.wait()}"

    def _lose(self, current: tuple[ModelProcess, Conversation], reason: str, pause: float) -> None:
        process, conversation = current
        if self._interruption:
            reason, self._interruption = self._interruption, ""
        elif self._closing.is_set():
            reason = "it is being stopped"
        else:
            _log.error("%s: %s; it is started again in %g s", self._name, reason, pause)
            reason = f"{reason}; it is started again in {pause:g} s"
        with self._changed:
            self._current, self._trouble = None, reason
            self._changed.notify_all()
        conversation.end(self._described(reason))
        process.close()

    def _start_again(self, pause: float) -> None:
        self._trouble = self._trouble.partition(";")[0] + "; it is being started again"
        try:
            current = self._start(loading=False)
        except (ModelLoadError, OSError) as error:
            _log.error("%s: %s; it is started again in %g s", self._name, error, pause)
            self._trouble = f"{error}; it is started again in {pause:g} s"
            return
        _log.info("%s: started again", self._name)
        with self._changed:
            self._current, self._trouble = current, ""
        if self._closing.is_set():
            current[0].kill()
