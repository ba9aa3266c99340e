"""The gRPC port: grpc.aio on the loop that also carries REST."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

import grpc
import grpc.aio

from backend.core.errors import PortInUse
from backend.server.options import ServerOptions
from backend.server.ports import bind_address, listen
from backend.server.tls import grpc_credentials

_MIN_PING_INTERVAL_MS = 5_000
_SILENT = logging.CRITICAL + 1


class GrpcListener:
    """Serves gRPC services on one port."""

    def __init__(
        self,
        handlers: Sequence[grpc.GenericRpcHandler[bytes, bytes]],
        options: ServerOptions,
        port: int,
    ) -> None:
        self._handlers = handlers
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

    async def stop(self, grace_s: float) -> None:
        """Close the port, let calls finish for `grace_s` seconds, then cancel them."""
        server, self._server = self._server, None
        if server is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.stop(grace_s), grace_s + 0.5)


def _options(options: ServerOptions) -> list[tuple[str, int]]:
    limit = options.message_limit
    return [
        ("grpc.absolute_max_metadata_size", options.limits.header_bytes),
        ("grpc.max_metadata_size", options.limits.header_bytes),
        # gRPC closes one that is too many at once; its client reads UNAVAILABLE.
        ("grpc.max_allowed_incoming_connections", options.limits.connections),
        ("grpc.max_receive_message_length", limit),
        ("grpc.max_send_message_length", limit),
        # A port that another program holds is an error, not shared with it.
        ("grpc.so_reuseport", 0),
        # Clients on long streams ping; the default would cut them off for it.
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", _MIN_PING_INTERVAL_MS),
        ("grpc.http2.max_ping_strikes", 0),
    ]
