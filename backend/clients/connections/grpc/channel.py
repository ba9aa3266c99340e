"""gRPC with messages as bytes: unary calls and streams over one channel."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import grpc
from grpc import ChannelConnectivity as Connectivity

from backend.clients.connections.grpc.metadata import with_metadata
from backend.clients.connections.pinning import pinned
from backend.clients.connections.tls_relay import TlsRelay
from backend.clients.faults import words as faults
from backend.clients.faults.grpc import explain
from backend.clients.faults.look import ProbedAddress, find_fault
from backend.clients.security import Metadata, grpc_credentials, metadata_of
from backend.core.choices import Compression
from backend.core.defaults import CONNECT_TIMEOUT_S
from backend.core.errors import ConsoleError
from backend.core.target import NO_CREDENTIALS, Credentials, Target, Tls
from backend.core.trimming import trim_after

_LOOK_S = 0.1
_LOOKS = 2
"""How often it is looked what is wrong, while connecting."""
_LEAST_LOOK_S = 0.3
_WATCHED_FOR_S = 0.25
_LONGEST = 2**31 - 1
"""gRPC knows no longer message."""
_KEEPALIVE_MS, _KEEPALIVE_ANSWER_MS = 20_000, 10_000
"""Servers count pings without data as abuse after the second one; gRPC sends no third."""


class GrpcChannel:
    """One channel to host:port; safe to use from several threads.

    Messages are bytes both ways, so that the caller decides how they are made and read. Every call
    carries the credentials. `tls` is None for plaintext. `close` ends every call under way: at
    once, or a quarter of a second after connecting. Raises UsageError for credentials that cannot
    be sent.
    """

    def __init__(
        self,
        address: str,
        *,
        message_limit: int,
        loopback: bool,
        tls: Tls | None = None,
        credentials: Credentials = NO_CREDENTIALS,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
    ) -> None:
        self.address = address
        self._message_limit = message_limit
        self._loopback = loopback
        self._tls = tls
        self._metadata = metadata_of(credentials)
        self._connect_timeout_s = connect_timeout_s
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._opened: grpc.Channel | None = None
        self._relay: TlsRelay | None = None
        self._ready = False
        self._closed = False
        self._watchers = 0
        self._watched_at = -math.inf

    @classmethod
    def from_target(cls, target: Target, *, message_limit: int | None = None) -> GrpcChannel:
        """A channel to a target's gRPC address, with all that the target says of it."""
        return cls(
            target.grpc,
            message_limit=message_limit or target.message_limit,
            loopback=target.loopback,
            tls=target.tls,
            credentials=target.credentials,
            connect_timeout_s=target.connect_timeout_s,
        )

    @property
    def channel(self) -> grpc.Channel:
        """gRPC's own channel, for who needs more of a call than its bytes.

        Its calls carry the credentials as well.
        """
        return with_metadata(self._open(), self._metadata)

    @property
    def metadata(self) -> Metadata:
        """What every call carries; holds secrets."""
        return self._metadata

    def wait_ready(self, timeout_s: float) -> None:
        """Connect; raises TargetError with what is wrong if that fails within `timeout_s` seconds.

        A refused connection is reported at once, not when the time is up.
        """
        if self._ready and not self._closed:
            return
        with self.states(try_to_connect=True) as states:
            self._wait_for_ready(states, time.monotonic(), timeout_s)
        self._ready = True

    @contextmanager
    def states(self, *, try_to_connect: bool) -> Iterator[queue.SimpleQueue[Connectivity]]:
        """The states that the connection comes to while this is open; raises StreamBroken."""
        channel = self._open()
        states: queue.SimpleQueue[Connectivity] = queue.SimpleQueue()
        self._watching(1)
        try:
            channel.subscribe(states.put, try_to_connect=try_to_connect)
        except ValueError:
            self._watching(-1)
            raise faults.closed() from None
        try:
            yield states
        finally:
            channel.unsubscribe(states.put)
            self._watched_at = time.monotonic()
            self._watching(-1)

    def unary(
        self, method: str, message: bytes, *, deadline_s: float, compression: Compression
    ) -> bytes:
        """One call, connecting first; raises TargetError, RequestError or PayloadTooLarge."""
        end = time.monotonic() + deadline_s
        self.wait_ready(min(self._connect_timeout_s, deadline_s))
        try:
            reply: bytes = self._open().unary_unary(method, None, None)(
                message,
                timeout=max(0.001, end - time.monotonic()),
                metadata=self._metadata,
                compression=_COMPRESSION[compression],
            )
        except grpc.RpcError as error:
            raise self.explain(error) from error
        except ValueError as error:
            raise faults.closed() from error
        trim_after(len(reply))
        return reply

    def stream(self, method: str, messages: Iterator[bytes], *, compression: Compression) -> Any:
        """Open a stream; the call iterates over replies, raising grpc.RpcError when it breaks.

        gRPC pulls `messages` on a thread of its own.
        """
        try:
            return self._open().stream_stream(method, None, None)(
                messages, metadata=self._metadata, compression=_COMPRESSION[compression]
            )
        except ValueError as error:
            raise faults.closed() from error

    def close(self) -> None:
        """End every call under way; may be called twice."""
        with self._lock:
            self._closed = True
            channel, self._opened = self._opened, None
            relay, self._relay = self._relay, None
        if relay is not None:
            relay.close()
        if channel is None:
            return
        # gRPC's own thread that watches the connection, for a moment longer than we do, raises an
        # error that nobody can catch if the channel is closed under it.
        wait_s = self._watched_at + _WATCHED_FOR_S - time.monotonic()
        if self._watchers:
            wait_s = _LOOK_S + _WATCHED_FOR_S
        if wait_s <= 0:
            channel.close()
            return
        later = threading.Timer(wait_s, channel.close)
        later.name, later.daemon = "grpc-close", True
        later.start()

    def explain(self, error: grpc.RpcError, *, stream: bool = False) -> ConsoleError:
        """The status of a failed call as one of our errors, with the server's text verbatim."""
        if self._closed:
            return faults.closed()
        return explain(error, self.address, limit=self._message_limit, stream=stream)

    def _wait_for_ready(
        self, states: queue.SimpleQueue[grpc.ChannelConnectivity], start: float, timeout_s: float
    ) -> None:
        end = start + timeout_s
        look_at = start + max(timeout_s - 2 * _LEAST_LOOK_S, timeout_s / 2)
        looks = 0
        while (left := end - time.monotonic()) > 0:
            state = _next(states, min(_LOOK_S, left))
            if self._closed or state is grpc.ChannelConnectivity.SHUTDOWN:
                raise faults.closed()
            if state is grpc.ChannelConnectivity.READY:
                return
            failed = state is grpc.ChannelConnectivity.TRANSIENT_FAILURE
            if (failed and looks < _LOOKS) or (not looks and time.monotonic() >= look_at):
                looks += 1
                fault = self._look(end - time.monotonic())
                if fault is not None:
                    raise fault
        raise faults.no_answer(self.address)

    def _look(self, timeout_s: float) -> ConsoleError | None:
        host, port = _place(self.address)
        return find_fault(
            ProbedAddress(host, port, self._tls, grpc=True), max(_LEAST_LOOK_S, timeout_s)
        )

    def _watching(self, change: int) -> None:
        with self._lock:
            self._watchers += change

    def _open(self) -> grpc.Channel:
        """The channel, made when first needed: pinning has to ask the server."""
        with self._making:  # not the lock that `close` takes: pinning may wait for the server
            if (opened := self._opened) is not None:
                return opened
            if self._closed:
                raise faults.closed()
            return self._kept(self._make())

    def _kept(self, made: grpc.Channel) -> grpc.Channel:
        with self._lock:
            if not self._closed:
                self._opened = made
                return made
            relay, self._relay = self._relay, None
        made.close()
        if relay is not None:
            relay.close()
        raise faults.closed()

    def _make(self) -> grpc.Channel:
        limit = min(self._message_limit, _LONGEST)
        options: list[tuple[str, Any]] = [
            ("grpc.max_send_message_length", limit),
            ("grpc.max_receive_message_length", limit),
            # A channel of ours lives as long as its lane: no back-off inherited from one before.
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
            ("grpc.keepalive_timeout_ms", _KEEPALIVE_ANSWER_MS),
        ]
        if self._loopback:
            options.append(("grpc.enable_http_proxy", 0))
        if self._tls is None:
            return grpc.insecure_channel(self.address, options=options)
        name, certificate = self._tls.server_name, b""
        if not self._tls.verify:
            host, port = _place(self.address)
            shown = pinned(host, port, self._tls, self._connect_timeout_s)
            if shown is None:
                return self._relayed(host, port, self._tls, options)
            certificate, name = shown
        if name:
            options.append(("grpc.ssl_target_name_override", name))
        return grpc.secure_channel(
            self.address, grpc_credentials(self._tls, certificate), options=options
        )

    def _relayed(
        self, host: str, port: int, tls: Tls, options: list[tuple[str, Any]]
    ) -> grpc.Channel:
        """A channel that leaves TLS to Python, which can be told not to mind a certificate."""
        try:
            relay = TlsRelay(host, port, tls, connect_timeout_s=self._connect_timeout_s)
        except OSError as error:
            raise faults.not_connected(self.address, error, grpc=True) from None
        self._relay = relay
        authority = ("grpc.default_authority", self.address)
        return grpc.insecure_channel(relay.address, options=[*options, authority])


_COMPRESSION = {
    Compression.NONE: grpc.Compression.NoCompression,
    Compression.GZIP: grpc.Compression.Gzip,
}


def _next(
    states: queue.SimpleQueue[grpc.ChannelConnectivity], timeout_s: float
) -> grpc.ChannelConnectivity | None:
    try:
        return states.get(timeout=timeout_s)
    except queue.Empty:
        return None


def _place(address: str) -> tuple[str, int]:
    parts = urlsplit(f"//{address}")
    try:
        port = parts.port
    except ValueError:
        port = None
    if not parts.hostname or not port:
        raise faults.bad_address(address, "HOST:PORT")
    return parts.hostname, port
