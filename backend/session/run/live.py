"""One live run: a source streamed to a target, with everything switchable while it runs.

Threads: `capture` owns the source, a lane's threads own the connection, and `conductor` decides:
it opens lanes, retires them when a setting changes, reconnects with growing pauses, and ends the
run when a file has been answered to its last frame. The caller's thread only leaves wishes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from backend.core.choices import RunSettings, Transport, check_choices
from backend.core.errors import (
    ConsoleError,
    DeadlineExceeded,
    NotFound,
    PayloadTooLarge,
    ReplyMismatch,
    RequestError,
    Unsupported,
)
from backend.core.flow import DrainLog, LatestSlot
from backend.core.ledger import DropPlace, Ledger
from backend.core.process import trim_memory
from backend.core.rings import RateMeter, TraceRing
from backend.core.samples import AudioBlock, Frame
from backend.core.status import Notice, Result, RunState, RunStatus, Severity
from backend.core.target import Target
from backend.core.worker import Worker
from backend.profiles.bundled import profile_for
from backend.profiles.model_profile import ModelProfile
from backend.session.lanes import Feed, Lane, StreamLane, UnaryLane, flight_limit
from backend.session.run.alerts import REQUEST_ALERT, current_alerts
from backend.session.run.backoff import Backoff
from backend.session.run.capture import Capture
from backend.session.run.summary import Summary, summarise
from backend.session.sinks import Delivery
from backend.sources.notices import NoticeSource
from backend.sources.source import Source

_TICK_S = 0.05
_GRACE_S = 1.0
"""How long replies of an old setting may still come."""
_STALLED_AFTER_S = 2.0
_LIMIT_EVERY_S = 1.0
_STOP_WAIT_S = 0.5
_LANE_STOP_WAIT_S = 1.5
"""Longer than the one thing that closing does not end: a look at what is wrong with a server."""
_CONNECT_FIRST_S = 0.3
_FINAL = (NotFound, ReplyMismatch, Unsupported)
"""Answers that will not change by asking again."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A change that the caller asked for; None leaves that part as it is."""

    settings: RunSettings | None = None
    source: Source | None = None
    profile: ModelProfile | None = None


def bundled_profile(settings: RunSettings) -> ModelProfile:
    """The profile of a model that comes with the program; raises UsageError for any other."""
    return profile_for(settings.model)


