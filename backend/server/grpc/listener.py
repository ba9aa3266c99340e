"""The gRPC port: grpc.aio on the loop that also carries REST."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

import grpc
import grpc.aio

from backend.core.errors import PortInUse
from backend.server.connections import room_for
from backend.server.grpc.calls import CallCounts
from backend.server.grpc.connections import GrpcConnections, can_make_room
from backend.server.settings import ServerOptions, bind_address, grpc_credentials, listen

_MIN_PING_INTERVAL_MS = 5_000
_PING_STRIKES = 100
_STREAMS = 256
"""Of one connection, at least; more than that and than the calls that are taken are refused."""
_UNSEEN = 4
"""So many times the calls that are taken may wait for the event loop to look at them."""
_SILENT = logging.CRITICAL + 1


class GrpcListener:
    """Serves gRPC services on one port."""

    def __init__(
        self,
        handlers: Sequence[grpc.GenericRpcHandler[bytes, bytes]],
        options: ServerOptions,
        port: int,
        calls: CallCounts,
    ) -> None:
        self._handlers = handlers
        self._connections = GrpcConnections(options.limits, calls)
        self._watching: asyncio.Task[None] | None = None
        self._options = options
        self._host = options.host
        self._wanted = port
        self._server: grpc.aio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        """Open the port; raises PortInUse or UsageError."""
        credentials = grpc_credentials(self._options)
        # gRPC says only that it failed; a socket of our own says why.
        listen(self._host, self._wanted).close()
        # Broken connections and cancelled calls are no news to whoever reads the log.
        logging.getLogger("grpc").setLevel(_SILENT)
        server = grpc.aio.server(
            handlers=self._handlers,
            options=_options(self._options),
            maximum_concurrent_rpcs=self._options.limits.calls,
        )
        place = bind_address(self._host, self._wanted)
        try:
            if credentials is None:
                self.port = server.add_insecure_port(place)
            else:
                self.port = server.add_secure_port(place, credentials)
        except RuntimeError:
            raise PortInUse(self._host, self._wanted) from None
        await server.start()
        self._server = server
        if can_make_room():
            watching = self._connections.watch(self.port)
            self._watching = asyncio.create_task(watching, name="grpc-connections")

    async def stop(self, grace_s: float) -> None:
        """Close the port, let calls finish for `grace_s` seconds, then cancel them."""
        if self._watching is not None:
            self._watching.cancel()
        server, self._server = self._server, None
        if server is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.stop(grace_s), grace_s + 0.5)


def _options(options: ServerOptions) -> list[tuple[str, int]]:
    limit, limits, timeouts = options.message_limit, options.limits, options.timeouts
    return [
        ("grpc.absolute_max_metadata_size", limits.header_bytes),
        ("grpc.max_metadata_size", limits.header_bytes),
        # gRPC closes one that is too many at once; its client reads UNAVAILABLE.
        ("grpc.max_allowed_incoming_connections", _most_connections(options)),
        ("grpc.max_concurrent_streams", max(_STREAMS, limits.calls)),
        # Above this gRPC drops calls, anybody's, that the event loop has not come to.
        ("grpc.server.max_pending_requests", _UNSEEN * limits.calls),
        ("grpc.server.max_pending_requests_hard_limit", 2 * _UNSEEN * limits.calls),
        ("grpc.max_receive_message_length", limit),
        ("grpc.max_send_message_length", limit),
        # A port that another program holds is an error, not shared with it.
        ("grpc.so_reuseport", 0),
        # TLS and the client's first settings, then its acknowledgement of ours.
        ("grpc.server_handshake_timeout_ms", _milliseconds(timeouts.handshake_s)),
        ("grpc.http2.settings_timeout", _milliseconds(timeouts.handshake_s)),
        ("grpc.max_connection_idle_ms", _milliseconds(timeouts.grpc_idle_s)),
        # Who has gone without a word, or does not read what is sent, does not answer pings.
        ("grpc.keepalive_time_ms", _milliseconds(timeouts.ping_s)),
        ("grpc.keepalive_timeout_ms", _milliseconds(timeouts.ping_s)),
        ("grpc.http2.ping_timeout_ms", _milliseconds(timeouts.ping_s)),
        # Clients on long streams ping; the default would cut them off for it.
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", _MIN_PING_INTERVAL_MS),
        ("grpc.http2.max_ping_strikes", _PING_STRIKES),
    ]


def _most_connections(options: ServerOptions) -> int:
    """gRPC's own limit: twice ours, if we can make room, so that there is time to do so."""
    wanted = options.limits.connections
    if not can_make_room():
        return wanted
    # The REST port takes as many.
    return max(1, min(2 * wanted, room_for(3 * wanted) - wanted))


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
