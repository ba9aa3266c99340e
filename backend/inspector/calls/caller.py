"""Calls anything a target offers, over REST and gRPC, and gives back the record of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from backend.clients.connections.grpc import GrpcConnection
from backend.clients.connections.rest import RestConnection
from backend.core.errors import UsageError
from backend.core.target import Target
from backend.inspector.calls.exchange import Exchange, Request
from backend.inspector.calls.rest_exchange import RestExchange
from backend.inspector.calls.stream_call import StreamCall
from backend.inspector.calls.stream_log import DEFAULT_ROWS

_MAX_LIMITS = 4


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
        self._rest: RestConnection | None = None
        self._grpc: dict[int, GrpcConnection] = {}
        self._closed = False

    def prepare(self, request: Request) -> Call:
        """A call to be run and cancelled; raises what `call` raises."""
        if request.rest:
            return RestExchange(request, self._rest_connection())
        call = StreamCall(request, self._grpc_connection(request.message_limit))
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
        return StreamCall(
            request, self._grpc_connection(request.message_limit), rows=rows, on_reply=on_reply
        )

    def close(self) -> None:
        """End every call under way and let go of the connections; may be called twice."""
        with self._lock:
            self._closed = True
            rest, over_grpc = self._rest, list(self._grpc.values())
        if rest is not None:
            rest.close()
        for connection in over_grpc:
            connection.close()

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rest_connection(self) -> RestConnection:
        with self._lock:
            if self._rest is None:
                if not self.target.rest:
                    raise _no_address(self.target, "REST", "call a gRPC method")
                self._rest = RestConnection(self.target)
                self._close_if_late(self._rest)
            return self._rest

    def _grpc_connection(self, message_limit: int) -> GrpcConnection:
        """gRPC fixes the limit of a message when it connects."""
        with self._lock:
            if message_limit not in self._grpc:
                if not self.target.grpc:
                    raise _no_address(self.target, "gRPC", "call a REST route")
                if len(self._grpc) >= _MAX_LIMITS:
                    self._grpc.pop(next(iter(self._grpc))).close()
                connection = GrpcConnection(self.target, message_limit=message_limit)
                self._grpc[message_limit] = connection
                self._close_if_late(connection)
            return self._grpc[message_limit]

    def _close_if_late(self, made: RestConnection | GrpcConnection) -> None:
        if self._closed:
            made.close()


def _no_address(target: Target, protocol: str, instead: str) -> UsageError:
    return UsageError(
        f"Target '{target.name}' has no {protocol} address.", hint=f"Give it one, or {instead}."
    )
