"""Calls anything a target offers, over REST and gRPC, and gives back the record of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from backend.core.target import Target
from backend.inspector.calls.exchange import Exchange, Request
from backend.inspector.calls.grpc_connections import GrpcConnections
from backend.inspector.calls.rest_call import RestExchange
from backend.inspector.calls.rest_connections import RestConnections
from backend.inspector.calls.stream_call import StreamCall
from backend.inspector.calls.stream_log import DEFAULT_ROWS


class Call(Protocol):
    """One call that was made ready: `run` it on a thread that may wait."""

    def run(self) -> Exchange:
        """Call and wait for the end; a failure of the call is in the exchange, not raised."""
        ...

    def cancel(self) -> None:
        """End it now, from any thread; before `run`, it ends at once."""
        ...


class Caller:
    """Calls one target; connections are opened when needed and kept between calls.

    Safe to use from several threads. Nothing but `call` and a call's `run` waits.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self._lock = threading.Lock()
        self._rest: RestConnections | None = None
        self._grpc: GrpcConnections | None = None

    def prepare(self, request: Request) -> Call:
        """A call to be run and cancelled; raises what `call` raises."""
        if request.rest:
            return RestExchange(request, self._rest_door())
        call = StreamCall(request, self._grpc_door())
        call.finish()
        return call

    def call(self, request: Request) -> Exchange:
        """Send all messages of a request, of any kind, and wait for its end.

        Raises only for what cannot be sent at all: UsageError for a target without an address
        for it or headers that cannot be, PayloadTooLarge over the request's own limit.
        """
        return self.prepare(request).run()

    def stream(
        self,
        request: Request,
        *,
        rows: int = DEFAULT_ROWS,
        on_reply: Callable[[bytes], None] | None = None,
    ) -> StreamCall:
        """A gRPC call of any kind, to be started, sent to, finished and cancelled by hand."""
        return StreamCall(request, self._grpc_door(), rows=rows, on_reply=on_reply)

    def close(self) -> None:
        """End every call under way and let go of the connections; may be called twice."""
        with self._lock:
            doors = (self._rest, self._grpc)
        for door in doors:
            if door is not None:
                door.close()

    def __enter__(self) -> Caller:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _rest_door(self) -> RestConnections:
        with self._lock:
            if self._rest is None:
                self._rest = RestConnections(self.target)
            return self._rest

    def _grpc_door(self) -> GrpcConnections:
        with self._lock:
            if self._grpc is None:
                self._grpc = GrpcConnections(self.target)
            return self._grpc
