"""Requests of a collection sent one after another, off the window's thread, until it is stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from backend.core.errors import UsageError
from backend.inspector.calls import Caller, Exchange, Request
from backend.inspector.collections import Entry, Outcome, Place, run_request
from backend.inspector.forms import Live, Variables, hidden
from backend.inspector.methods import MethodList
from gui.inspect.engine import Engine
from gui.inspect.running_call import RunningCall
from gui.workspace.pages import PageHost


@dataclass(frozen=True, slots=True)
class RunSummary:
    """How a run ended: what came of the requests that were sent, and how many were left out."""

    outcomes: tuple[Outcome, ...]
    left_out: int = 0

    @property
    def failed(self) -> int:
        """How many did not go as expected."""
        return sum(not outcome.ok for outcome in self.outcomes)


class SavedRuns(QObject):
    """One run at a time, to the target that was chosen when it began."""

    began = Signal(object)
    """The Entry that is sent now."""
    came = Signal(object, object)
    """An Entry, and the Outcome of it."""
    answered = Signal(object, object, bool)
    """An Exchange without secrets, the Sample that was sent, if any, and whether its request was
    run alone."""
    over = Signal(object)
    """The RunSummary."""

    def __init__(self, host: PageHost, engine: Engine, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self._engine = engine
        self._waiting: list[Entry] = []
        self._outcomes: list[Outcome] = []
        self._call: RunningCall | None = None
        self._caller: Caller | None = None
        self._alone = False

    @property
    def running(self) -> bool:
        """Whether a run is on."""
        return self._call is not None

    def run(self, entries: Sequence[Entry], variables: Variables, methods: MethodList) -> None:
        """Send these, unless others are being sent."""
        if self.running or not entries:
            return
        self._waiting, self._outcomes = list(entries), []
        self._alone = len(entries) == 1
        self._call = RunningCall()
        self._caller = self._engine.make_caller(self._host.target)
        self._next(variables, self._place(_Sender(self._caller, self._call), methods))

    @Slot()
    def stop(self) -> None:
        """End the one that is under way, and send no more."""
        if self._call is not None:
            self._call.cancel()

    def close(self) -> None:
        """End it, and tell nobody."""
        self.blockSignals(True)  # noqa: FBT003 - Qt's own signature
        self.stop()
        if self._caller is not None:
            self._caller.close()

    def _place(self, sender: _Sender, methods: MethodList) -> Place:
        """Where requests go, with what the source shows now."""
        target, engine, sample = self._host.target, self._engine, self._host.newest_sample()
        describe = partial(engine.describe, target)

        def live(model: str) -> Live:
            return Live.of(sample, engine.profile(target, describe(model, "")))

        return Place(target, sender, methods.find, describe, live)

    def _next(self, variables: Variables, place: Place) -> None:
        call = self._call
        if call is None or call.cancelled or not self._waiting:
            self._end()
            return
        entry = self._waiting.pop(0)
        self.began.emit(entry)

        def work() -> Outcome:
            if entry.request is None:
                return Outcome(error=entry.problem, exit_code=UsageError.exit_code)
            return run_request(entry.request, entry.file.parent, variables, place)

        def done(outcome: Outcome) -> None:
            if call.cancelled:
                self._waiting.insert(0, entry)  # what was broken off says nothing
            else:
                self._outcomes.append(outcome)
                self.came.emit(entry, outcome)
            if outcome.exchange is not None:
                exchange = hidden(outcome.exchange, variables)
                self.answered.emit(exchange, outcome.sample, self._alone)
            self._next(variables, place)

        def failed(error: Exception) -> None:
            self._host.notifier.show_error(error)
            done(Outcome(error=str(error), exit_code=1))

        self._host.tasks.start("collection", work, done, failed)

    def _end(self) -> None:
        summary = RunSummary(tuple(self._outcomes), len(self._waiting))
        if self._caller is not None:
            self._caller.close()
        self._call = self._caller = None
        self._waiting = []
        self.over.emit(summary)


class _Sender:
    """What sends the requests of a run, one of which may be cancelled."""

    def __init__(self, caller: Caller, running: RunningCall) -> None:
        self._caller = caller
        self._running = running

    def call(self, request: Request) -> Exchange:
        """Send it and wait for its end."""
        return self._running.run(self._caller.prepare(request))
