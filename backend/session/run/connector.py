"""Keeps one connection open: replaces it when a setting changes, and when it was lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from backend.core.choices import RunSettings, Transport
from backend.core.errors import (
    ConsoleError,
    DeadlineExceeded,
    NotFound,
    PayloadTooLarge,
    ReplyMismatch,
    RequestError,
    Unsupported,
)
from backend.core.flow import Backoff
from backend.core.ledger import DropPlace, Ledger
from backend.core.status import Notice, RunState, Severity
from backend.core.target import Target
from backend.profiles.model_profile import ModelProfile
from backend.session.lanes import (
    Delivery,
    Feed,
    Lane,
    StreamLane,
    UnaryLane,
    Widening,
    flight_limit,
)
from backend.session.run.replicas import ReplicaWatch
from backend.session.sinks import NOTICES, Subscriptions

_GRACE_S = 1.0
"""How long replies of an old setting may still come."""
_STALLED_AFTER_S = 2.0
_LIMIT_EVERY_S = 1.0
_LANE_STOP_WAIT_S = 1.5
"""Longer than the one thing that closing does not end: a look at what is wrong with a server."""
_ATTEMPTS_WITHOUT_RETRY = 4
_FINAL = (NotFound, ReplyMismatch, Unsupported)
"""Answers that will not change by asking again."""


class Connector:
    """Opens, retires and replaces lanes; used by the conductor's thread alone, but `retry_now`.

    `target_error` says why there is no connection now, `error` why there will be none any more,
    which is never set with `retry`: then it tries again forever, with growing pauses.
    """

    def __init__(
        self,
        ledger: Ledger,
        feed: Feed,
        delivery: Delivery,
        subscriptions: Subscriptions,
        *,
        resolve: Callable[[Target], Target],
        replicas: ReplicaWatch,
        retry: bool,
        set_state: Callable[[RunState, str], None],
        on_change: Callable[[], None],
    ) -> None:
        self._ledger = ledger
        self._feed = feed
        self._delivery = delivery
        self._subscriptions = subscriptions
        self._resolve = resolve
        self._replicas = replicas
        self._widening = Widening()
        self._retry = retry
        self._set_state = set_state
        self._on_change = on_change
        self._settings: RunSettings | None = None
        self._profile: ModelProfile | None = None
        self._lanes = 0
        self._retired: list[tuple[Lane, float]] = []
        self._backoff = Backoff()
        self._retry_at = 0.0
        self._limit_set_at = 0.0
        self._peer_limits: dict[tuple[str, str], int] = {}
        self.lane: Lane | None = None
        self.target_error: ConsoleError | None = None
        self.error: ConsoleError | None = None

    @property
    def attempt(self) -> int:
        """How many attempts have failed in a row."""
        return self._backoff.attempt

    @property
    def retry_in_s(self) -> float:
        """Seconds until the next attempt, 0 if none is planned."""
        return max(0.0, self._retry_at - time.monotonic())

    def retry_now(self) -> None:
        """Do not wait for the pause to pass."""
        self._retry_at = 0.0

    def use(self, settings: RunSettings, profile: ModelProfile, *, anew: bool) -> None:
        """Send with these from the next `maintain` on.

        A lane that differs only in the requests in flight is kept, unless it is wanted anew.
        """
        same_profile = profile is self._profile
        self._settings, self._profile = settings, profile
        lane = self.lane
        if lane is not None and same_profile and not anew and self._fits(lane, settings):
            lane.settings = replace(lane.settings, in_flight=settings.in_flight)
            self._set_limit(lane)
            return
        self._retire()
        self._backoff.reset()
        self._retry_at = 0.0

    def maintain(self) -> None:
        """Open a lane if there is none, and look after the one there is; called every tick."""
        self._close_expired()
        lane = self.lane
        if lane is None:
            if time.monotonic() >= self._retry_at:
                self._open()
            return
        lane.check_deadline()
        if lane.error is not None:
            self._lose(lane, lane.error)
            return
        if lane.responded:
            self._recover(lane)
        if not self._retry and not lane.answered and isinstance(lane.last_error, _FINAL):
            self.error = lane.last_error
            return
        self._report_state(lane)
        if time.monotonic() - self._limit_set_at > _LIMIT_EVERY_S:
            self._limit_set_at = time.monotonic()
            self._set_limit(lane)

    def close(self) -> None:
        """Give up what is in flight, counted as stopped, and wait a while for the threads."""
        self._retire()
        for lane, _ in self._retired:
            lane.cancel(DropPlace.STOPPED)
        for lane, _ in self._retired:
            lane.join(_LANE_STOP_WAIT_S)
        self._replicas.close()
        self.target_error = None

    def _fits(self, lane: Lane, settings: RunSettings) -> bool:
        same = replace(lane.settings, target=settings.target, in_flight=settings.in_flight)
        return settings == same and self._resolved(settings.target) == lane.settings.target

    def _resolved(self, target: Target) -> Target | None:
        try:
            return self._resolve(target)
        except ConsoleError:
            return None

    def _set_limit(self, lane: Lane) -> None:
        sequence = lane.profile.sequence
        limit = flight_limit(lane.settings, self._delivery.traces, sequence=sequence)
        if lane.settings.in_flight is None and not sequence:
            self._replicas.use(lane.settings)
            answered = self._ledger.counts().answered
            limit = self._widening.limit(limit, self._replicas.count, answered, time.monotonic())
        lane.credits.limit = limit

    def _open(self) -> None:
        wanted, profile = self._settings, self._profile
        assert wanted is not None
        assert profile is not None
        try:
            settings = replace(wanted, target=self._resolve(wanted.target))
        except ConsoleError as error:  # a variable or a secret is missing
            self._retry_or_give_up(error, hopeless=True)
            return
        make = StreamLane if settings.transport is Transport.GRPC_STREAM else UnaryLane
        self._lanes += 1
        self._widening = Widening()
        lane = make(settings, profile, self._feed, self._delivery, self._on_change, self._lanes)
        self._set_limit(lane)
        lane.send_limit = self._peer_limits.get(_endpoint(settings))
        self.lane = lane
        lane.start()

    def _lose(self, lane: Lane, error: ConsoleError) -> None:
        self.lane = None
        self._retired.append((lane, time.monotonic() + _GRACE_S))
        if isinstance(error, PayloadTooLarge) and error.from_server and error.limit_bytes:
            self._peer_limits[_endpoint(lane.settings)] = error.limit_bytes
        self._retry_or_give_up(error, hopeless=self._hopeless(lane, error))

    def _hopeless(self, lane: Lane, error: ConsoleError) -> bool:
        never_worked = not self._ledger.counts().answered and not lane.connected
        return (
            never_worked
            or isinstance(error, RequestError)
            or self._backoff.attempt >= _ATTEMPTS_WITHOUT_RETRY
        )

    def _retry_or_give_up(self, error: ConsoleError, *, hopeless: bool) -> None:
        self._delivery.outages.begin()
        first = self.target_error is None
        self.target_error = error
        self._retry_at = time.monotonic() + self._backoff.next_pause_s()
        if hopeless and not self._retry:
            self.error = error
            return
        if first:
            self._notify(Severity.WARNING, error.message, error.hint)
        self._set_state(RunState.RECONNECTING, error.message)

    def _recover(self, lane: Lane) -> None:
        """A reply came: whatever was wrong with the connection is over."""
        self._backoff.reset()
        if self.target_error is not None:
            self.target_error = None
            if not isinstance(lane.last_error, PayloadTooLarge):
                self._notify(Severity.INFO, "Streaming again")

    def _notify(self, severity: Severity, title: str, body: str = "") -> None:
        self._subscriptions.publish(NOTICES, Notice(severity, title, body, "target"))

    def _report_state(self, lane: Lane) -> None:
        waited_s = lane.oldest_s()
        if not lane.connected:
            if not self._backoff.attempt:
                self._set_state(RunState.STARTING, "")
        elif waited_s > _STALLED_AFTER_S:
            self._set_state(RunState.STALLED, f"Waiting {waited_s:.1f} s for a reply.")
        elif isinstance(lane.last_error, DeadlineExceeded):
            self._set_state(RunState.STALLED, lane.last_error.message)
        elif lane.answered or lane.last_error is not None:
            self._set_state(RunState.STREAMING, "")

    def _retire(self) -> None:
        if self.lane is not None:
            self.lane.retire()
            self._retired.append((self.lane, time.monotonic() + _GRACE_S))
            self.lane = None

    def _close_expired(self) -> None:
        """Cancel retired lanes that had their second, and forget those that have ended."""
        now = time.monotonic()
        for lane, until in self._retired:
            if not lane.done and now > until:
                lane.cancel(DropPlace.SWITCHED)
        self._retired = [(lane, until) for lane, until in self._retired if not lane.done]


def _endpoint(settings: RunSettings) -> tuple[str, str]:
    """What a server's own limit belongs to."""
    target = settings.target
    return ("rest", target.rest) if settings.transport is Transport.REST else ("grpc", target.grpc)
