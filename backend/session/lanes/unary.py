"""A lane of single calls, REST or unary gRPC: one named thread for each request in flight."""

from __future__ import annotations

import threading

from backend.clients.inference import InferenceClient, inference_client
from backend.core.errors import ConsoleError, SignInNeeded
from backend.core.worker import Worker
from backend.session.lanes.base import POLL_S, Flight, Lane, is_fatal

_LATE_IN_A_ROW = 3
"""So many calls in a row without a reply in time end the connection."""


class UnaryLane(Lane):
    """Sends as many calls at once as there are credits."""

    _client: InferenceClient | None = None

    def _run(self, stop: threading.Event) -> None:  # noqa: ARG002 - ends by cancel
        senders: list[Worker] = []
        try:
            self._client = inference_client(self.settings, self.profile, self._delivery.traffic)
            self._apply_send_limit(self._client)
            if self._closed:
                return
            self._client.connect()
            self._note_connected()
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
        client = self._client
        while self._wanted and client is not None:
            flight = self._next_flight()
            if flight is not None:
                self._send(client, flight)

    def _send(self, client: InferenceClient, flight: Flight) -> None:
        seq = flight.item.seq
        try:
            flight.outgoing = self._encode(client, flight)
            self._mark_sent(flight)
            raw = client.call(flight.outgoing.call, flight.transfer)
        except ConsoleError as error:
            if is_fatal(error):
                self._break(error)
            else:
                self._fail(seq, error)
                if self.late_in_a_row >= _LATE_IN_A_ROW:
                    self._break(error)  # a dead connection looks like this: begin anew
            return
        try:
            reply = client.codec.decode(raw, lambda _: flight.item.sample, seq)
        except SignInNeeded as error:
            self._break(error)
            return
        except ConsoleError as error:
            self._fail(seq, error)
            return
        self._succeed(seq, reply)

    def _disconnect(self) -> None:
        if self._client is not None:
            self._client.close()
