"""The status of a failed gRPC call as one of our errors, with the server's text as it is."""

from __future__ import annotations

import re
from typing import Any

import grpc

from backend.clients.faults import words as faults
from backend.core.errors import (
    ConsoleError,
    InvalidInput,
    ModelFailed,
    NotFound,
    Overloaded,
    PayloadTooLarge,
    ReplyMismatch,
    StreamBroken,
    TargetFault,
    Unsupported,
)

_ERRORS: dict[grpc.StatusCode, type[ConsoleError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidInput,
    grpc.StatusCode.OUT_OF_RANGE: InvalidInput,
    grpc.StatusCode.FAILED_PRECONDITION: InvalidInput,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Overloaded,
    grpc.StatusCode.CANCELLED: StreamBroken,
    grpc.StatusCode.DATA_LOSS: ReplyMismatch,
}
_TOO_LARGE = re.compile(r"larger than max|exceeds maximum size|too large", re.IGNORECASE)
_SIZES = re.compile(r"\((\d{1,19}) vs\.? (\d{1,19})\)")
_SYSTEM = re.compile(r"\b(?:recvmsg|sendmsg|read|write):\s?([A-Z][a-z ]{1,80})")
"""What the system said of a connection, among gRPC's own words: "(recvmsg:Broken pipe (32))"."""
_LIMIT_FIRST = re.compile(r"maximum size (\d{1,19}): (\d{1,19})\b")


def explain(error: grpc.RpcError, at: str, *, limit: int, stream: bool) -> ConsoleError:
    """What a failed call to `at` means; `limit` is our own, in bytes."""
    code, text = code_of(error), details_of(error)
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED and _TOO_LARGE.search(text):
        too_large = PayloadTooLarge(*_sizes(text, limit))
        too_large.from_server = not text.startswith("CLIENT")
        return too_large
    if code is grpc.StatusCode.UNAVAILABLE:
        return _unavailable(at, text)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return faults.deadline(at)
    if code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
        return faults.sign_in(at, text, forbidden=code is grpc.StatusCode.PERMISSION_DENIED)
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return faults.no_stream(at, text) if stream else _not_offered(text)
    return _ERRORS.get(code, ModelFailed)(f"{code.name}: {text}" if text else code.name)


def code_of(error: grpc.RpcError) -> grpc.StatusCode:
    """The status' code, UNKNOWN if it has none."""
    code: Any = getattr(error, "code", None)
    found = code() if callable(code) else None
    return found if isinstance(found, grpc.StatusCode) else grpc.StatusCode.UNKNOWN


def details_of(error: grpc.RpcError) -> str:
    """The server's text, '' if there is none."""
    details: Any = getattr(error, "details", None)
    return str((details() if callable(details) else None) or "")


def _unavailable(at: str, text: str) -> ConsoleError:
    lower = text.lower()
    if "ping timeout" in lower or "keepalive watchdog" in lower or "timed out" in lower:
        return faults.went_silent(at)
    if "failed to connect" in lower or "refused" in lower:
        return faults.refused(at, grpc=True)
    system = _SYSTEM.search(text)
    return faults.lost(at, f"{system[1].strip()}." if system is not None else text)


def _not_offered(text: str) -> ConsoleError:
    error = Unsupported(f"UNIMPLEMENTED: {text}" if text else "UNIMPLEMENTED")
    error.fault = TargetFault.NOT_OFFERED
    return error


def _sizes(text: str, limit: int) -> tuple[int, int]:
    """Size and limit, as C++ and Go or as Java write them."""
    if (found := _SIZES.search(text)) is not None:
        return int(found[1]), int(found[2])
    if (found := _LIMIT_FIRST.search(text)) is not None:
        return int(found[2]), int(found[1])
    return limit + 1, limit
