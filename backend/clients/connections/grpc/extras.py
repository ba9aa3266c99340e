"""The two services that many gRPC servers have beside their own: health and reflection."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import grpc

from backend.clients.connections.grpc.connection import GrpcConnection
from backend.core.choices import Compression
from backend.core.errors import ConsoleError

_HEALTH = "/grpc.health.v1.Health/Check"
_REFLECTION = (
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
)
_LIST_SERVICES = b"\x3a\x00"
"""ServerReflectionRequest{list_services=7: ''}."""


def has_health(connection: GrpcConnection, deadline_s: float) -> bool:
    """Whether the server has a health service, whatever it says of its health."""
    try:
        connection.unary(_HEALTH, b"", deadline_s=deadline_s, compression=Compression.NONE)
    except ConsoleError:
        return False
    return True


def has_reflection(connection: GrpcConnection, deadline_s: float) -> bool:
    """Whether the server describes its services, in either version of that service."""
    end = time.monotonic() + deadline_s
    return any(_reflects(connection, method, end) for method in _REFLECTION)


def _reflects(connection: GrpcConnection, method: str, end: float) -> bool:
    done = threading.Event()

    def requests() -> Iterator[bytes]:
        yield _LIST_SERVICES
        # Half-closing at once would do as well, but for servers that then forget to answer.
        done.wait(max(0.0, end - time.monotonic()))

    try:
        timeout_s = max(0.05, end - time.monotonic())
        call = connection.stream(method, requests(), timeout_s=timeout_s)
        call.add_callback(done.set)
        return bool(next(iter(call), b""))
    except (grpc.RpcError, ConsoleError):
        return False
    finally:
        done.set()
