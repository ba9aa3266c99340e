"""Metadata that goes out with every call of a gRPC channel, whoever makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import grpc

from backend.clients.security import Metadata


class _Details(NamedTuple):
    """What an interceptor hands on, in the shape that gRPC reads."""

    method: str
    timeout: float | None
    metadata: Any
    credentials: Any
    wait_for_ready: bool | None
    compression: Any


class _Adding(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[type-arg]
    grpc.UnaryStreamClientInterceptor,  # type: ignore[type-arg]
    grpc.StreamUnaryClientInterceptor,  # type: ignore[type-arg]
    grpc.StreamStreamClientInterceptor,  # type: ignore[type-arg]
):
    """Adds the metadata to what a call brings of its own, whose names win."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return self._go(continuation, details, request)

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return self._go(continuation, details, request)

    def intercept_stream_unary(self, continuation: Any, details: Any, request_iterator: Any) -> Any:
        return self._go(continuation, details, request_iterator)

    def intercept_stream_stream(
        self, continuation: Any, details: Any, request_iterator: Any
    ) -> Any:
        return self._go(continuation, details, request_iterator)

    def _go(self, continuation: Callable[[Any, Any], Any], details: Any, request: Any) -> Any:
        own = tuple(details.metadata or ())
        taken = {name.lower() for name, _ in own}
        added = tuple(pair for pair in self._metadata if pair[0] not in taken)
        changed = _Details(
            details.method,
            details.timeout,
            (*added, *own),
            details.credentials,
            details.wait_for_ready,
            details.compression,
        )
        return continuation(changed, request)


def with_metadata(channel: grpc.Channel, metadata: Metadata) -> grpc.Channel:
    """The channel itself if there is nothing to add."""
    return grpc.intercept_channel(channel, _Adding(metadata)) if metadata else channel