class Session:
    """A run from `start` to its end; every method but `join` returns at once, from any thread.

    `resolve` turns the settings' target into addresses whenever a connection is opened, so that
    the embedded server may move. `profiles` finds the model's profile, now and at every change; a
    profile that is another object opens a new connection. `on_result` is called for every answer,
    in order, on a thread of the session. With `retry=False` a target or source that cannot be
    reached at first ends the run, and one that is lost later is tried a few times only; a window
    waits for it forever.
    """

    def __init__(
        self,
        settings: RunSettings,
        source: Source,
        *,
        resolve: Callable[[Target], Target] = lambda target: target,
        on_result: Callable[[Result], None] | None = None,
        retry: bool = True,
        profiles: Callable[[RunSettings], ModelProfile] = bundled_profile,
    ) -> None:
        self._settings = settings
        self._profiles = profiles
        self._profile = profiles(settings)
        check_choices(settings, source.info.kind, self._profile.kind)
        self._source = source
        self._resolve = resolve
        self._retry = retry
        self._ledger = Ledger()
        self._feed = Feed(self._ledger)
        self._delivery = Delivery(self._ledger, on_result)
        self._rate_in = RateMeter()
        self._capture: Capture | None = None
        self._lane: Lane | None = None
        self._lanes = 0
        self._retired: list[tuple[Lane, float]] = []
        self._backoff = Backoff()
        self._peer_limits: dict[tuple[str, str], int] = {}
        self._retry_at = 0.0
        self._wishes: list[_Change] = []
        self._wishes_lock = threading.Lock()
        self._woken = threading.Event()
        self._state = RunState.IDLE
        self._message = ""
        self._trouble: ConsoleError | None = None
        self._limit_set_at = 0.0
        self._started_at = self._ended_at = 0.0
        self._conductor = Worker("conductor", self._conduct)
        self.preview: LatestSlot[Frame] = LatestSlot()
        self.audio: DrainLog[AudioBlock] = DrainLog(64)
        self.notices: DrainLog[Notice] = DrainLog(64)
        self.error: ConsoleError | None = None

    @property
    def latest(self) -> LatestSlot[Result]:
        """The newest answer with the sample it belongs to."""
        return self._delivery.latest

    @property
    def results(self) -> DrainLog[Result]:
        """Every answer, for plots that drain it often; 64 are kept."""
        return self._delivery.results

    @property
    def traces(self) -> TraceRing:
        """What the newest answers cost; see `delivery.TRACE_COLUMNS`."""
        return self._delivery.traces

    @property
    def last_failure(self) -> ConsoleError | None:
        """Why the newest failed request failed."""
        return self._delivery.last_failure

    @property
    def settings(self) -> RunSettings:
        """The settings in force or about to be."""
        return self._settings

    def start(self) -> None:
        """Begin; may be called once."""
        self._state = RunState.STARTING
        self._started_at = time.monotonic()
        self._conductor.start()

    def request_stop(self) -> None:
        """End the run; what is in flight is dropped and counted."""
        self._conductor.request_stop()
        self._woken.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; True if the run has ended."""
        return self._conductor.join(timeout_s)

    def apply(self, settings: RunSettings) -> None:
        """Switch settings while running; see `change`."""
        self.change(settings=settings)

    def use(self, source: Source) -> None:
        """Switch to another source while running; see `change`."""
        self.change(source=source)

    def change(self, settings: RunSettings | None = None, source: Source | None = None) -> None:
        """Switch settings, source or both at once; raises UsageError if they do not go together.

        Replies to the old settings still count for up to a second, each with its own sample.
        """
        wanted = settings or self._settings
        profile = self._profiles(wanted)
        check_choices(wanted, (source or self._source).info.kind, profile.kind)
        with self._wishes_lock:
            self._settings = wanted
            self._source = source or self._source
            self._wishes.append(_Change(settings, source, profile))
        self._woken.set()

    def retry_now(self) -> None:
        """Do not wait for a pause to pass: the target or the source is back."""
        self._retry_at = 0.0
        if self._capture is not None:
            self._capture.retry_now()
        self._woken.set()

    def status(self) -> RunStatus:
        """A snapshot for display."""
        capture, lane = self._capture, self._lane
        source = capture.status() if capture is not None else RunStatus().source
        return RunStatus(
            state=self._state,
            message=self._message,
            attempt=self._backoff.attempt,
            retry_in_s=max(0.0, self._retry_at - time.monotonic()),
            source=source,
            counts=self._ledger.counts(),
            rate_in=self._rate_in.per_second(),
            rate_out=self._delivery.answers.per_second(),
            bytes_out_per_s=self._delivery.bytes_out.per_second(),
            bytes_in_per_s=self._delivery.bytes_in.per_second(),
            in_flight_limit=lane.credits.limit if lane is not None else 1,
            alerts=current_alerts(
                source, self._trouble, lane.last_error if lane is not None else None
            ),
        )

    def summary(self) -> Summary:
        """The totals so far; `seconds` counts from `start` to now or to the end."""
        until = self._ended_at or time.monotonic()
        return summarise(
            self._ledger.counts(),
            self.traces,
            state="stopped" if self._state is RunState.IDLE else self._state,
            seconds=until - self._started_at,
            bytes_out=int(self._delivery.bytes_out.total),
            bytes_in=int(self._delivery.bytes_in.total),
            error=str(self.error) if self.error is not None else "",
        )

    # -- the conductor's thread ------------------------------------------------------------------

    def _conduct(self, stop: threading.Event) -> None:
        try:
            self._begin(stop)
            while not stop.is_set() and not self._finished():
                self._apply_pending_changes()
                self._maintain_lane()
                self._reap()
                self._pass_notices_on()
                self._woken.wait(_TICK_S)
                self._woken.clear()
            self._state = RunState.STOPPING
        finally:
            self._wind_up()

    def _begin(self, stop: threading.Event) -> None:
        """Connect first, if that is quick: a live source would lose its first frames otherwise."""
        self._open_lane()
        patience = time.monotonic() + _CONNECT_FIRST_S
        lane = self._lane
        while lane is not None and not (lane.connected or lane.error or stop.is_set()):
            if time.monotonic() >= patience:
                break
            self._woken.wait(_TICK_S)
            self._woken.clear()
        self._open_source(self._source)

    def _apply_pending_changes(self) -> None:
        with self._wishes_lock:
            wishes, self._wishes = self._wishes, []
        if not wishes:
            return
        source = next((w.source for w in reversed(wishes) if w.source is not None), None)
        settings = next((w.settings for w in reversed(wishes) if w.settings is not None), None)
        profile = next(
            (w.profile for w in reversed(wishes) if w.profile is not None), self._profile
        )
        same_profile, self._profile = profile is self._profile, profile
        alone = settings is not None and source is None and same_profile
        if settings is not None and alone and self._only_flight_changed(settings):
            self._set_limit(settings)
            return
        self._retire_lane()
        if source is not None:
            self._open_source(source)
        elif self._capture is not None:
            self._capture.listen_as(self._profile.audio)
        self._backoff.reset()
        self._retry_at = 0.0

    def _only_flight_changed(self, settings: RunSettings) -> bool:
        lane = self._lane
        return (
            lane is not None
            and settings
            == replace(lane.settings, target=settings.target, in_flight=settings.in_flight)
            and self._resolved(settings.target) == lane.settings.target
        )

    def _resolved(self, target: Target) -> Target | None:
        try:
            return self._resolve(target)
        except ConsoleError:
            return None

    def _set_limit(self, settings: RunSettings) -> None:
        if self._lane is not None:
            self._lane.settings = replace(self._lane.settings, in_flight=settings.in_flight)
            self._lane.credits.limit = flight_limit(self._lane.settings, self.traces)

    def _open_source(self, source: Source) -> None:
        old = self._capture
        if old is not None:
            old.request_stop()
            old.join(_STOP_WAIT_S)  # a device is opened only when it has been let go of
        self._delivery.patient = not source.info.live
        self._capture = Capture(
            source,
            self._feed,
            sound=self._profile.audio,
            preview=self.preview,
            audio=self.audio,
            rate=self._rate_in,
            retry=self._retry,
            on_change=self._woken.set,
        )
        self._capture.start()

    def _maintain_lane(self) -> None:
        lane = self._lane
        if lane is None:
            if time.monotonic() >= self._retry_at:
                self._open_lane()
            return
        lane.check_deadline()
        if lane.error is not None:
            self._lose_lane(lane, lane.error)
            return
        if lane.heard:
            self._recover()
        if not self._retry and not lane.answered and isinstance(lane.last_error, _FINAL):
            self.error = lane.last_error
            return
        self._judge(lane)
        if time.monotonic() - self._limit_set_at > _LIMIT_EVERY_S:
            self._limit_set_at = time.monotonic()
            lane.credits.limit = flight_limit(lane.settings, self.traces)

    def _judge(self, lane: Lane) -> None:
        waited_s = lane.oldest_s()
        if not lane.connected:
            if not self._backoff.attempt:
                self._say(RunState.STARTING)
        elif waited_s > _STALLED_AFTER_S:
            self._say(RunState.STALLED, f"Waiting {waited_s:.1f} s for a reply.")
        elif isinstance(lane.last_error, DeadlineExceeded):
            self._say(RunState.STALLED, lane.last_error.message)
        elif lane.answered or lane.last_error is not None:
            self._say(RunState.STREAMING)

    def _recover(self) -> None:
        """A reply came: whatever was wrong with the connection is over."""
        self._backoff.reset()
        if self._trouble is not None:
            self._trouble = None
            if self._lane is not None and isinstance(self._lane.last_error, PayloadTooLarge):
                return
            self.notices.put(Notice(Severity.INFO, "Streaming again", topic="target"))

    def _open_lane(self) -> None:
        try:
            settings = replace(self._settings, target=self._resolve(self._settings.target))
        except ConsoleError as error:  # a variable or a secret is missing
            self._retry_or_give_up(error, hopeless=True)
            return
        make = StreamLane if settings.transport is Transport.GRPC_STREAM else UnaryLane
        self._lanes += 1
        self._lane = make(
            settings, self._profile, self._feed, self._delivery, self._woken.set, self._lanes
        )
        self._lane.credits.limit = flight_limit(settings, self.traces)
        self._lane.send_limit = self._peer_limits.get(_place(settings))
        self._lane.start()

    def _lose_lane(self, lane: Lane, error: ConsoleError) -> None:
        self._lane = None
        self._retired.append((lane, time.monotonic() + _GRACE_S))
        if isinstance(error, PayloadTooLarge) and error.said_by_server and error.limit_bytes:
            self._peer_limits[_place(lane.settings)] = error.limit_bytes
        self._retry_or_give_up(error, hopeless=self._hopeless(lane, error))

    def _retry_or_give_up(self, error: ConsoleError, *, hopeless: bool) -> None:
        """Say what is wrong, and try again after a pause that grows, or give up."""
        first = self._trouble is None
        self._trouble = error
        self._retry_at = time.monotonic() + self._backoff.next_pause_s()
        if hopeless and not self._retry:
            self.error = error
            return
        if first:
            self.notices.put(Notice(Severity.WARNING, error.message, error.hint, "target"))
        self._say(RunState.RECONNECTING, error.message)

    def _hopeless(self, lane: Lane, error: ConsoleError) -> bool:
        never_worked = not self._ledger.counts().answered and not lane.connected
        return never_worked or isinstance(error, RequestError) or self._backoff.attempt >= 4

    def _retire_lane(self) -> None:
        if self._lane is not None:
            self._lane.retire()
            self._retired.append((self._lane, time.monotonic() + _GRACE_S))
            self._lane = None

    def _reap(self) -> None:
        """Cancel retired lanes that had their second, and forget those that have ended."""
        now = time.monotonic()
        for lane, until in self._retired:
            if not lane.done and now > until:
                lane.cancel(DropPlace.SWITCHED)
        self._retired = [(lane, until) for lane, until in self._retired if not lane.done]

    def _pass_notices_on(self) -> None:
        for error in self._delivery.mismatches.drain():
            self.notices.put(Notice(Severity.WARNING, error.message, error.hint, REQUEST_ALERT))
        source = self._source
        if isinstance(source, NoticeSource):
            for notice in source.notices.drain():
                self.notices.put(notice)

    def _finished(self) -> bool:
        capture = self._capture
        if self.error is not None:
            return True
        if capture is None or not capture.ended:
            return False
        if capture.error is not None:
            self.error = capture.error
            return True
        counts = self._ledger.counts()
        return not counts.waiting and not counts.in_flight

    def _say(self, state: RunState, message: str = "") -> None:
        self._state, self._message = state, message

    def _wind_up(self) -> None:
        self._pass_notices_on()
        ended = self._capture is not None and self._capture.ended and self.error is None
        lanes = [lane for lane, _ in self._retired]
        if self._lane is not None:
            self._lane.retire()
            lanes.append(self._lane)
        if self._capture is not None:
            self._capture.request_stop()
        self._feed.close()
        for lane in lanes:
            lane.cancel(DropPlace.STOPPED)
        for lane in lanes:
            lane.join(_LANE_STOP_WAIT_S)
        if self._capture is not None:
            self._capture.join(_STOP_WAIT_S)
        if self._conductor.error is not None:  # pragma: no cover - a fault of ours
            self._say(RunState.FAILED, str(self._conductor.error))
        elif self.error is not None:
            self._say(RunState.FAILED, self.error.message)
        else:
            self._say(RunState.FINISHED if ended else RunState.IDLE)
        self._trouble = None
        self._ended_at = time.monotonic()
        trim_memory()


def _place(settings: RunSettings) -> tuple[str, str]:
    """What a server's own limit belongs to."""
    target = settings.target
    return ("rest", target.rest) if settings.transport is Transport.REST else ("grpc", target.grpc)
