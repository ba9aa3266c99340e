"""Grpc."""

from backend.clients.connections.grpc.channel import GrpcChannel
from backend.clients.connections.grpc.extras import has_health, has_reflection

__all__ = ["GrpcChannel", "has_health", "has_reflection"]
