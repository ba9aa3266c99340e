"""A lane: one connection with one set of settings, from sample to answer.

Changing a setting opens a new lane and retires the old one, so that a reply is always read by the
rules its request was written with.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from backend.clients.codecs import Outgoing, Reply
from backend.clients.inference import InferenceClient
from backend.core.choices import RunSettings
from backend.core.errors import ConsoleError, DeadlineExceeded, TargetError
from backend.core.flow import Credits
from backend.core.ledger import DropPlace
from backend.core.samples import Sample
from backend.core.status import Result, Sent
from backend.core.timing import Stage, Timeline
from backend.core.traffic import Transfer
from backend.core.worker import Worker
from backend.profiles.model_profile import ModelProfile
from backend.session.lanes.delivery import Delivery
from backend.session.lanes.feed import Feed, NumberedSample

POLL_S = 0.25
"""Longest wait for a credit or a sample before a lane looks whether it is still wanted."""


@dataclass(slots=True)
class Flight:
    """A request on its way."""

    item: NumberedSample
    taken_ns: int
    transfer: Transfer
    outgoing: Outgoing | None = None
    as_sent: Sample | None = None


class Lane(ABC):
    """Takes samples from the feed while it is the reader, and gives answers to the delivery.

    It takes no sample while the delivery has no room for what would come of it.

    `error` is set when the lane has broken: it takes nothing more, and what was in flight has been
    counted as failed. `last_error` is why the newest request failed, None if it was answered.
    `send_limit` is the server's limit of a message in bytes, where it is known.
    """

    def __init__(
        self,
        settings: RunSettings,
        profile: ModelProfile,
        feed: Feed,
        delivery: Delivery,
        on_change: Callable[[], None],
        number: int,
    ) -> None:
        self.number = number
        self.settings = settings
        self.profile = profile
        self._feed = feed
        self._delivery = delivery
        self._on_change = on_change
        self._reader = 0
        self._flights: dict[int, Flight] = {}
        self._newest_sent = -1
        self._answered_again = 0
        self._lock = threading.Lock()
        self._retiring = threading.Event()
        self._closed = False
        self._worker = Worker(f"lane-{settings.transport}", self._run)
        self.send_limit: int | None = None
        self.credits = Credits(settings.in_flight or 1)
        self.connected = False
        self.answered = 0
        self.late_in_a_row = 0
        self.error: ConsoleError | None = None
        self.last_error: ConsoleError | None = None

    @property
    def responded(self) -> bool:
        """Whether anything came from the server: an answer, or an error of its own."""
        error = self.last_error
        return bool(self.answered) or (
            error is not None and not isinstance(error, DeadlineExceeded)
        )

    @property
    def done(self) -> bool:
        """Whether nothing is in flight and no thread of this lane runs."""
        return not self._worker.alive

    def start(self) -> None:
        """Become the feed's reader and connect."""
        self._reader = self._feed.new_reader()
        self._worker.start()

    def retire(self) -> None:
        """Take no more samples, which may be another source's; what is in flight may come back."""
        self._retiring.set()
        self._feed.leave(self._reader)
        self.credits.wake()

    def cancel(self, place: DropPlace) -> None:
        """Give up what is in flight, counted at `place`, and end; returns at once."""
        for flight in self._shut():
            item, traffic = flight.item, flight.transfer.traffic
            self._delivery.dropped(item.seq, place, item.sample, traffic)
        self._disconnect()

    def join(self, timeout_s: float) -> bool:
        """Wait for the lane's thread; True if it has ended."""
        return self._worker.join(timeout_s)

    def oldest_s(self) -> float:
        """Seconds that the oldest request in flight has been waiting, 0 if there is none."""
        with self._lock:
            sent = [flight.taken_ns for flight in self._flights.values()]
        return (time.monotonic_ns() - min(sent)) / 1e9 if sent else 0.0

    def check_deadline(self) -> None:
        """Break the lane if a request has been in flight for longer than the deadline."""
        if self.oldest_s() > self.settings.reply_within_s + 0.5:
            hint = "The server may still be computing; raise the deadline if needed."
            if self._answered_again:
                hint = (
                    f"Meanwhile replies with ids of requests answered before: "
                    f"{self._answered_again}. The server has to give each request's own id back."
                )
            self._break(
                DeadlineExceeded(f"No reply in {self.settings.reply_within_s:g} s.", hint=hint)
            )

    @abstractmethod
    def _run(self, stop: threading.Event) -> None:
        """Connect and work until retired, cancelled or broken."""

    def _apply_send_limit(self, client: InferenceClient) -> None:
        """Let messages that the server would refuse not be sent at all."""
        if self.send_limit is not None:
            client.send_limit = min(client.send_limit, self.send_limit)

    @abstractmethod
    def _disconnect(self) -> None:
        """Cut the connection; every call under way ends. May be called twice, and early."""

    def _note_connected(self) -> None:
        self.connected = True
        if self._wanted:
            self._delivery.outages.end()
        self._on_change()

    @property
    def _wanted(self) -> bool:
        return not (self._retiring.is_set() or self._closed)

    def _next_flight(self) -> Flight | None:
        """The next sample with a credit for it; None if there is none just now."""
        if not self._wanted or not self._delivery.wait_for_room(POLL_S):
            return None
        if not self.credits.take(POLL_S):
            return None
        item = self._feed.take(self._reader, POLL_S) if self._wanted else None
        if item is None:
            self.credits.refund()
            return None
        flight = Flight(item, time.monotonic_ns(), Transfer(self._delivery.traffic))
        with self._lock:
            if not self._closed:
                self._flights[item.seq] = flight
                self._newest_sent = item.seq
                self._delivery.sent(item.seq)
                return flight
        self._delivery.dropped(item.seq, DropPlace.SWITCHED, item.sample)
        return None

    def _encode(self, client: InferenceClient, flight: Flight) -> Outgoing:
        """The call for a flight's sample, which from here on is as it is sent."""
        settings = self.settings
        flight.as_sent = self.profile.with_file(flight.item.sample, settings.payload, settings.api)
        return client.codec.encode(flight.as_sent, flight.item.seq)

    def _mark_sent(self, flight: Flight) -> None:
        """It goes onto the wire now."""
        assert flight.as_sent is not None
        now_ns = time.monotonic_ns()
        sent = Sent(flight.item.seq, flight.as_sent, now_ns, self.settings, self.number)
        self._delivery.publish_sent(sent)
        flight.as_sent = None  # the flight need not keep what only readers want

    def _settle(self, seq: int) -> Flight | None:
        """Take a flight off the list; None if it has been given up meanwhile."""
        with self._lock:
            flight = self._flights.pop(seq, None)
        if flight is not None:
            self.credits.refund()
        return flight

    def _succeed(self, seq: int, reply: Reply, received: Transfer | None = None) -> None:
        """A reply was understood, which came by `received` if not by the request's own transfer."""
        flight = self._settle(seq)
        if flight is None or flight.outgoing is None:
            self._answered_again += 1  # as a decoupled model may do
            return
        self._answered_again = 0
        decoded_ns = time.monotonic_ns()
        traffic = flight.transfer.traffic
        if received is not None:
            traffic += received.traffic
        self.answered += 1
        self.late_in_a_row = 0
        self.last_error = None
        self._delivery.answered(
            Result(
                seq=seq,
                sample=flight.item.sample,
                predictions=reply.predictions,
                timeline=Timeline(
                    _marks(flight, flight.outgoing, received or flight.transfer, decoded_ns),
                    reply.server,
                ),
                traffic=traffic,
                settings=self.settings,
                lane=self.number,
            )
        )

    def _sample_of(self, seq: int | None) -> Sample | None:
        """What a reply answers; one without an id answers the oldest request."""
        with self._lock:
            flight = self._flights.get(self._first() if seq is None else seq)
        return None if flight is None else flight.item.sample

    def _oldest(self) -> int:
        """Replies come in the order of requests where they carry no id."""
        with self._lock:
            return self._first()

    def _first(self) -> int:
        return next(iter(self._flights), -1)

    def _fail(self, seq: int, error: ConsoleError) -> None:
        """One request failed; the lane goes on."""
        flight = self._settle(seq)
        if flight is not None:
            late = isinstance(error, DeadlineExceeded)
            self.late_in_a_row = self.late_in_a_row + 1 if late else 0
            self.last_error = error
            self._delivery.failed(seq, error, flight.transfer.traffic)

    def _break(self, error: ConsoleError) -> None:
        """The connection is gone: everything in flight has failed."""
        already = self._closed
        for flight in self._shut():
            self._delivery.failed(flight.item.seq, error, flight.transfer.traffic)
        if not already:
            if not self._retiring.is_set():
                self._delivery.outages.begin()
            self.error = error
        self._disconnect()
        self._on_change()

    def _shut(self) -> list[Flight]:
        with self._lock:
            self._closed = True
            flights = list(self._flights.values())
            self._flights.clear()
        self.credits.wake()
        return flights


def _marks(flight: Flight, out: Outgoing, received: Transfer, decoded_ns: int) -> dict[Stage, int]:
    """When was what; the moments that a transport does not show are missing."""
    marks = {
        Stage.CAPTURED: flight.item.sample.captured_ns,
        Stage.HANDED_OVER: flight.item.handed_over_ns,
        Stage.TAKEN: flight.taken_ns,
        Stage.PREPARED: out.prepared_ns,
        Stage.ENCODED: out.encoded_ns,
        Stage.SENT: flight.transfer.sent_ns,
        Stage.REPLIED: received.replied_ns,
        Stage.RECEIVED: received.received_ns,
        Stage.DECODED: decoded_ns,
    }
    return {stage: at_ns for stage, at_ns in marks.items() if at_ns}


def is_fatal(error: ConsoleError) -> bool:
    """Whether an error ends the connection rather than one request."""
    return isinstance(error, TargetError) and not isinstance(error, DeadlineExceeded)
