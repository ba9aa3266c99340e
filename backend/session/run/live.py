"""One live run: a source streamed to a target, with everything switchable while it runs.

Threads: `capture` owns the source, a lane's threads own the connection, every sink has one of its
own, and `conductor` decides: it applies changes, has the connector keep a lane open, and ends the
run when a file has been answered to its last frame. The caller's thread only leaves changes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from backend.core.choices import RunSettings, check_choices
from backend.core.errors import ConsoleError
from backend.core.ledger import Ledger
from backend.core.process import trim_memory
from backend.core.rings import RateMeter, TraceRing
from backend.core.status import RunState, RunStatus
from backend.core.target import Target
from backend.core.worker import Worker
from backend.profiles.bundled import profile_for
from backend.profiles.model_profile import ModelProfile
from backend.session.lanes import Delivery, Feed
from backend.session.run.alerts import current_alerts
from backend.session.run.capture import Capture
from backend.session.run.companions import Companions
from backend.session.run.connector import Connector
from backend.session.run.promise import Promise
from backend.session.run.replicas import AskReplicas, ReplicaWatch
from backend.session.run.summary import Summary, summarise
from backend.session.sinks import NOTICES, STATUS, Publisher
from backend.sources.source import NoticeSource, Source

_TICK_S = 0.05
_STOP_WAIT_S = 0.5
_CONNECT_FIRST_S = 0.3
_STATUS_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class _Change:
    """What to use from now on; a source of None leaves the one that is open."""

    settings: RunSettings
    profile: ModelProfile
    source: Source | None
    companions: Companions


def bundled_profile(settings: RunSettings) -> ModelProfile:
    """The profile of a model that comes with the program; raises UsageError for any other."""
    return profile_for(settings.model)


class Session(Publisher):
    """A run from `start` to its end; every method but `join` returns at once, from any thread.

    `resolve` turns the settings' target into addresses whenever a connection is opened, so that
    the embedded server may move. `profiles` finds the model's profile, now and at every change; a
    profile that is another object opens a new connection. `replicas` says how many compute the
    model, for the automatic number in flight; without it nobody is asked. With
    `retry=False` a target or source that cannot be reached at first ends the run, and one that is
    lost later is tried a few times only; a window waits for it forever.
    """

    def __init__(
        self,
        settings: RunSettings,
        source: Source,
        *,
        resolve: Callable[[Target], Target] = lambda target: target,
        retry: bool = True,
        profiles: Callable[[RunSettings], ModelProfile] = bundled_profile,
        replicas: AskReplicas | None = None,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._profiles = profiles
        self._profile = profiles(settings)
        check_choices(settings, source.info.kind, self._profile.kind)
        self._source, self._companions = source, Companions()
        self._retry = retry
        self._ledger = Ledger()
        self._delivery = Delivery(self._ledger, self._subscriptions)
        self._feed = Feed(self._ledger, self._delivery.lost)
        self._promise = Promise()
        self._rate_in = RateMeter()
        self._capture: Capture | None = None
        self._changes: list[_Change] = []
        self._changes_lock = threading.Lock()
        self._woken = threading.Event()
        self._connector = Connector(
            self._ledger,
            self._feed,
            self._delivery,
            self._subscriptions,
            resolve=resolve,
            replicas=ReplicaWatch(replicas),
            retry=retry,
            set_state=self._set_state,
            on_change=self._woken.set,
        )
        self._state = RunState.IDLE
        self._message = ""
        self._source_error: ConsoleError | None = None
        self._started_at = self._ended_at = self._status_at = 0.0
        self._conductor = Worker("conductor", self._conduct)

    @property
    def error(self) -> ConsoleError | None:
        """What ended the run, if it did not end well."""
        return self._connector.error or self._source_error

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
        self._subscriptions.start()
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
        with self._changes_lock:
            self._settings = wanted
            if source is not None:
                self._source, self._companions = source, Companions()
            self._changes.append(_Change(wanted, profile, source, self._companions))
        self._woken.set()

    def beside(self) -> Source:
        """What the run reads, for a second run, which gets each sample when this one does.

        The slower of the two sets the pace from then on. It ends where this run takes another
        source.
        """
        with self._changes_lock:
            return self._companions.add(self._source)

    def retry_now(self) -> None:
        """Do not wait for a pause to pass: the target or the source is back."""
        self._connector.retry_now()
        if self._capture is not None:
            self._capture.retry_now()
        self._woken.set()

    def status(self) -> RunStatus:
        """A snapshot for display."""
        capture, lane = self._capture, self._connector.lane
        source = capture.status() if capture is not None else RunStatus().source
        return RunStatus(
            state=self._state,
            message=self._message,
            attempt=self._connector.attempt,
            retry_in_s=self._connector.retry_in_s,
            source=source,
            counts=self._ledger.counts(),
            rate_in=self._rate_in.per_second(),
            rate_out=self._delivery.answers.per_second(),
            traffic=self._delivery.traffic.rates(),
            latency=self._delivery.latency(),
            outages=self._delivery.outages.counts(),
            clock_trouble=self._delivery.clock_trouble,
            never_made=self._promise.never_made,
            in_flight_limit=lane.credits.limit if lane is not None else 1,
            alerts=current_alerts(
                source,
                self._connector.target_error,
                lane.last_error if lane is not None else None,
            ),
            sinks=self._subscriptions.status(),
        )

    def summary(self) -> Summary:
        """The totals so far; `seconds` counts from `start` to now or to the end."""
        until = self._ended_at or time.monotonic()
        return summarise(
            self._ledger.counts(),
            self._delivery.latency(),
            state="stopped" if self._state is RunState.IDLE else self._state,
            seconds=until - self._started_at,
            traffic=self._delivery.traffic.totals(),
            outages=self._delivery.outages.counts(),
            clock_trouble=self._delivery.clock_trouble,
            never_made=self._promise.never_made,
            error=str(self.error) if self.error is not None else "",
            sinks=self._subscriptions.status(),
        )

    # -- the conductor's thread ------------------------------------------------------------------

    def _conduct(self, stop: threading.Event) -> None:
        try:
            self._begin(stop)
            while not stop.is_set() and not self._finished():
                self._apply_pending_changes()
                self._delivery.lossless = self._capture is not None and self._capture.lossless
                self._connector.maintain()
                self._publish_source_notices()
                self._publish_status()
                self._woken.wait(_TICK_S)
                self._woken.clear()
            self._state = RunState.STOPPING
        finally:
            self._end(stop)

    def _begin(self, stop: threading.Event) -> None:
        """Connect first, if that is quick: a live source would lose its first frames otherwise."""
        self._connector.use(self._settings, self._profile, anew=True)
        self._delivery.expect(self._profile)
        self._connector.maintain()
        lane = self._connector.lane
        until = time.monotonic() + _CONNECT_FIRST_S
        while lane is not None and not (lane.connected or lane.error or stop.is_set()):
            if time.monotonic() >= until:
                break
            self._woken.wait(_TICK_S)
            self._woken.clear()
        self._open_source(self._source, self._companions)

    def _apply_pending_changes(self) -> None:
        with self._changes_lock:
            changes, self._changes = self._changes, []
        if not changes:
            return
        sources = [(each.source, each.companions) for each in changes if each.source is not None]
        settings, self._profile = changes[-1].settings, changes[-1].profile
        self._connector.use(settings, self._profile, anew=bool(sources))
        self._delivery.expect(self._profile)
        if sources:
            self._open_source(*sources[-1])
        elif self._capture is not None:
            self._capture.use_audio_format(self._profile.audio)

    def _open_source(self, source: Source, companions: Companions) -> None:
        old = self._capture
        if old is not None:
            old.request_stop()
            old.join(_STOP_WAIT_S)  # a device is opened only when it has been let go of
        self._capture = Capture(
            source,
            self._feed,
            self._subscriptions,
            audio_format=self._profile.audio,
            rate=self._rate_in,
            promise=self._promise,
            companions=companions,
            retry=self._retry,
            on_change=self._woken.set,
        )
        self._delivery.lossless = self._capture.lossless
        self._capture.start()

    def _publish_source_notices(self) -> None:
        source = self._source
        if isinstance(source, NoticeSource):
            for notice in source.notices.drain():
                self._subscriptions.publish(NOTICES, notice)

    def _publish_status(self) -> None:
        now = time.monotonic()
        if now - self._status_at >= _STATUS_EVERY_S:
            self._status_at = now
            self._subscriptions.publish(STATUS, self.status())

    def _finished(self) -> bool:
        capture = self._capture
        if self.error is not None:
            return True
        if capture is None or not capture.ended:
            return False
        if capture.error is not None:
            self._source_error = capture.error
            return True
        counts = self._ledger.counts()
        return not counts.waiting and not counts.in_flight

    def _set_state(self, state: RunState, message: str) -> None:
        self._state, self._message = state, message

    def _end(self, stop: threading.Event) -> None:
        self._publish_source_notices()
        ended = self._capture is not None and self._capture.ended and self.error is None
        if self._capture is not None:
            self._capture.request_stop()
        self._companions.end()
        self._feed.close()
        self._connector.close()
        self._delivery.outages.end()
        if self._capture is not None:
            self._capture.join(_STOP_WAIT_S)
        self._delivery.finish()
        self._subscriptions.publish(STATUS, self.status())
        self._subscriptions.finish(stop)
        if self._conductor.error is not None:  # pragma: no cover - a fault of ours
            self._set_state(RunState.FAILED, str(self._conductor.error))
        elif self.error is not None:
            self._set_state(RunState.FAILED, self.error.message)
        else:
            self._set_state(RunState.FINISHED if ended else RunState.IDLE, "")
        self._ended_at = time.monotonic()
        trim_memory()
