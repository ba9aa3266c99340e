"""gRPC calls that carry bytes, as our own codec makes and reads them."""

from __future__ import annotations

from typing import Any

import grpc


def unary(channel: grpc.Channel, path: str) -> Any:
    """The call with one message each way."""
    untyped: Any = channel
    return untyped.unary_unary(path)


def streaming(channel: grpc.Channel, path: str) -> Any:
    """The call with many messages each way."""
    untyped: Any = channel
    return untyped.stream_stream(path)
