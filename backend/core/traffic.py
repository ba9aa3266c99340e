"""Bytes of requests and replies: of their messages, and on the wire.

A message is a body or gRPC message before its compression. On the wire count, over REST, all bytes
that go through the socket: headers and bodies, in TLS without what TLS adds. gRPC shows no socket:
there a message counts with its frame of 5 bytes, compressed ones by an estimate, without HTTP/2's
own frames and headers.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from backend.core.rings import RateMeter


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes sent and received, as messages and on the wire; `estimated` is about `wire_out`."""

    bytes_out: int = 0
    bytes_in: int = 0
    wire_out: int = 0
    wire_in: int = 0
    estimated: bool = False

    def __add__(self, other: Traffic) -> Traffic:
        """Both together."""
        return Traffic(
            self.bytes_out + other.bytes_out,
            self.bytes_in + other.bytes_in,
            self.wire_out + other.wire_out,
            self.wire_in + other.wire_in,
            self.estimated or other.estimated,
        )

    @property
    def ratio_out(self) -> float | None:
        """Bytes of messages for each byte on the wire; None before anything was sent."""
        return self.bytes_out / self.wire_out if self.wire_out else None

    @property
    def ratio_in(self) -> float | None:
        """The same of what was received."""
        return self.bytes_in / self.wire_in if self.wire_in else None


@dataclass(frozen=True, slots=True)
class TrafficRates:
    """Bytes a second, now."""

    bytes_out: float = 0.0
    bytes_in: float = 0.0
    wire_out: float = 0.0
    wire_in: float = 0.0
    estimated: bool = False


class TrafficMeter:
    """Counts what goes either way, whatever becomes of it; safe from any thread."""

    def __init__(self) -> None:
        self.bytes_out = RateMeter()
        self.bytes_in = RateMeter()
        self.wire_out = RateMeter()
        self.wire_in = RateMeter()
        self.estimated = False

    def totals(self) -> Traffic:
        """Everything so far."""
        return Traffic(
            int(self.bytes_out.total),
            int(self.bytes_in.total),
            int(self.wire_out.total),
            int(self.wire_in.total),
            self.estimated,
        )

    def rates(self) -> TrafficRates:
        """Of the last two seconds."""
        return TrafficRates(
            self.bytes_out.per_second(),
            self.bytes_in.per_second(),
            self.wire_out.per_second(),
            self.wire_in.per_second(),
            self.estimated,
        )


class Transfer:
    """One call on its way: its bytes, which count in `meter` too, and when they went.

    `sent_ns` is when the last byte had been handed to the system, `replied_ns` when the first of
    the reply came, `received_ns` when all of it was there; 0 for what did not happen or cannot be
    seen. Written by one thread at a time.
    """

    __slots__ = (
        "_bytes_in",
        "_bytes_out",
        "_estimated",
        "_meter",
        "_wire_in",
        "_wire_out",
        "received_ns",
        "replied_ns",
        "sent_ns",
    )

    def __init__(self, meter: TrafficMeter | None = None) -> None:
        self._meter = meter
        self._bytes_out = self._bytes_in = self._wire_out = self._wire_in = 0
        self._estimated = False
        self.sent_ns = self.replied_ns = self.received_ns = 0

    @property
    def traffic(self) -> Traffic:
        """The bytes so far."""
        return Traffic(
            self._bytes_out, self._bytes_in, self._wire_out, self._wire_in, self._estimated
        )

    def message_sent(self, size: int) -> None:
        """A message of that many bytes went out, at least in part."""
        self._bytes_out += size
        if self._meter is not None:
            self._meter.bytes_out.add(size)

    def message_received(self, size: int) -> None:
        """A message of that many bytes came in."""
        self._bytes_in += size
        if self._meter is not None:
            self._meter.bytes_in.add(size)

    def wire_sent(self, size: int, *, estimated: bool = False) -> None:
        """So many bytes went out."""
        self.sent_ns = time.monotonic_ns()
        self._wire_out += size
        self._estimated |= estimated
        if self._meter is not None:
            self._meter.wire_out.add(size, self.sent_ns)
            self._meter.estimated |= estimated

    def wire_received(self, size: int) -> None:
        """So many bytes came in."""
        now_ns = time.monotonic_ns()
        self.replied_ns = self.replied_ns or now_ns
        self._wire_in += size
        if self._meter is not None:
            self._meter.wire_in.add(size, now_ns)
