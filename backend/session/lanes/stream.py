"""A lane over one gRPC stream: gRPC's thread pulls requests, the lane's thread reads replies."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import grpc

from backend.clients.codecs import GrpcCall, wrong_id
from backend.clients.inference import GrpcInferenceClient
from backend.core.errors import ConsoleError, ReplyMismatch, RequestError, StreamBroken
from backend.core.traffic import Transfer
from backend.session.lanes.base import Lane


class StreamLane(Lane):
    """Keeps one stream open; a server's in-band errors fail one request, a status breaks it."""

    _client: GrpcInferenceClient | None = None

    def _run(self, stop: threading.Event) -> None:  # noqa: ARG002 - ends by cancel
        try:
            self._client = GrpcInferenceClient(self.settings, self.profile)
            self._apply_send_limit(self._client)
            if self._closed:
                return
            self._client.connect()
            self._note_connected()
            self._read_replies(self._client)
        except ConsoleError as error:
            self._break(error)
        finally:
            self._disconnect()

    def _read_replies(self, client: GrpcInferenceClient) -> None:
        call = client.stream(self._outgoing(client))
        # Without this, a stream that ends while the generator waits for a credit leaves a thread.
        call.add_callback(self.credits.wake)
        try:
            for message in call:
                self._read_reply(client, message)
        except grpc.RpcError as error:
            self._break(client.explain(error))
            return
        if self._wanted or self._flights:
            hint = client.rules.stream_end_hint
            self._break(StreamBroken("The server ended the stream.", hint=hint))

    def _read_reply(self, client: GrpcInferenceClient, message: bytes) -> None:
        received = Transfer(self._delivery.traffic)
        client.note_received(message, received)
        try:
            reply = client.codec.decode(message, self._sample_of)
            if reply.seq is not None and reply.seq > self._newest_sent:
                raise wrong_id(self.profile.model)
        except ConsoleError as error:
            seq = error.seq if isinstance(error, RequestError | ReplyMismatch) else None
            if seq is None or seq > self._newest_sent:
                seq = self._oldest()
            self._fail(seq, error)
            return
        seq = self._oldest() if reply.seq is None else reply.seq
        self._succeed(seq, reply, received)

    def _outgoing(self, client: GrpcInferenceClient) -> Iterator[bytes]:
        """What gRPC's own thread pulls: a credit, then the newest sample, then its bytes."""
        while self._wanted:
            flight = self._next_flight()
            if flight is None:
                continue
            try:
                flight.outgoing = self._encode(client, flight)
                call = flight.outgoing.call
                assert isinstance(call, GrpcCall)
                client.check_size(call.message)
            except ConsoleError as error:
                self._fail(flight.item.seq, error)
                continue
            self._mark_sent(flight)
            client.note_sent(call.message, flight.transfer)
            yield call.message

    def _disconnect(self) -> None:
        if self._client is not None:
            self._client.close()
