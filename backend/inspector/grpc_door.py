"""The gRPC connections of one target, kept between calls."""

from __future__ import annotations

import base64
import binascii
import queue
import re
import threading
import time
from typing import Any

import grpc

from backend.clients.grpc_channel import GrpcChannel
from backend.core.errors import DeadlineExceeded, StreamBroken, TargetUnreachable, UsageError
from backend.core.target import Target
from backend.inspector.exchange import Headers

_KEY = re.compile(r"^[0-9a-z_.-]+$")
_VALUE = re.compile(r"^[\x20-\x7e]*$")
_BINARY = "-bin"
_LOOK_S = 0.1
_CONNECT_TIMEOUT_S = 5.0
_MAX_CHANNELS = 4


class GrpcDoor:
    """Opens one channel for each message limit asked for; safe to use from several threads."""

    def __init__(self, target: Target) -> None:
        if not target.grpc:
            raise UsageError(
                f"Target '{target.name}' has no gRPC address.",
                hint="Give it one, or call a REST route.",
            )
        self._target = target
        self._lock = threading.Lock()
        self._channels: dict[int, GrpcChannel] = {}
        self._closed = False

    def channel(self, message_limit: int) -> GrpcChannel:
        """The channel whose messages may be so long."""
        with self._lock:
            if self._closed:
                raise StreamBroken("The connection was closed.")
            if message_limit not in self._channels:
                if len(self._channels) >= _MAX_CHANNELS:
                    self._channels.pop(next(iter(self._channels))).close()
                self._channels[message_limit] = GrpcChannel(
                    self._target.grpc,
                    message_limit=message_limit,
                    loopback=self._target.loopback,
                )
            return self._channels[message_limit]

    def connect(
        self, channel: GrpcChannel, cancelled: threading.Event, deadline_s: float | None
    ) -> bool:
        """Wait until connected or refused; whether the connection was there already.

        A refused connection is not an error here: the call that follows says why. Raises
        TargetUnreachable if nothing is decided in time, StreamBroken if cancelled.
        """
        limit_s = _CONNECT_TIMEOUT_S if deadline_s is None else min(deadline_s, _CONNECT_TIMEOUT_S)
        states: queue.SimpleQueue[grpc.ChannelConnectivity] = queue.SimpleQueue()
        until = time.monotonic() + limit_s
        try:
            channel.channel.subscribe(states.put, try_to_connect=True)
        except ValueError:
            raise StreamBroken("The connection was closed.") from None
        try:
            return self._settled(states, cancelled, until)
        except queue.Empty:
            if deadline_s is not None and deadline_s < _CONNECT_TIMEOUT_S:
                raise DeadlineExceeded(
                    f"Not connected to {self._target.grpc} in {deadline_s:g} s."
                ) from None
            raise TargetUnreachable(
                f"Nothing that speaks gRPC answers at {self._target.grpc}.",
                hint="Is the server running, and is this its gRPC port and not the REST one?",
            ) from None
        finally:
            channel.channel.unsubscribe(states.put)

    def close(self) -> None:
        """End every call under way; may be called twice."""
        with self._lock:
            self._closed = True
            channels, self._channels = list(self._channels.values()), {}
        for channel in channels:
            channel.close()

    @staticmethod
    def _settled(
        states: queue.SimpleQueue[grpc.ChannelConnectivity],
        cancelled: threading.Event,
        until: float,
    ) -> bool:
        first = True
        while not cancelled.is_set():
            remaining = until - time.monotonic()
            if remaining <= 0:
                raise queue.Empty
            try:
                state = states.get(timeout=min(_LOOK_S, remaining))
            except queue.Empty:
                continue
            if state is grpc.ChannelConnectivity.READY:
                return first
            if state is grpc.ChannelConnectivity.TRANSIENT_FAILURE and not first:
                return False
            if state is grpc.ChannelConnectivity.SHUTDOWN:
                raise StreamBroken("The connection was closed.")
            first = False
        raise StreamBroken("Cancelled while connecting.")


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
