"""Channels to a target's two addresses."""

from __future__ import annotations

from backend.clients.connections.grpc import GrpcChannel
from backend.clients.connections.rest import RestChannel
from backend.core.target import Target


def rest_channel(target: Target) -> RestChannel:
    """A channel to its REST address."""
    return RestChannel.from_target(target)


def grpc_channel(target: Target) -> GrpcChannel:
    """A channel to its gRPC address."""
    return GrpcChannel.from_target(target)
