"""Requests of one cell over one connection that stays open from window to window."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol

import grpc

from backend.clients.codecs import GrpcCall, Outgoing, Reply
from backend.clients.inference import GrpcInferenceClient, InferenceClient, inference_client
from backend.compare.bench.answers import Answer, Tally
from backend.compare.bench.exchange import ExchangeSender
from backend.compare.bench.schedule import Schedule
from backend.core.bench_choices import Timed
from backend.core.choices import RunSettings, Transport
from backend.core.errors import ConsoleError, StreamBroken
from backend.core.samples import Sample
from backend.core.traffic import Transfer
from backend.core.worker import Worker
from backend.profiles.model_profile import ModelProfile

_POLL_S = 0.05
_CLOSE_WAIT_S = 1.5
_MOST_OPEN = 1024
"""Requests that a clock may run ahead of the answers; more wait, and are late from when due."""


class Sender(Protocol):
    """Sends one sample again and again; used by one thread, windows one after another."""

    def connect(self) -> None:
        """Reach the target; raises TargetError, or Unsupported for what it does not offer."""
        ...

    def send(self, schedule: Schedule, tally: Tally, stop: threading.Event) -> None:
        """One window: returns when what is due has been sent and answered, or `stop` is set.

        Raises ConsoleError when the connection is lost.
        """
        ...

    def close(self) -> None:
        """End every call under way; may be called twice."""
        ...


def make_sender(
    settings: RunSettings, profile: ModelProfile, sample: Sample, timed: Timed = Timed.WHOLE
) -> Sender:
    """The sender for the settings' transport; raises UsageError, and Unsupported for a model whose
    exchange cannot be timed alone."""
    if timed is Timed.EXCHANGE:
        return ExchangeSender(settings, profile, sample)
    if settings.transport is Transport.GRPC_STREAM:
        return StreamSender(settings, profile, sample)
    return UnarySender(settings, profile, sample)


class UnarySender:
    """Single calls, REST or gRPC: one thread, and one connection over REST, for each in flight."""

    def __init__(self, settings: RunSettings, profile: ModelProfile, sample: Sample) -> None:
        self._client: InferenceClient = inference_client(settings, profile)
        self._sample = sample
        self._in_flight = settings.in_flight or 1
        self._threads = ThreadPoolExecutor(self._in_flight, "bench")
        self._seq = iter(range(2**62))

    def connect(self) -> None:
        """See `Sender`."""
        self._client.connect()

    def send(self, schedule: Schedule, tally: Tally, stop: threading.Event) -> None:
        """See `Sender`."""
        work = [
            self._threads.submit(self._work, schedule, tally, stop) for _ in range(self._in_flight)
        ]
        wait(work)
        for each in work:
            each.result()

    def close(self) -> None:
        """See `Sender`."""
        self._client.close()
        self._threads.shutdown(cancel_futures=True)

    def _work(self, schedule: Schedule, tally: Tally, stop: threading.Event) -> None:
        while not stop.is_set():
            due_ns = schedule.next_due(time.monotonic_ns())
            if due_ns is None or not _sleep_until(due_ns, stop):
                return
            try:
                tally.answered(self._call(due_ns))
            except ConsoleError as error:
                tally.failed(error)
                # A server that refuses everything must not be asked as fast as it can refuse.
                stop.wait(_POLL_S)

    def _call(self, due_ns: int) -> Answer:
        started_ns = time.monotonic_ns()
        seq = next(self._seq)
        outgoing = self._client.codec.encode(self._sample, seq)
        transfer = Transfer()
        raw = self._client.call(outgoing.call, transfer)
        reply = self._client.codec.decode(raw, lambda _: self._sample, seq)
        return _answer(_Sent(due_ns, started_ns, outgoing, transfer), transfer, reply)


class StreamSender:
    """One gRPC stream. Its replies are read on a thread of its own, which in a closed loop also
    releases the next request; gRPC's thread writes what is released."""

    def __init__(self, settings: RunSettings, profile: ModelProfile, sample: Sample) -> None:
        self._client = GrpcInferenceClient(settings, profile)
        self._sample = sample
        self._in_flight = settings.in_flight or 1
        self._deadline_s = settings.reply_within_s
        self._moved_s = time.monotonic()
        self._released: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._state = threading.Condition()
        self._open = 0
        self._under_way: dict[int, _Sent] = {}
        self._schedule: Schedule | None = None
        self._tally = Tally()
        self._error: ConsoleError | None = None
        self._reader = Worker("bench-stream", self._read)

    def connect(self) -> None:
        """See `Sender`."""
        self._client.connect()
        self._reader.start()

    def send(self, schedule: Schedule, tally: Tally, stop: threading.Event) -> None:
        """See `Sender`."""
        self._tally, self._schedule = tally, schedule
        if schedule.clocked:
            self._release_by_clock(schedule, stop)
        else:
            for _ in range(self._in_flight):
                self._release(schedule.next_due(time.monotonic_ns()))
        self._wait_until(lambda: not self._open, stop)
        if stop.is_set():
            self._schedule = None
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """See `Sender`."""
        self._released.put(None)
        self._client.close()
        if self._reader.alive:
            self._reader.join(_CLOSE_WAIT_S)

    def _release_by_clock(self, schedule: Schedule, stop: threading.Event) -> None:
        while (due_ns := schedule.next_due(time.monotonic_ns())) is not None:
            if not _sleep_until(due_ns, stop):
                return
            if not self._wait_until(lambda: self._open < _MOST_OPEN, stop):
                return
            self._release(due_ns)

    def _release(self, due_ns: int | None) -> None:
        if due_ns is not None:
            with self._state:
                self._open += 1
                self._moved_s = time.monotonic()
            self._released.put(due_ns)

    def _wait_until(self, reached: Callable[[], bool], stop: threading.Event) -> bool:
        """Whether it came to that before the stream broke, said nothing for as long as a call may
        take, or `stop` was set."""
        with self._state:
            while not reached() and self._error is None and not stop.is_set():
                self._state.wait(_POLL_S)
                if self._open and time.monotonic() - self._moved_s > self._deadline_s:
                    self._break(self._client.silent())
            return reached() and self._error is None

    def _messages(self) -> Iterator[bytes]:
        """What gRPC's own thread pulls."""
        seq = 0
        while (due_ns := self._released.get()) is not None:
            started_ns = time.monotonic_ns()
            try:
                outgoing = self._client.codec.encode(self._sample, seq)
                assert isinstance(outgoing.call, GrpcCall)
                self._client.check_size(outgoing.call.message)
            except ConsoleError as error:
                self._fail(error)
                continue
            transfer = Transfer()
            self._client.note_sent(outgoing.call.message, transfer)
            self._under_way[seq] = _Sent(due_ns, started_ns, outgoing, transfer)
            seq += 1
            yield outgoing.call.message

    def _read(self, stop: threading.Event) -> None:  # noqa: ARG002 - ends with the stream
        try:
            call = self._client.stream(self._messages())
            call.add_callback(lambda: self._released.put(None))
            for message in call:
                self._read_reply(message)
            self._break(StreamBroken("The server ended the stream."))
        except grpc.RpcError as error:
            self._break(self._client.explain(error))
        except ConsoleError as error:
            self._break(error)

    def _read_reply(self, message: bytes) -> None:
        received = Transfer()
        self._client.note_received(message, received)
        try:
            reply = self._client.codec.decode(message, lambda _: self._sample)
        except ConsoleError as error:
            self._under_way.pop(self._first(getattr(error, "seq", None)), None)
            self._fail(error)
            return
        sent = self._under_way.pop(self._first(reply.seq), None)
        if sent is None:
            return  # a decoupled model may answer again
        self._tally.answered(_answer(sent, received, reply))
        self._settle()

    def _first(self, seq: int | None) -> int:
        """The request that a reply is for: the oldest, where it carries no id."""
        return next(iter(self._under_way), -1) if seq is None else seq

    def _fail(self, error: ConsoleError) -> None:
        self._tally.failed(error)
        time.sleep(_POLL_S)  # what is refused every time must not be sent as fast as it is refused
        self._settle()

    def _settle(self) -> None:
        """A request is done with; in a closed loop the next one follows."""
        schedule = self._schedule
        if schedule is not None and not schedule.clocked:
            self._release(schedule.next_due(time.monotonic_ns()))
        with self._state:
            self._open -= 1
            self._moved_s = time.monotonic()
            if not self._open or (schedule is not None and schedule.clocked):
                self._state.notify_all()

    def _break(self, error: ConsoleError) -> None:
        with self._state:
            self._error = self._error or error
            self._state.notify_all()


@dataclass(frozen=True, slots=True)
class _Sent:
    """A request that is on its way."""

    due_ns: int
    started_ns: int
    outgoing: Outgoing
    transfer: Transfer


def _answer(sent: _Sent, received: Transfer, reply: Reply) -> Answer:
    """What came of a request whose reply came by `received`, in a stream not its own transfer."""
    decoded_ns = time.monotonic_ns()
    traffic = sent.transfer.traffic
    if received is not sent.transfer:
        traffic += received.traffic
    return Answer(
        sent.due_ns,
        sent.started_ns,
        sent.outgoing.prepared_ns,
        sent.outgoing.encoded_ns,
        received.received_ns or decoded_ns,
        decoded_ns,
        traffic,
        reply.server,
        sent.transfer.sent_ns,
        received.replied_ns,
    )


def _sleep_until(due_ns: int, stop: threading.Event) -> bool:
    """Whether the moment came; False if `stop` was set before."""
    while (left_s := (due_ns - time.monotonic_ns()) / 1e9) > 0:
        if stop.wait(left_s):
            return False
    return not stop.is_set()
