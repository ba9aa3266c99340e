"""The status of an error over REST and over gRPC."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from backend.core.errors import (
    AlreadyExists,
    Cancelled,
    ConsoleError,
    InvalidInput,
    NotFound,
    NotReady,
    Overloaded,
    PayloadTooLarge,
    RequestError,
    UnknownFailure,
    Unsupported,
)


class NotAllowed(RequestError):
    """The caller has not shown the server's token."""


@dataclass(frozen=True, slots=True)
class ErrorStatus:
    """An HTTP code and the gRPC code that says the same."""

    http: int
    grpc: grpc.StatusCode


_FAILED = ErrorStatus(500, grpc.StatusCode.INTERNAL)
_BY_ERROR: tuple[tuple[type[ConsoleError], ErrorStatus], ...] = (
    (AlreadyExists, ErrorStatus(400, grpc.StatusCode.ALREADY_EXISTS)),
    (Cancelled, ErrorStatus(400, grpc.StatusCode.CANCELLED)),
    (UnknownFailure, ErrorStatus(400, grpc.StatusCode.UNKNOWN)),
    (NotAllowed, ErrorStatus(401, grpc.StatusCode.UNAUTHENTICATED)),
    (InvalidInput, ErrorStatus(400, grpc.StatusCode.INVALID_ARGUMENT)),
    (NotFound, ErrorStatus(404, grpc.StatusCode.NOT_FOUND)),
    (NotReady, ErrorStatus(503, grpc.StatusCode.UNAVAILABLE)),
    (Overloaded, ErrorStatus(503, grpc.StatusCode.RESOURCE_EXHAUSTED)),
    (Unsupported, ErrorStatus(501, grpc.StatusCode.UNIMPLEMENTED)),
    (PayloadTooLarge, ErrorStatus(413, grpc.StatusCode.RESOURCE_EXHAUSTED)),
)


def status_of(error: BaseException) -> ErrorStatus:
    """The status that belongs to an error; anything unforeseen is the server's own failure."""
    for kind, status in _BY_ERROR:
        if isinstance(error, kind):
            return status
    return _FAILED


def text_of(error: BaseException) -> str:
    """What the caller is told; an unforeseen error says its kind, never a trace.

    Neither wire carries half a surrogate pair, as names of files may have it: it is shown as '?'.
    """
    if isinstance(error, ConsoleError):
        return str(error).encode("utf-8", "replace").decode()
    return f"The server failed unexpectedly ({type(error).__name__})."
