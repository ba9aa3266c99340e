"""A lane of single calls, REST or unary gRPC: one named thread for each request in flight."""

from __future__ import annotations

import threading
import time

from backend.clients.links import Link, open_link
from backend.core.errors import ConsoleError, SignInNeeded
from backend.core.worker import Worker
from backend.session.lanes.base import POLL_S, Flight, Lane, is_fatal

_LATE_IN_A_ROW = 3
"""So many calls in a row without a reply in time end the connection."""


class UnaryLane(Lane):
    """Sends as many calls at once as there are credits."""

    _link: Link | None = None

    def _run(self, stop: threading.Event) -> None:  # noqa: ARG002 - ends by cancel
        senders: list[Worker] = []
        try:
            self._link = open_link(self.settings, self.profile)
            self._apply_send_limit(self._link)
            if self._closed:
                return
            self._link.connect()
            self.connected = True
            self._on_change()
            while self._wanted:
                while len(senders) < self.credits.limit:
                    senders.append(Worker(f"sender-{len(senders) + 1}", self._send_all).start())
                self._retiring.wait(POLL_S)
        except ConsoleError as error:
            self._break(error)
        finally:
            for sender in senders:
                sender.join(self.settings.reply_within_s + 1.0)
            self._disconnect()

    def _send_all(self, stop: threading.Event) -> None:  # noqa: ARG002 - ends with the lane
        link = self._link
        while self._wanted and link is not None:
            flight = self._next_flight()
            if flight is not None:
                self._send(link, flight)

    def _send(self, link: Link, flight: Flight) -> None:
        seq = flight.item.seq
        try:
            flight.outgoing = link.codec.encode(flight.item.sample, seq)
            flight.sent_ns = time.monotonic_ns()
            raw, bytes_in = link.call(flight.outgoing.call)
        except ConsoleError as error:
            if is_fatal(error):
                self._break(error)
            else:
                self._fail(seq, error)
                if self.late_in_a_row >= _LATE_IN_A_ROW:
                    self._break(error)  # a dead connection looks like this: begin anew
            return
        received_ns = time.monotonic_ns()
        try:
            reply = link.codec.decode(raw, lambda _: flight.item.sample, seq)
        except SignInNeeded as error:
            self._break(error)
            return
        except ConsoleError as error:
            self._fail(seq, error)
            return
        self._succeed(seq, reply, received_ns, bytes_in)

    def _disconnect(self) -> None:
        if self._link is not None:
            self._link.close()
