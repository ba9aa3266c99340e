"""gRPC: one channel, its calls as bytes, and what its metadata carries."""

from backend.clients.connections.grpc.channel import GrpcChannel
from backend.clients.connections.grpc.extras import has_health, has_reflection

__all__ = ["GrpcChannel", "has_health", "has_reflection"]
