"""The gRPC edge: the protocol, simple serving, health and reflection over the data plane."""

from backend.server.grpc.calls import CallCounts
from backend.server.grpc.edge import GrpcEdge
from backend.server.grpc.health import HEALTH, health_service
from backend.server.grpc.listener import GrpcListener
from backend.server.grpc.oip import oip_service
from backend.server.grpc.reflection import reflection_services
from backend.server.grpc.serving import serving_service

__all__ = [
    "HEALTH",
    "CallCounts",
    "GrpcEdge",
    "GrpcListener",
    "health_service",
    "oip_service",
    "reflection_services",
    "serving_service",
]
