"""Every error a person may meet, as one tree split by what can be done about it.

ConsoleError
├── UsageError             the call itself is wrong (exit 2)
├── SourceError            a camera, microphone, file or URL; `fault` says which way
├── TargetError            the target cannot be reached or spoken to (exit 3)
│   ├── TargetUnreachable
│   ├── StreamBroken
│   ├── DeadlineExceeded
│   └── ReplyMismatch
├── PayloadTooLarge
├── PortInUse
└── RequestError           what a server answers for one request (exit 4)
    ├── InvalidInput       400, INVALID_ARGUMENT
    ├── NotFound           404, NOT_FOUND
    ├── NotReady           503, UNAVAILABLE
    ├── Overloaded         503, RESOURCE_EXHAUSTED
    ├── Unsupported        501, UNIMPLEMENTED
    └── ModelFailed        500, INTERNAL
"""

from __future__ import annotations

from enum import StrEnum

_KIB = 1024
_MIB = 1024 * 1024


def mebibytes(size_bytes: int) -> str:
    """The size as people read it: ``5.9 MiB``, ``3.1 KiB`` or ``17 bytes``."""
    if size_bytes >= _MIB:
        return f"{size_bytes / _MIB:.1f} MiB"
    if size_bytes >= _KIB:
        return f"{size_bytes / _KIB:.1f} KiB"
    return f"{size_bytes} bytes"


class ConsoleError(Exception):
    """An error with a message for people and a hint about what to try."""

    exit_code = 4

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        if not self.hint:
            return self.message
        stop = "" if self.message.endswith((".", "!", "?", ":")) else "."
        return f"{self.message}{stop} {self.hint}"


class UsageError(ConsoleError):
    """The command line, a setting or a combination of settings makes no sense."""

    exit_code = 2


class SourceFault(StrEnum):
    """The ways in which a source can fail."""

    ABSENT = "absent"
    BUSY = "busy"
    REFUSED = "refused"
    SILENT = "silent"
    LOST = "lost"
    UNREADABLE = "unreadable"


class SourceError(ConsoleError):
    """A source cannot be opened, or stopped giving samples."""

    exit_code = 2

    def __init__(self, fault: SourceFault, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.fault = fault


class TargetError(ConsoleError):
    """The target cannot be reached, or what it says cannot be understood."""

    exit_code = 3


class TargetUnreachable(TargetError):
    """Nothing answers at the address."""


class StreamBroken(TargetError):
    """A stream that was up ended without being asked to."""


class DeadlineExceeded(TargetError):
    """No reply within the time allowed; the server may still be computing."""


class ReplyMismatch(TargetError):
    """A reply came, but it is not what the protocol promises."""

    exit_code = 4


class PayloadTooLarge(ConsoleError):
    """The message is over the receiver's limit."""

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        size, limit = mebibytes(size_bytes), mebibytes(limit_bytes)
        if size == limit:
            size, limit = f"{size_bytes:,} bytes", f"{limit_bytes:,}"
        super().__init__(
            f"Message is {size}; the limit is {limit}.",
            hint="Send JPEG instead of raw, or raise the limit on both sides.",
        )
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


class PortInUse(ConsoleError):
    """The port asked for belongs to another program."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is already in use.",
            hint="Stop the program that holds it, or choose 0 to let the system pick a free port.",
        )
        self.port = port


class RequestError(ConsoleError):
    """A server's answer to one request; the connection is fine.

    `seq` is that of the sample which was refused, where a stream says so.
    """

    seq: int | None = None


class InvalidInput(RequestError):
    """The request is wrong: name, datatype, shape, size or encoding."""


class NotFound(RequestError):
    """There is no such model, version or route."""


class NotReady(RequestError):
    """The model exists but cannot take requests now."""


class Overloaded(RequestError):
    """The model's queue is full; nothing was computed."""


class Unsupported(RequestError):
    """A known request that this server does not offer."""


class ModelFailed(RequestError):
    """The model itself raised an error while computing."""
