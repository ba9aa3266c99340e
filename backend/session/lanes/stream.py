"""A lane over one gRPC stream: gRPC's thread pulls requests, the lane's thread reads replies."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import grpc

from backend.clients.codecs import GrpcCall, wrong_id
from backend.clients.links import GrpcLink
from backend.core.errors import ConsoleError, ReplyMismatch, RequestError, StreamBroken
from backend.session.lanes.base import Lane


class StreamLane(Lane):
    """Keeps one stream open; a server's in-band errors fail one request, a status breaks it."""

    _link: GrpcLink | None = None

    def _run(self, stop: threading.Event) -> None:  # noqa: ARG002 - ends by cancel
        try:
            self._link = GrpcLink(self.settings, self.profile)
            self._apply_send_limit(self._link)
            if self._closed:
                return
            self._link.connect()
            self.connected = True
            self._on_change()
            self._read_replies(self._link)
        except ConsoleError as error:
            self._break(error)
        finally:
            self._disconnect()

    def _read_replies(self, link: GrpcLink) -> None:
        call = link.stream(self._outgoing(link))
        # Without this, a stream that ends while the generator waits for a credit leaves a thread.
        call.add_callback(self.credits.wake)
        try:
            for message in call:
                self._read_reply(link, message)
        except grpc.RpcError as error:
            self._break(link.explain(error))
            return
        if self._wanted or self._flights:
            hint = link.rules.stream_end_hint
            self._break(StreamBroken("The server ended the stream.", hint=hint))

    def _read_reply(self, link: GrpcLink, message: bytes) -> None:
        received_ns = time.monotonic_ns()
        try:
            reply = link.codec.decode(message, self._sample_of)
            if reply.seq is not None and reply.seq > self._newest_sent:
                raise wrong_id(self.profile.model)
        except ConsoleError as error:
            seq = error.seq if isinstance(error, RequestError | ReplyMismatch) else None
            if seq is None or seq > self._newest_sent:
                seq = self._oldest()
            self._fail(seq, error)
            return
        seq = self._oldest() if reply.seq is None else reply.seq
        self._succeed(seq, reply, received_ns, len(message))

    def _outgoing(self, link: GrpcLink) -> Iterator[bytes]:
        """What gRPC's own thread pulls: a credit, then the newest sample, then its bytes."""
        while self._wanted:
            flight = self._next_flight()
            if flight is None:
                continue
            try:
                flight.outgoing = link.codec.encode(flight.item.sample, flight.item.seq)
                call = flight.outgoing.call
                assert isinstance(call, GrpcCall)
                link.check_size(call.message)
            except ConsoleError as error:
                self._fail(flight.item.seq, error)
                continue
            flight.sent_ns = time.monotonic_ns()
            yield call.message

    def _disconnect(self) -> None:
        if self._link is not None:
            self._link.close()
