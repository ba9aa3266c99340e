"""The gRPC connections of one target, kept between calls."""

from __future__ import annotations

import base64
import binascii
import queue
import re
import threading
import time
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import grpc

from backend.clients import faults
from backend.clients.faults_look import Door, find_fault
from backend.clients.grpc_channel import GrpcChannel
from backend.core.errors import ConsoleError, UsageError
from backend.core.target import Target
from backend.inspector.exchange import Headers

_KEY = re.compile(r"^[0-9a-z_.-]+$")
_VALUE = re.compile(r"^[\x20-\x7e]*$")
_BINARY = "-bin"
_LOOK_S = 0.1
_FAILED = grpc.ChannelConnectivity.TRANSIENT_FAILURE
_MAX_CHANNELS = 4
_LEAST_LOOK_S = 0.3


class Reach(StrEnum):
    """How a channel came to be connected."""

    OPENED = ""
    REUSED = "reused"
    NONE = "not connected"


class GrpcDoor:
    """Opens one channel for each message limit asked for; safe to use from several threads."""

    def __init__(self, target: Target) -> None:
        if not target.grpc:
            raise UsageError(
                f"Target '{target.name}' has no gRPC address.",
                hint="Give it one, or call a REST route.",
            )
        self._target = target
        self.address = target.grpc
        self._lock = threading.Lock()
        self._channels: dict[int, GrpcChannel] = {}
        self._connecting = threading.Lock()
        self._met: set[GrpcChannel] = set()
        self._closed = False

    def connected(
        self, message_limit: int, cancelled: threading.Event, deadline_s: float | None
    ) -> tuple[GrpcChannel, Reach]:
        """The channel whose messages may be so long, and how it is connected.

        Waits until connected or refused; a refused connection is not an error here, as the call
        that follows says why. Raises TargetError if nothing is decided in time or if cancelled.
        """
        limit_s = self._target.connect_timeout_s
        limit_s = limit_s if deadline_s is None else min(deadline_s, limit_s)
        until = time.monotonic() + max(limit_s - 2 * _LEAST_LOOK_S, limit_s / 2)
        # One at a time: gRPC's polling thread trips over a channel that is closed soon after its
        # state was asked for twice. For the same reason a channel that is not connected any more
        # is replaced, which also spares the wait that gRPC keeps between two attempts.
        if not self._connecting.acquire(timeout=limit_s):
            raise self._undecided(deadline_s)
        try:
            channel = self._channel(message_limit)
            if channel in self._met:
                if self._look(channel, cancelled, until, try_to_connect=False):
                    return channel, Reach.REUSED
                self.drop(channel)
                channel = self._channel(message_limit)
            if not self._look(channel, cancelled, until, try_to_connect=True):
                return channel, Reach.NONE
        except queue.Empty:
            raise self._undecided(deadline_s) from None
        else:
            self._met.add(channel)
            return channel, Reach.OPENED
        finally:
            self._connecting.release()

    def find_fault(self) -> ConsoleError | None:
        """What is wrong at the address, None if nothing is to be seen."""
        parts = urlsplit(f"//{self._target.grpc}")
        try:
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or not port:
            return faults.bad_address(self._target.grpc, "HOST:PORT")
        return find_fault(Door(host, port, self._target.tls, grpc=True), 2 * _LEAST_LOOK_S)

    def drop(self, channel: GrpcChannel) -> None:
        """Forget a channel that is of no use any more."""
        with self._lock:
            self._channels = {
                limit: kept for limit, kept in self._channels.items() if kept is not channel
            }
        self._met.discard(channel)
        channel.close()

    def close(self) -> None:
        """End every call under way; may be called twice."""
        with self._lock:
            self._closed = True
            channels, self._channels = list(self._channels.values()), {}
        for channel in channels:
            channel.close()

    def _channel(self, message_limit: int) -> GrpcChannel:
        with self._lock:
            if self._closed:
                raise faults.closed()
            if message_limit not in self._channels:
                if len(self._channels) >= _MAX_CHANNELS:
                    self._channels.pop(next(iter(self._channels))).close()
                self._channels[message_limit] = GrpcChannel.from_target(
                    self._target, message_limit=message_limit
                )
            return self._channels[message_limit]

    def _look(
        self,
        channel: GrpcChannel,
        cancelled: threading.Event,
        until: float,
        *,
        try_to_connect: bool,
    ) -> bool:
        """Whether it is connected: at once, or after trying; raises queue.Empty if undecided."""
        with channel.states(try_to_connect=try_to_connect) as states:
            while not cancelled.is_set() and not self._closed:
                state = _next_of(states, until)
                if state is grpc.ChannelConnectivity.READY:
                    return True
                if state is not None and not try_to_connect:
                    return False
                if state in (_FAILED, grpc.ChannelConnectivity.SHUTDOWN):
                    return False
        raise faults.closed()

    def _undecided(self, deadline_s: float | None) -> ConsoleError:
        found = self.find_fault()
        if found is not None:
            return found
        if deadline_s is not None and deadline_s < self._target.connect_timeout_s:
            return faults.deadline(self._target.grpc, deadline_s)
        return faults.no_answer(self._target.grpc)


def _next_of(
    states: queue.SimpleQueue[grpc.ChannelConnectivity], until: float
) -> grpc.ChannelConnectivity | None:
    """The next state, or None after a moment without; raises queue.Empty when time is up."""
    remaining = until - time.monotonic()
    if remaining <= 0:
        raise queue.Empty
    try:
        return states.get(timeout=min(_LOOK_S, remaining))
    except queue.Empty:
        return None


def metadata_of(headers: Headers) -> tuple[tuple[str, str | bytes], ...]:
    """Headers as gRPC takes them, `-bin` values decoded; raises UsageError for what it refuses."""
    return tuple((key.lower(), _value(key.lower(), value)) for key, value in headers)


def headers_of(metadata: Any) -> Headers:
    """Metadata as plain text, `-bin` values in base64."""
    return tuple(
        (str(key), base64.b64encode(value).decode() if isinstance(value, bytes) else str(value))
        for key, value in metadata or ()
    )


def _value(key: str, value: str) -> str | bytes:
    if not _KEY.match(key) or key.startswith("grpc-"):
        raise UsageError(
            f"'{key}' cannot be the name of metadata.",
            hint="Use letters, digits, '-', '_' and '.'; names that begin with grpc- are gRPC's.",
        )
    if key.endswith(_BINARY):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error:
            raise UsageError(
                f"The value of '{key}' must be base64, as its name ends in -bin."
            ) from None
    if not _VALUE.match(value):
        raise UsageError(
            f"The value of '{key}' holds characters that metadata cannot carry.",
            hint="Use plain ASCII, or a name that ends in -bin and base64.",
        )
    return value
