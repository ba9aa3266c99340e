"""The gRPC connections of one target, kept between calls."""

from __future__ import annotations

import base64
import binascii
import queue
import re
import threading
import time
from contextlib import ExitStack
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import grpc

from backend.clients.connections.grpc import GrpcChannel
from backend.clients.faults import words as faults
from backend.clients.faults.look import ProbedAddress, find_fault
from backend.core.errors import ConsoleError, UsageError
from backend.core.target import Target
from backend.inspector.calls.exchange import Headers

_KEY = re.compile(r"[0-9a-z_.-]+")
_VALUE = re.compile(r"[\x20-\x7e]*")
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


class GrpcConnections:
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
        self._lines: dict[int, _WatchedChannel] = {}
        self._connecting = threading.Lock()
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
        if not self._connecting.acquire(timeout=limit_s):
            raise self._undecided(deadline_s)
        try:
            line = self._line(message_limit)
            if line.ready():
                return line.channel, Reach.REUSED
            if line.met:
                # Replacing it spares the pause that gRPC makes between two attempts.
                self.drop(line.channel)
                line = self._line(message_limit)
            reached = self._await(line, cancelled, until)
        except queue.Empty:
            raise self._undecided(deadline_s) from None
        else:
            return line.channel, Reach.OPENED if reached else Reach.NONE
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
        return find_fault(ProbedAddress(host, port, self._target.tls, grpc=True), 2 * _LEAST_LOOK_S)

    def drop(self, channel: GrpcChannel) -> None:
        """Forget a channel that is of no use any more."""
        with self._lock:
            gone = [(limit, line) for limit, line in self._lines.items() if line.channel is channel]
            for limit, _ in gone:
                del self._lines[limit]
        for _, line in gone:
            line.close()

    def close(self) -> None:
        """End every call under way; may be called twice."""
        with self._lock:
            self._closed = True
            lines, self._lines = list(self._lines.values()), {}
        for line in lines:
            line.close()

    def _line(self, message_limit: int) -> _WatchedChannel:
        with self._lock:
            if self._closed:
                raise faults.closed()
            if message_limit not in self._lines:
                if len(self._lines) >= _MAX_CHANNELS:
                    self._lines.pop(next(iter(self._lines))).close()
                self._lines[message_limit] = _WatchedChannel(
                    GrpcChannel.from_target(self._target, message_limit=message_limit)
                )
            return self._lines[message_limit]

    def _await(self, line: _WatchedChannel, cancelled: threading.Event, until: float) -> bool:
        """Whether it came to be connected; raises queue.Empty if undecided."""
        while not cancelled.is_set() and not self._closed:
            remaining = until - time.monotonic()
            if remaining <= 0:
                raise queue.Empty
            state = line.next(min(_LOOK_S, remaining))
            if state is grpc.ChannelConnectivity.READY:
                return True
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


class _WatchedChannel:
    """A channel that is connected from now on, with its state followed until it is closed."""

    def __init__(self, channel: GrpcChannel) -> None:
        self.channel = channel
        self.met = False
        self._following = ExitStack()
        self._states = self._following.enter_context(channel.states(try_to_connect=True))
        self._state: grpc.ChannelConnectivity | None = None

    def next(self, timeout_s: float) -> grpc.ChannelConnectivity | None:
        """The next state that it comes to, or None after so long without."""
        try:
            self._state = self._states.get(timeout=timeout_s)
        except queue.Empty:
            return None
        self.met = self.met or self._state is grpc.ChannelConnectivity.READY
        return self._state

    def ready(self) -> bool:
        """Whether it is connected, as far as gRPC has noticed; does not wait."""
        while not self._states.empty():
            self.next(0)
        return self._state is grpc.ChannelConnectivity.READY

    def close(self) -> None:
        """End every call on it."""
        self._following.close()
        self.channel.close()


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
    if not _KEY.fullmatch(key) or key.startswith("grpc-"):
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
    if not _VALUE.fullmatch(value):
        raise UsageError(
            f"The value of '{key}' holds characters that metadata cannot carry.",
            hint="Use plain ASCII, or a name that ends in -bin and base64.",
        )
    return value
