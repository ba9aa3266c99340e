"""One gRPC call with its four acts: start, send, finish and cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import grpc

from backend.clients.connections.grpc import GrpcConnection, Reach
from backend.clients.faults import words as faults
from backend.clients.security import metadata_of, metadata_text
from backend.core.errors import (
    ConsoleError,
    DeadlineExceeded,
    ReplyMismatch,
    StreamBroken,
    UsageError,
)
from backend.core.worker import Worker
from backend.inspector.calls.exchange import (
    Exchange,
    Fault,
    Headers,
    MethodKind,
    Request,
    Status,
    now_utc,
)
from backend.inspector.calls.outgoing_messages import OutgoingMessages
from backend.inspector.calls.server_parts import parts_in_headers, parts_in_message
from backend.inspector.calls.stopwatch import Stopwatch
from backend.inspector.calls.stream_log import DEFAULT_ROWS, Direction, Drained, StreamLog
from backend.inspector.calls.stream_record import StreamRecord

SEND_AND_WAIT = "send + wait"
RECEIVE_AND_DECODE = "receive + decode"
CONNECT = "connect"


class StreamState(StrEnum):
    """Where a call stands."""

    READY = "ready"
    CONNECTING = "connecting"
    OPEN = "open"
    FINISHED = "finished"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class StreamCounts:
    """Messages and bytes so far."""

    sent: int = 0
    sent_bytes: int = 0
    received: int = 0
    received_bytes: int = 0


class StreamCall:
    """One call of a gRPC method of any kind; no method but `run` and `wait` takes its time.

    The request's own messages are sent first. A method that takes one message is finished from
    the start; to the others more may be sent until `finish`. What happens is drained as rows of a
    bounded log, and when all is over `exchange` is the record of it. `on_reply` is called with each
    reply on the thread that reads them: the next one waits for it.
    """

    def __init__(
        self,
        request: Request,
        connection: GrpcConnection,
        *,
        rows: int = DEFAULT_ROWS,
        on_reply: Callable[[bytes], None] | None = None,
    ) -> None:
        _check(request)
        self.request = request
        self._on_reply = on_reply
        self._connection = connection
        self._watch = Stopwatch()
        self._log = StreamLog(rows)
        self._record = StreamRecord()
        self._outgoing = OutgoingMessages(message_limit=request.message_limit, taken=self._on_taken)
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        self._state = StreamState.READY
        self._counts = [0, 0, 0, 0]
        self._call: Any = None
        self._reach = Reach.NONE
        self._lock = threading.Lock()
        self.exchange: Exchange | None = None
        self._metadata = metadata_of(request.headers)
        for message in request.messages:
            self.send(message)
        if not request.kind.client_streams:
            self._outgoing.finish()

    @property
    def state(self) -> StreamState:
        """Where the call stands."""
        return self._state

    @property
    def counts(self) -> StreamCounts:
        """Messages and bytes so far, each way."""
        return StreamCounts(*self._counts)

    @property
    def waiting(self) -> int:
        """Messages given to `send` that have not gone out yet."""
        return self._outgoing.waiting

    def start(self) -> StreamCall:
        """Open the call; it goes on by itself on a thread of its own."""
        with self._lock:
            if self._state is not StreamState.READY:
                raise UsageError("The stream was started already.")
            self._state = StreamState.CONNECTING
        Worker("inspector-stream", self._body).start()
        return self

    def send(self, message: bytes, *, wait_s: float = 0.0) -> None:
        """Send one more message, waiting at most so long if too many wait already.

        Raises PayloadTooLarge, UsageError after the end, Overloaded.
        """
        self._outgoing.put(message, wait_s=wait_s)
        self._record.add_given(message)

    def finish(self) -> None:
        """Half-close: what waits goes out, nothing follows, replies still come."""
        if self._outgoing.finish() and self._state is not StreamState.ENDED:
            self._log.add(Direction.NOTE, self._watch.now_ns, text="Finished")
            if self._state is StreamState.OPEN:
                self._state = StreamState.FINISHED

    def cancel(self) -> None:
        """End it now; the server is told to stop."""
        with self._lock:
            if self._cancelled.is_set() or self._state is StreamState.ENDED:
                return
            self._cancelled.set()
            call = self._call
        self._log.add(Direction.NOTE, self._watch.now_ns, text="Cancelled")
        if call is not None:
            call.cancel()
        self._outgoing.close()

    def drain(self) -> Drained:
        """The rows since the last look."""
        return self._log.drain()

    def wait(self, timeout_s: float) -> Exchange | None:
        """The exchange, if the call ends within so long."""
        self._ended.wait(timeout_s)
        return self.exchange

    def run(self) -> Exchange:
        """Open the call on this thread and stay until it has ended."""
        with self._lock:
            if self._state is not StreamState.READY:
                raise UsageError("The stream was started already.")
            self._state = StreamState.CONNECTING
        return self._run()

    def _body(self, _stop: threading.Event) -> None:
        self._run()

    def _run(self) -> Exchange:
        self._watch, started_at = Stopwatch(), now_utc()
        exchange = Exchange(self.request, started_at, 0)
        try:
            exchange = self._exchanged(exchange)
        except ConsoleError as error:
            self._watch.cut(SEND_AND_WAIT if self._watch.parts else CONNECT)
            fault = None if self._cancelled.is_set() else Fault.of(self._explained(error))
            exchange = replace(exchange, fault=fault)
        finally:
            self._outgoing.close()
            self._end(self._completed(exchange))
        assert self.exchange is not None
        return self.exchange

    def _end(self, exchange: Exchange) -> None:
        status = exchange.status
        words = f"{status.name} {status.text}".strip() if status else ""
        if exchange.fault and not words:
            words = exchange.fault.message
        self._log.add(Direction.NOTE, exchange.total_ns, text=f"Ended: {words or 'unknown'}")
        with self._lock:
            self.exchange = exchange
            self._state = StreamState.ENDED
        self._ended.set()

    def _exchanged(self, exchange: Exchange) -> Exchange:
        self._reach = self._connection.reach(self._cancelled, self.request.deadline_s)
        reached = self._reach is not Reach.NONE
        if reached:
            self._watch.cut(CONNECT, note=str(self._reach))
        call = self._open()
        headers = metadata_text(call.initial_metadata())
        if reached:
            self._watch.cut(SEND_AND_WAIT)
        broken = self._read(call)
        if reached:
            self._watch.cut(RECEIVE_AND_DECODE)
        else:
            self._watch.cut(CONNECT, note=str(self._reach))
        exchange = replace(
            exchange,
            headers=headers,
            trailers=metadata_text(call.trailing_metadata()),
            status=_status(call),
        )
        self._nest(headers)
        return replace(exchange, fault=self._fault(broken))

    def _open(self) -> Any:
        messages: Iterator[bytes] = iter(self._outgoing)
        only = None if self.request.kind.client_streams else next(messages, None)
        if only is None and not self.request.kind.client_streams:
            raise faults.closed()  # cancelled just now
        call = self._connection.stream(
            self.request.path,
            messages if only is None else only,
            timeout_s=self._remaining_s(),
            metadata=self._metadata,
            compression=self.request.compression,
        )
        with self._lock:
            self._call = call
            self._state = StreamState.OPEN
        if not call.add_callback(self._outgoing.close):
            self._outgoing.close()
        if self._cancelled.is_set():
            call.cancel()
        return call

    def _read(self, call: Any) -> grpc.RpcError | None:
        """Take every reply; what broke the call, if anything did."""
        try:
            for body in call:
                now = self._watch.now_ns
                self._counts[2] += 1
                self._counts[3] += len(body)
                self._record.add_reply(body, now)
                self._log.add(Direction.RECEIVED, now, body)
                if self._on_reply is not None:
                    self._on_reply(body)
        except grpc.RpcError as error:
            return error
        return None

    def _on_taken(self, message: bytes) -> None:
        now = self._watch.now_ns
        self._counts[0] += 1
        self._counts[1] += len(message)
        self._record.add_sent(now)
        self._log.add(Direction.SENT, now, message)

    def _remaining_s(self) -> float | None:
        if self.request.deadline_s is None:
            return None
        return max(0.001, self.request.deadline_s - self._watch.now_ns / 1e9)

    def _fault(self, broken: grpc.RpcError | None) -> Fault | None:
        if self._cancelled.is_set():
            return None
        if broken is not None:
            stream = self.request.kind.streams
            error = self._connection.explain(broken, stream=stream)
            if self._reach is Reach.NONE:
                error = self._connection.find_fault() or error
            return Fault.of(self._explained(error))
        count = self._counts[2]
        if not self.request.kind.server_streams and count != 1:
            return Fault.of(
                ReplyMismatch(
                    f"One message was due, {count or 'none'} came.",
                    hint="Is the method's kind as it is described here?",
                )
            )
        return None

    def _explained(self, error: ConsoleError) -> ConsoleError:
        deadline_s = self.request.deadline_s
        if isinstance(error, DeadlineExceeded) and deadline_s is not None:
            return faults.deadline(self._connection.address, deadline_s)
        error = faults.at_deadline(
            error, self._connection.address, deadline_s, self._watch.now_ns / 1e9
        )
        if isinstance(error, StreamBroken) and self._counts[2] and self.request.kind.streams:
            return StreamBroken(f"The stream broke after {self._counts[2]:,} replies.", error.hint)
        return error

    def _nest(self, headers: Headers) -> None:
        """The server's own parts, where one reply answers one message."""
        if self.request.kind is not MethodKind.UNARY or not self._record.replies:
            return
        parts = parts_in_headers(headers) or parts_in_message(
            self.request.path, self._record.replies[-1].body
        )
        self._watch.nest(SEND_AND_WAIT, parts)

    def _completed(self, exchange: Exchange) -> Exchange:
        record = self._record
        return replace(
            exchange,
            request=replace(self.request, messages=tuple(record.given)),
            total_ns=self._watch.total_ns,
            cancelled=self._cancelled.is_set(),
            timing=self._watch.parts,
            sent_ns=tuple(record.sent_ns),
            replies=tuple(record.replies),
            sent_left_out=record.given_left_out,
            replies_left_out=record.replies_left_out,
        )


def _check(request: Request) -> None:
    if request.rest:
        raise UsageError("A REST route is called, not streamed.")
    if not request.kind.client_streams and len(request.messages) != 1:
        raise UsageError(
            f"{request.method} takes one message, got {len(request.messages)}.",
        )


def _status(call: Any) -> Status | None:
    code = call.code()
    if code is None:
        return None
    return Status(code.value[0], code.name, call.details() or "", ok=code is grpc.StatusCode.OK)
