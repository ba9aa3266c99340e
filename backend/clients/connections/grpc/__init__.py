"""The instrumented way to a server over gRPC."""

from backend.clients.connections.grpc.compat import OneThreadCalls, OneThreadStream
from backend.clients.connections.grpc.connection import GrpcConnection, Reach
from backend.clients.connections.grpc.extras import has_health, has_reflection

__all__ = [
    "GrpcConnection",
    "OneThreadCalls",
    "OneThreadStream",
    "Reach",
    "has_health",
    "has_reflection",
]
