"""How long the server waits for a client, so that nobody holds a connection by saying nothing."""

from __future__ import annotations

from dataclasses import dataclass, fields

from backend.core.errors import UsageError

_LONGEST_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds, but for `bytes_per_s`; raises UsageError for what cannot be.

    `handshake_s` bounds TLS, and HTTP/2's first settings. `headers_s` runs from the connection, or
    from a request's first byte, to the end of its headers. `transfer_s` is for a body to come and
    for a reply to be read, and grows by a second for every `bytes_per_s` bytes that were moved.
    `message_s` is for the one message of a gRPC call that is no stream. `idle_s` and `grpc_idle_s`
    end connections without a request. A gRPC client that is silent for `ping_s` is asked whether it
    is still there, and has as long to answer.
    """

    handshake_s: float = 10.0
    headers_s: float = 15.0
    transfer_s: float = 30.0
    bytes_per_s: float = 4096.0
    message_s: float = 30.0
    idle_s: float = 75.0
    grpc_idle_s: float = 600.0
    ping_s: float = 60.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 < value <= _LONGEST_S:
                raise UsageError(
                    f"The timeout {field.name} must be above 0 and at most {_LONGEST_S:g}, "
                    f"got {value}."
                )

    @property
    def look_every_s(self) -> float:
        """How often connections are looked at, so that none overstays by much."""
        shortest = min(self.headers_s, self.transfer_s, self.idle_s)
        return min(1.0, max(0.02, shortest / 4))

    def transfer_allowed_s(self, moved_bytes: int) -> float:
        """How long a transfer may have taken that has moved so many bytes."""
        return self.transfer_s + moved_bytes / self.bytes_per_s
