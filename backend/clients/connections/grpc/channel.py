"""One grpc.Channel to a target: its states can be followed, and it can be closed at any time."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from grpc import ChannelConnectivity as Connectivity

from backend.clients.addresses import ServerAddress, address_of
from backend.clients.connections.pinning import pinned
from backend.clients.connections.tls_relay import TlsRelay
from backend.clients.dialects.rules import AddressKind
from backend.clients.faults import words as faults
from backend.clients.security import grpc_credentials
from backend.core.target import Target, Tls

_WATCHED_S, _POLL_S = 0.25, 0.1
"""How long gRPC's own thread watches a connection after we have stopped, and as long as we do."""
_LONGEST = 2**31 - 1
"""gRPC knows no longer message."""
_KEEPALIVE_MS, _KEEPALIVE_ANSWER_MS = 20_000, 10_000
"""Servers count pings without data as abuse after the second one; gRPC sends no third."""

States = queue.SimpleQueue[Connectivity]


class OpenChannel:
    """A channel with what belongs to it. Opening one waits for nothing but, with verification off,
    for the server's certificate.

    Raises TargetError, and UsageError for files that cannot be used.
    """

    def __init__(self, target: Target, *, message_limit: int) -> None:
        self._relay: TlsRelay | None = None
        self._lock = threading.Lock()
        self._watchers = 0
        self._watched_at = -math.inf
        self.channel = self._made(target, _options(target, message_limit))

    @contextmanager
    def states(self) -> Iterator[States]:
        """Connect; the states that the channel comes to while this is open."""
        states = States()
        self._watching(1)
        try:
            self.channel.subscribe(states.put, try_to_connect=True)
        except ValueError:
            self._watching(-1)
            raise faults.closed() from None
        try:
            yield states
        finally:
            self.channel.unsubscribe(states.put)
            self._watched_at = time.monotonic()
            self._watching(-1)

    def close(self) -> None:
        """End every call under way: at once, or a quarter of a second after it was watched."""
        if self._relay is not None:
            self._relay.close()
        # gRPC's own thread that watches the connection, for a moment longer than we do, raises an
        # error that nobody can catch if the channel is closed under it.
        wait_s = self._watched_at + _WATCHED_S - time.monotonic()
        if self._watchers:
            wait_s = _POLL_S + _WATCHED_S
        if wait_s <= 0:
            self.channel.close()
            return
        later = threading.Timer(wait_s, self.channel.close)
        later.name, later.daemon = "grpc-close", True
        later.start()

    def _watching(self, change: int) -> None:
        with self._lock:
            self._watchers += change

    def _made(self, target: Target, options: list[tuple[str, Any]]) -> grpc.Channel:
        tls = target.tls
        if tls is None:
            return grpc.insecure_channel(target.grpc, options=options)
        name, certificate = tls.server_name, b""
        if not tls.verify:
            address = address_of(target, AddressKind.GRPC)
            shown = pinned(address, tls, target.connect_timeout_s)
            if shown is None:
                return self._relayed(address, tls, target.connect_timeout_s, options)
            certificate, name = shown
        if name:
            options.append(("grpc.ssl_target_name_override", name))
        return grpc.secure_channel(target.grpc, grpc_credentials(tls, certificate), options=options)

    def _relayed(
        self,
        address: ServerAddress,
        tls: Tls,
        connect_timeout_s: float,
        options: list[tuple[str, Any]],
    ) -> grpc.Channel:
        """A channel that leaves TLS to Python, which can be told not to mind a certificate."""
        try:
            relay = TlsRelay(address.host, address.port, tls, connect_timeout_s=connect_timeout_s)
        except OSError as error:
            raise faults.not_connected(address.text, error, grpc=True) from None
        self._relay = relay
        authority = ("grpc.default_authority", address.text)
        return grpc.insecure_channel(relay.address, options=[*options, authority])


def _options(target: Target, message_limit: int) -> list[tuple[str, Any]]:
    limit = min(message_limit, _LONGEST)
    options: list[tuple[str, Any]] = [
        ("grpc.max_send_message_length", limit),
        ("grpc.max_receive_message_length", limit),
        # A channel of ours lives as long as its lane: no back-off inherited from one before.
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", _KEEPALIVE_ANSWER_MS),
    ]
    if target.loopback:
        options.append(("grpc.enable_http_proxy", 0))
    return options
