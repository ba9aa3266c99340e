"""gRPC with messages as bytes, for live runs and calls by hand alike."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from enum import StrEnum
from typing import Any

import grpc
from grpc import ChannelConnectivity as Connectivity

from backend.clients.addresses import address_of
from backend.clients.connections.grpc.channel import OpenChannel, States
from backend.clients.connections.grpc.compat import OneThreadCalls, OneThreadStream
from backend.clients.dialects.rules import AddressKind
from backend.clients.faults import words as faults
from backend.clients.faults.diagnosis import find_fault
from backend.clients.faults.grpc import explain
from backend.clients.security import Metadata, headers_of, metadata_of
from backend.core.choices import Compression
from backend.core.errors import ConsoleError
from backend.core.target import Target
from backend.core.trimming import trim_after

_POLL_S = 0.1
_DIAGNOSES = 2
"""How often it is examined what is wrong, while connecting."""
_LEAST_DIAGNOSIS_S = 0.3


class Reach(StrEnum):
    """How a call by hand came to be connected."""

    OPENED = ""
    REUSED = "reused"
    NONE = "not connected"


class GrpcConnection:
    """The way to a target's gRPC address; safe to use from several threads.

    Messages are bytes both ways, so that the caller decides how they are made and read. Every call
    carries the credentials. `close` ends every call under way: at once, or a quarter of a second
    after connecting. Raises UsageError for credentials that cannot be sent.
    """

    def __init__(self, target: Target, *, message_limit: int | None = None) -> None:
        self._target = target
        self._message_limit = message_limit or target.message_limit
        self._metadata = metadata_of(headers_of(target.credentials))
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._connecting = threading.Lock()
        self._opened: OpenChannel | None = None
        self._followed: _FollowedStates | None = None
        self._ready = False
        self._closed = False

    @property
    def address(self) -> str:
        """host:port, as the target has it."""
        return self._target.grpc

    def wait_ready(self, timeout_s: float) -> None:
        """Connect; raises TargetError with what is wrong if that fails within `timeout_s` seconds.

        A refused connection is reported at once, not when the time is up.
        """
        if self._ready and not self._closed:
            return
        end, examine_at = _limits(timeout_s)
        with self._open().states() as states:
            for _ in range(_DIAGNOSES):
                reached = self._await(states, examine_at)
                if reached:
                    break
                if (fault := self.find_fault(end - time.monotonic())) is not None:
                    raise fault
            if not reached and not self._await(states, end, give_up=False):
                raise faults.no_answer(self.address)
        self._ready = True

    def reach(self, cancelled: threading.Event, deadline_s: float | None) -> Reach:
        """Connect for one call by hand, and follow from now on whether the connection is there.

        Waits until connected or refused; a refused connection is not an error here, as the call
        that follows says why. Raises TargetError if nothing is decided in time or if cancelled.
        """
        limit_s = self._target.connect_timeout_s
        limit_s = limit_s if deadline_s is None else min(deadline_s, limit_s)
        _, examine_at = _limits(limit_s)
        if not self._connecting.acquire(timeout=limit_s):
            raise self._undecided(deadline_s)
        try:
            followed = self._follow()
            if followed.state() is Connectivity.READY:
                return Reach.REUSED
            if followed.was_ready:
                # A new channel spares the pause that gRPC makes between two attempts.
                self._drop()
                followed = self._follow()
            reached = self._await(followed.states, examine_at, stop=cancelled.is_set)
        finally:
            self._connecting.release()
        if reached is None:
            raise self._undecided(deadline_s)
        followed.note(Connectivity.READY if reached else Connectivity.TRANSIENT_FAILURE)
        return Reach.OPENED if reached else Reach.NONE

    def unary(
        self, method: str, message: bytes, *, deadline_s: float, compression: Compression
    ) -> bytes:
        """One call, connecting first; raises TargetError, RequestError or PayloadTooLarge."""
        end = time.monotonic() + deadline_s
        self.wait_ready(min(self._target.connect_timeout_s, deadline_s))
        try:
            reply: bytes = self._open().channel.unary_unary(method, None, None)(
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

    def stream(
        self,
        method: str,
        messages: bytes | Iterator[bytes],
        *,
        compression: Compression = Compression.NONE,
        timeout_s: float | None = None,
        metadata: Metadata = (),
    ) -> Any:
        """Open a call of any kind; it iterates over replies, raising grpc.RpcError when it breaks.

        gRPC pulls `messages` on a thread of its own, or sends the only one. `metadata` goes before
        what the credentials have under the same names.
        """
        taken = {name for name, _ in metadata}
        terms: dict[str, Any] = {
            "timeout": timeout_s,
            "metadata": (*(one for one in self._metadata if one[0] not in taken), *metadata),
            "compression": _COMPRESSION[compression],
        }
        # A single reply too is read as a stream, so that the moment of the headers can be seen, and
        # an answer of two messages. On the wire there is no difference.
        channel = self._open().channel
        try:
            if isinstance(messages, bytes):
                return channel.unary_stream(method, None, None)(messages, **terms)
            return channel.stream_stream(method, None, None)(messages, **terms)
        except ValueError as error:
            raise faults.closed() from error

    def one_thread(
        self, method: str, *, stream: bool, compression: Compression = Compression.NONE
    ) -> OneThreadCalls:
        """Calls of the method, or one stream, that are driven by the thread that waits for them;
        no others may be made meanwhile, and it is closed before the connection."""
        kind = OneThreadStream if stream else OneThreadCalls
        return kind(self._open().channel, method, self._metadata, _COMPRESSION[compression])

    def explain(self, error: grpc.RpcError, *, stream: bool = False) -> ConsoleError:
        """The status of a failed call as one of our errors, with the server's text verbatim."""
        if self._closed:
            return faults.closed()
        return explain(error, self.address, limit=self._message_limit, stream=stream)

    def find_fault(self, timeout_s: float = 2 * _LEAST_DIAGNOSIS_S) -> ConsoleError | None:
        """What is wrong at the address, None if nothing is to be seen; takes about so long."""
        try:
            address = address_of(self._target, AddressKind.GRPC)
        except ConsoleError as no_address:
            return no_address
        return find_fault(address, max(_LEAST_DIAGNOSIS_S, timeout_s))

    def close(self) -> None:
        """End every call under way; may be called twice."""
        with self._lock:
            self._closed = True
        self._drop()

    def _await(
        self,
        states: States,
        end: float,
        *,
        give_up: bool = True,
        stop: Callable[[], bool] = lambda: False,
    ) -> bool | None:
        """Whether it came to be connected, None if undecided at `end`; an attempt that failed
        decides it unless `give_up` is false. Raises StreamBroken if stopped or closed."""
        while not stop() and not self._closed:
            left_s = end - time.monotonic()
            if left_s <= 0:
                return None
            state = _next(states, min(_POLL_S, left_s))
            if state is Connectivity.READY:
                return True
            if state is Connectivity.SHUTDOWN:
                break
            if state is Connectivity.TRANSIENT_FAILURE and give_up:
                return False
        raise faults.closed()

    def _undecided(self, deadline_s: float | None) -> ConsoleError:
        found = self.find_fault()
        if found is not None:
            return found
        if deadline_s is not None and deadline_s < self._target.connect_timeout_s:
            return faults.deadline(self.address, deadline_s)
        return faults.no_answer(self.address)

    def _follow(self) -> _FollowedStates:
        with self._lock:
            followed = self._followed
        if followed is not None:
            return followed
        made = _FollowedStates(self._open())
        with self._lock:
            if not self._closed:
                self._followed = made
                return made
        made.close()
        raise faults.closed()

    def _open(self) -> OpenChannel:
        """The channel, opened when first needed: pinning has to ask the server."""
        with self._opening:  # not the lock that `close` takes: pinning may wait for the server
            if (opened := self._opened) is not None:
                return opened
            if self._closed:
                raise faults.closed()
            return self._kept(OpenChannel(self._target, message_limit=self._message_limit))

    def _kept(self, made: OpenChannel) -> OpenChannel:
        with self._lock:
            if not self._closed:
                self._opened = made
                return made
        made.close()
        raise faults.closed()

    def _drop(self) -> None:
        """Close the channel; the next call opens another."""
        with self._lock:
            channel, self._opened = self._opened, None
            followed, self._followed = self._followed, None
            self._ready = False
        if followed is not None:
            followed.close()
        if channel is not None:
            channel.close()


