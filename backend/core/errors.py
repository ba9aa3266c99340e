"""Every error a person may meet, as one tree split by what can be done about it.

ConsoleError
├── UsageError             the call itself is wrong (exit 2)
├── SourceError            a camera, microphone, file or URL; `fault` says which way
├── TargetError            the target cannot be reached or spoken to (exit 3); `fault` says why
│   ├── TargetUnreachable
│   │   └── CertificateRefused
│   ├── SignInNeeded
│   ├── StreamBroken
│   ├── DeadlineExceeded   (exit 5)
│   └── ReplyMismatch
├── PayloadTooLarge
├── PortInUse
└── RequestError           what a server answers for one request (exit 4)
    ├── InvalidInput       400, INVALID_ARGUMENT
    │   └── AlreadyExists  400, ALREADY_EXISTS
    ├── NotFound           404, NOT_FOUND
    ├── NotReady           503, UNAVAILABLE
    ├── Overloaded         503, RESOURCE_EXHAUSTED
    ├── Unsupported        501, UNIMPLEMENTED
    ├── Cancelled          400, CANCELLED
    └── ModelFailed        500, INTERNAL
        └── UnknownFailure 400, UNKNOWN
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from backend.core.wording import joined

_KIB = 1024
_MIB = 1024 * 1024


def plain_number(value: float, decimals: int) -> str:
    """A number with so many decimals, in English."""
    return f"{value:.{decimals}f}"


def mebibytes(size_bytes: int, number: Callable[[float, int], str] = plain_number) -> str:
    """The size as people read it: ``5.9 MiB``, ``3.1 KiB`` or ``17 bytes``.

    `number` writes a value with so many decimals, as another language may.
    """
    if size_bytes >= _MIB:
        return f"{number(size_bytes / _MIB, 1)} MiB"
    if size_bytes >= _KIB:
        return f"{number(size_bytes / _KIB, 1)} KiB"
    return f"{size_bytes} bytes"


def beginning(data: bytes | memoryview, most: int = 4) -> str:
    """The first bytes as people read them: ``'GIF8'`` if they are text, else ``89 50 4e 47``."""
    head = bytes(data[:most])
    if head.isascii() and (text := head.decode()).isprintable():
        return f"'{text}'"
    return head.hex(" ")


class ConsoleError(Exception):
    """An error with a message for people and a hint about what to try.

    Both are English; what a window is to translate is a `Wording`.
    """

    exit_code = 4

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        if not self.hint:
            return self.message
        return joined(self.message, self.hint)


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


class TargetFault(StrEnum):
    """What is wrong between us and a server; each has its own mend."""

    REFUSED = "refused"
    UNKNOWN_HOST = "unknown_host"
    NO_ANSWER = "no_answer"
    """No connection in time: nobody is there, or something between keeps us out."""
    SILENT = "silent"
    """A connection, and nothing comes back through it."""
    HTTP_PORT = "http_port"
    """gRPC was tried at a port that speaks HTTP."""
    GRPC_PORT = "grpc_port"
    """HTTP was tried at a port that speaks gRPC."""
    OTHER_PROTOCOL = "other_protocol"
    SPEAKS_PLAINTEXT = "speaks_plaintext"
    SPEAKS_TLS = "speaks_tls"
    NOT_TRUSTED = "not_trusted"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WRONG_NAME = "wrong_name"
    CLIENT_CERTIFICATE = "client_certificate"
    """The server wants a certificate of ours, or another one."""
    SIGN_IN = "sign_in"
    FORBIDDEN = "forbidden"
    RESTRICTED = "restricted"
    """The server has the interface and keeps it closed."""
    NO_STREAM = "no_stream"
    NOT_OFFERED = "not_offered"
    TOO_LARGE = "too_large"
    DEADLINE = "deadline"
    BROKEN = "broken"
    MISMATCH = "mismatch"
    BAD_ADDRESS = "bad_address"
    WRONG_INPUT = "wrong_input"
    """The model wants other tensors than were sent."""
    NOT_LOADED = "not_loaded"
    UNKNOWN = "unknown"


class TargetError(ConsoleError):
    """The target cannot be reached, or what it says cannot be understood."""

    exit_code = 3
    fault = TargetFault.UNKNOWN

    def __init__(self, message: str, hint: str = "", *, fault: TargetFault | None = None) -> None:
        super().__init__(message, hint)
        if fault is not None:
            self.fault = fault


class TargetUnreachable(TargetError):
    """Nothing answers at the address."""

    fault = TargetFault.NO_ANSWER


class SignInNeeded(TargetError):
    """The server does not know who asks (401), or does not let them (403)."""

    fault = TargetFault.SIGN_IN


class StreamBroken(TargetError):
    """A stream that was up ended without being asked to."""

    fault = TargetFault.BROKEN


class DeadlineExceeded(TargetError):
    """No reply within the time allowed; the server may still be computing."""

    exit_code = 5
    fault = TargetFault.DEADLINE


class ReplyMismatch(TargetError):
    """A reply came, but it is not what the protocol or the model promises.

    `seq` is that of the sample which it answers, where that is known.
    """

    exit_code = 4
    fault = TargetFault.MISMATCH
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a server's certificate says of itself.

    Subject and issuer are written as ``CN=..., O=...``, dates as ``2026-11-22 18:20 UTC``.
    """

    subject: str
    issuer: str
    not_before: str
    not_after: str
    names: tuple[str, ...] = ()
    expired: bool = False
    early: bool = False
    """Not valid yet."""

    def __str__(self) -> str:
        names = f" for {', '.join(self.names)}" if self.names else ""
        return (
            f"Certificate of {self.subject or 'nobody'}{names}, issued by "
            f"{self.issuer or 'nobody'}, valid {self.not_before} to {self.not_after}."
        )


