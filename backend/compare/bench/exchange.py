"""Requests of one cell of which the exchange alone is timed: bytes that are made once, sent and
awaited by one thread, as load generators do it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from backend.clients.codecs import Codec, Reply
from backend.clients.inference import ExchangeClient, Exchanges, Over
from backend.compare.bench.answers import Answer, Tally
from backend.compare.bench.prepared import PreparedCodec, UnreadReply, check_repeatable
from backend.compare.bench.schedule import Schedule
from backend.core.choices import RunSettings, Transport
from backend.core.errors import ConsoleError
from backend.core.samples import Sample
from backend.core.traffic import Transfer
from backend.core.worker import Worker
from backend.profiles.model_profile import ModelProfile

_POLL_S = 0.05
_MOST_IDS, _MOST_KEPT = 256, 32 * 1024 * 1024
"""Messages of a stream differ in their ids; each is used again as late as these bounds of number
and bytes allow, since a decoupled model may answer again."""


class ExchangeSender:
    """A `Sender` for a closed loop; raises Unsupported for a model whose requests are not alike."""

    def __init__(self, settings: RunSettings, profile: ModelProfile, sample: Sample) -> None:
        check_repeatable(profile)
        self._streamed = settings.transport is Transport.GRPC_STREAM
        self._client = ExchangeClient(settings, profile)
        self._sample = sample
        self._in_flight = settings.in_flight or 1
        self._free: deque[int] = deque()
        self._open: dict[int, _Sent] = {}
        self._exchanges: Exchanges | None = None
        self._codec: Codec | None = None

    def connect(self) -> None:
        """See `Sender`."""
        self._exchanges = self._client.open()
        self._codec = PreparedCodec(self._client.codec, streamed=self._streamed)
        size = self._codec.encode(self._sample, 0).size_bytes
        ids = min(_MOST_IDS, _MOST_KEPT // max(1, size)) if self._streamed else 0
        self._free.extend(range(max(self._in_flight, ids)))

    def send(self, schedule: Schedule, tally: Tally, stop: threading.Event) -> None:
        """See `Sender`."""
        exchanges, codec = self._exchanges, self._codec
        assert exchanges is not None
        assert codec is not None
        self._free.extend(self._open)  # what a window before has lost
        self._open.clear()
        with Worker("bench-watch", lambda ended: _cancel_when(stop, ended, exchanges)):
            for _ in range(self._in_flight):
                self._begin_next(schedule, exchanges, codec)
            while self._open and not stop.is_set():
                for over in self._over(exchanges, stop):
                    if self._settle(over, codec, tally):
                        self._begin_next(schedule, exchanges, codec)

    def close(self) -> None:
        """See `Sender`."""
        if self._exchanges is not None:
            self._exchanges.close()
        self._client.close()

    def _over(self, exchanges: Exchanges, stop: threading.Event) -> Iterator[Over]:
        """What is over, but for what was cancelled."""
        try:
            for over in exchanges.wait():
                if stop.is_set():
                    return
                yield over
        except ConsoleError:
            if not stop.is_set():
                raise

    def _begin_next(self, schedule: Schedule, exchanges: Exchanges, codec: Codec) -> None:
        if schedule.next_due(time.monotonic_ns()) is None:
            return
        number, transfer = self._free.popleft(), Transfer()
        call = codec.encode(self._sample, number).call
        self._open[number] = _Sent(time.monotonic_ns(), transfer)
        exchanges.begin(number, call, transfer)

    def _settle(self, over: Over, codec: Codec, tally: Tally) -> bool:
        """Whether a request is done with: a decoupled model may answer one again."""
        try:
            if isinstance(over.outcome, ConsoleError):
                raise over.outcome
            reply = codec.decode(over.outcome, lambda _: self._sample)
        except ConsoleError as error:
            told: int | None = getattr(error, "seq", None)
            self._take(told if over.number is None else over.number)
            tally.failed(error)
            # A server that refuses everything must not be asked as fast as it can refuse.
            time.sleep(_POLL_S)
            return True
        sent = self._take(reply.seq if over.number is None else over.number)
        if sent is not None:
            tally.answered(_answer(sent, over.received, reply))
        return sent is not None

    def _take(self, number: int | None) -> _Sent | None:
        """The request of that number, or else the oldest; None if it was taken before."""
        number = next(iter(self._open), -1) if number is None else number
        sent = self._open.pop(number, None)
        if sent is not None:
            self._free.append(number)
        return sent


@dataclass(frozen=True, slots=True)
class _Sent:
    started_ns: int
    transfer: Transfer


def _answer(sent: _Sent, received: Transfer, reply: Reply) -> Answer:
    traffic = sent.transfer.traffic
    if received is not sent.transfer:
        traffic += received.traffic
    return Answer(
        due_ns=sent.started_ns,
        started_ns=0,
        prepared_ns=0,
        # Only of a reply that was read are the parts known.
        encoded_ns=0 if isinstance(reply, UnreadReply) else sent.started_ns,
        received_ns=received.received_ns,
        decoded_ns=0,
        traffic=traffic,
        server=reply.server,
        sent_ns=sent.transfer.sent_ns,
        replied_ns=received.replied_ns,
    )


def _cancel_when(stop: threading.Event, ended: threading.Event, exchanges: Exchanges) -> None:
    """So that a server that says nothing more holds up neither who cancels nor the measurement."""
    while not ended.is_set():
        if stop.wait(_POLL_S):
            exchanges.cancel()
            return
        exchanges.cancel_late()
