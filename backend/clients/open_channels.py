"""Channels to a target's two addresses."""

from __future__ import annotations

from backend.clients.grpc_channel import GrpcChannel
from backend.clients.rest_channel import RestChannel
from backend.core.target import Target


def rest_channel(target: Target) -> RestChannel:
    """A channel to its REST address."""
    return RestChannel.from_target(target)


def grpc_channel(target: Target) -> GrpcChannel:
    """A channel to its gRPC address."""
    return GrpcChannel.from_target(target)