class CertificateRefused(TargetUnreachable):
    """The server's certificate does not prove who it is.

    `certificate` is what it shows, None if that could not be read; `expected_name` is the name it
    should have had.
    """

    fault = TargetFault.NOT_TRUSTED

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        fault: TargetFault | None = None,
        certificate: CertificateFacts | None = None,
        expected_name: str = "",
    ) -> None:
        super().__init__(message, hint, fault=fault)
        self.certificate = certificate
        self.expected_name = expected_name


class PayloadTooLarge(ConsoleError):
    """The message is over the receiver's limit; a `limit_bytes` of 0 is not known.

    `from_server`: the limit is the server's, which it told when it refused the message.
    """

    fault = TargetFault.TOO_LARGE

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        size, limit = mebibytes(size_bytes), mebibytes(limit_bytes)
        if size == limit:
            size, limit = f"{size_bytes:,} bytes", f"{limit_bytes:,}"
        super().__init__(
            f"Message is {size}; the limit is {limit}."
            if limit_bytes
            else f"Message of {size} is over the server's limit.",
            hint="Send JPEG instead of raw, or raise the limit on both sides.",
        )
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes
        self.from_server = False


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

    `seq` is that of the sample which was refused, where a stream says so. `fault` is set where
    something other than the request is to be mended; `from_model` where the model itself has
    chosen this error as its answer.
    """

    seq: int | None = None
    fault: TargetFault | None = None
    from_model = False


class InvalidInput(RequestError):
    """The request is wrong: name, datatype, shape, size or encoding."""


class AlreadyExists(InvalidInput):
    """Something of that name is there already."""


class NotFound(RequestError):
    """There is no such model, version or route."""


class NotReady(RequestError):
    """The model exists but cannot take requests now."""


class Overloaded(RequestError):
    """The model's queue is full; nothing was computed."""


class Unsupported(RequestError):
    """A known request that this server does not offer."""


class Cancelled(RequestError):
    """The model says that the request was cancelled."""


class ModelFailed(RequestError):
    """The model itself raised an error while computing."""


class UnknownFailure(ModelFailed):
    """The model says that it failed, and not in which way."""
