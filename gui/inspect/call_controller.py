"""Makes calls off the window's thread, one at a time, and tells how they go."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.core.errors import ConsoleError, Overloaded
from backend.core.samples import Sample
from backend.inspector.calls import Caller, Exchange, Request, StreamCall, StreamState
from backend.inspector.forms import Draft, Live
from backend.inspector.methods import Method
from backend.inspector.views import Reading, read_reply
from backend.profiles.model_profile import ModelProfile
from gui.inspect.acts import CallPhase
from gui.inspect.running_call import RunningCall
from gui.state.tasks import Tasks
from gui.widgets.language import grouped, tr

_LOOK_MS = 33
_MOST_WAITING = 4
"""Messages that may wait to go out before the clock leaves one out."""
_MOST_TO_MAKE = 16
"""Messages that may wait to be made."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A call that has ended, with its last reply read."""

    method: Method
    exchange: Exchange
    reading: Reading


class CallController(QObject):
    """Sends drafts; a call that is under way can be cancelled at any time."""

    phase_changed = Signal(object)
    """A CallPhase."""
    began = Signal(object)
    """The Method of the call that begins."""
    rows = Signal(object)
    """What happened in a stream since the last time: Drained."""
    progress = Signal(str)
    """Counts of a stream, for the status line."""
    ended = Signal(object)
    """The Outcome of a call."""
    failed = Signal(object)
    """The exception for which a draft could not be sent at all."""

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._caller: Caller | None = None
        self._phase = CallPhase.IDLE
        self._running: RunningCall | None = None
        self._stream: StreamCall | None = None
        self._method: Method | None = None
        self._making = False
        self._to_make: deque[tuple[Draft, Live]] = deque()
        self._look_timer = QTimer(self, interval=_LOOK_MS)
        self._look_timer.timeout.connect(self._look)

    @property
    def phase(self) -> CallPhase:
        """Where the call under way stands."""
        return self._phase

    @property
    def stream(self) -> StreamCall | None:
        """The stream that is open, or was until its end is told."""
        return self._stream

    @property
    def caller(self) -> Caller | None:
        """Through which calls go."""
        return self._caller

    def use(self, caller: Caller) -> None:
        """Call through this one from now on."""
        self.cancel()
        self._caller = caller

    def send(
        self,
        method: Method,
        make: Callable[[], Request],
        profile: ModelProfile | None = None,
        sample: Callable[[], Sample | None] = lambda: None,
    ) -> None:
        """Make a request, send all of it and wait for its end; `sample` is what it is made of."""
        caller = self._caller
        if caller is None or self._phase is not CallPhase.IDLE:
            return
        running = self._running = RunningCall()
        self._begin(method, CallPhase.BUSY)

        def work() -> Outcome:
            request, sent = make(), sample()
            exchange = running.run(caller.prepare(request))
            return Outcome(method, exchange, read_reply(exchange, method, profile, sent))

        def done(outcome: Outcome) -> None:
            if self._running is running:
                self._end(outcome)

        def failed(error: Exception) -> None:
            if self._running is running:
                self._fail(error)

        self._tasks.start("call", work, done, failed)

    def start(self, draft: Draft, live: Live) -> None:
        """Open a stream: with its one message, or with none where more can be sent."""
        caller = self._caller
        if caller is None or self._phase is not CallPhase.IDLE:
            return
        running = self._running = RunningCall()
        self._begin(draft.method, CallPhase.BUSY)

        def work() -> StreamCall:
            if draft.method.kind.client_streams:
                draft_without = replace(draft, form=None, recorded=())
                return caller.stream(draft_without.request())
            return caller.stream(draft.request(live))

        def opened(stream: StreamCall) -> None:
            if self._running is not running:
                return
            self._stream = stream
            stream.start()
            if running.cancelled:
                stream.cancel()
            self._set_phase(
                CallPhase.OPEN if draft.method.kind.client_streams else CallPhase.FINISHED
            )
            self._look_timer.start()

        def failed(error: Exception) -> None:
            if self._running is running:
                self._fail(error)

        self._tasks.start("stream", work, opened, failed)

    def send_message(self, draft: Draft, live: Live, *, by_clock: bool = False) -> None:
        """Send one more message; by the clock it is left out while others wait."""
        stream = self._stream
        if stream is None or self._phase is not CallPhase.OPEN:
            return
        if by_clock and (self._making or stream.waiting >= _MOST_WAITING):
            return
        if not self._making:
            self._make(stream, draft, live)
        elif len(self._to_make) < _MOST_TO_MAKE:
            self._to_make.append((draft, live))
        else:
            self.failed.emit(
                Overloaded(tr("Too much is under way already."), tr("Try again in a moment."))
            )

    def finish(self) -> None:
        """Half-close the stream, after what was sent before."""
        if self._stream is not None and self._phase is CallPhase.OPEN:
            self._set_phase(CallPhase.FINISHED)
            if not self._making:
                self._stream.finish()

    def cancel(self) -> None:
        """End the call under way."""
        if self._running is not None:
            self._running.cancel()
        if self._stream is not None:
            self._stream.cancel()

    def close(self) -> None:
        """End whatever runs, without waiting and without telling anyone."""
        self.cancel()
        self._look_timer.stop()
        self._running = self._stream = None

    def _make(self, stream: StreamCall, draft: Draft, live: Live) -> None:
        """Make a message elsewhere, one after another: they go out in the order of the clicks."""
        self._making = True

        def made(messages: tuple[bytes, ...]) -> None:
            try:
                for message in messages:
                    stream.send(message)
            except ConsoleError as error:
                self.failed.emit(error)
            self._made()

        def failed(error: Exception) -> None:
            self.failed.emit(error)
            self._made()

        self._tasks.start("message", lambda: draft.request(live).messages, made, failed)

    def _made(self) -> None:
        self._making = False
        stream = self._stream
        if stream is None:
            self._to_make.clear()
        elif self._to_make:
            self._make(stream, *self._to_make.popleft())
        elif self._phase is CallPhase.FINISHED:
            stream.finish()

    def _begin(self, method: Method, phase: CallPhase) -> None:
        self._method = method
        self.began.emit(method)
        self._set_phase(phase)

    @Slot()
    def _look(self) -> None:
        stream = self._stream
        if stream is None:
            self._look_timer.stop()
            return
        over = stream.state is StreamState.ENDED
        drained = stream.drain()
        if drained.events:
            self.rows.emit(drained)
        counts = stream.counts
        self.progress.emit(f"\u2191 {grouped(counts.sent)}   \u2193 {grouped(counts.received)}")
        if over and stream.exchange is not None and self._method is not None:
            self._look_timer.stop()
            self._stream = None
            self._read_end(self._method, stream.exchange)

    def _read_end(self, method: Method, exchange: Exchange) -> None:
        running = self._running

        def done(reading: Reading) -> None:
            if self._running is running:
                self._end(Outcome(method, exchange, reading))

        def failed(error: Exception) -> None:
            if self._running is running:
                self._fail(error)

        self._tasks.start("reading", lambda: read_reply(exchange, method), done, failed)

    def _end(self, outcome: Outcome) -> None:
        self._running = None
        self._set_phase(CallPhase.IDLE)
        self.ended.emit(outcome)

    def _fail(self, error: Exception) -> None:
        self._running = None
        self._set_phase(CallPhase.IDLE)
        self.failed.emit(error)

    def _set_phase(self, phase: CallPhase) -> None:
        self._phase = phase
        self.phase_changed.emit(phase)