class _FollowedStates:
    """The states of a channel from now on, until it is closed."""

    def __init__(self, channel: OpenChannel) -> None:
        self.was_ready = False
        self._last: Connectivity | None = None
        self._following = ExitStack()
        self.states = self._following.enter_context(channel.states())

    def note(self, state: Connectivity) -> None:
        """It has come to this state."""
        self._last = state
        self.was_ready = self.was_ready or state is Connectivity.READY

    def state(self) -> Connectivity | None:
        """The last one, as far as gRPC has noticed; does not wait."""
        while not self.states.empty():
            if (state := _next(self.states, 0)) is not None:
                self.note(state)
        return self._last

    def close(self) -> None:
        """Follow it no more."""
        self._following.close()


_COMPRESSION = {
    Compression.NONE: grpc.Compression.NoCompression,
    Compression.GZIP: grpc.Compression.Gzip,
}


def _limits(timeout_s: float) -> tuple[float, float]:
    """The end of so many seconds from now, and when to examine what is wrong before it."""
    start = time.monotonic()
    return start + timeout_s, start + max(timeout_s - 2 * _LEAST_DIAGNOSIS_S, timeout_s / 2)


def _next(states: States, timeout_s: float) -> Connectivity | None:
    try:
        return states.get(timeout=timeout_s) if timeout_s else states.get_nowait()
    except queue.Empty:
        return None
