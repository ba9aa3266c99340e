"""The health service that every gRPC tool knows."""

from __future__ import annotations

from collections.abc import AsyncIterator

from grpc_health.v1 import health_pb2

from backend.server.grpc.edge import CallNote, GrpcEdge
from backend.server.grpc.service import Service
from backend.server.plane import Readiness
from backend.wire.protobuf.fields import parse

HEALTH = "grpc.health.v1.Health"


def health_service(readiness: Readiness, edge: GrpcEdge) -> Service:
    """Check and Watch; like Triton, whatever service is named, the answer is for the server."""

    def status() -> bytes:
        reply = health_pb2.HealthCheckResponse
        status = reply.SERVING if readiness.ready else reply.NOT_SERVING
        return bytes(reply(status=status).SerializeToString())

    async def check(data: bytes, _note: CallNote) -> bytes:
        parse(health_pb2.HealthCheckRequest, data)
        return status()

    async def watch(data: bytes) -> AsyncIterator[bytes]:
        parse(health_pb2.HealthCheckRequest, data)
        if readiness.ready:
            yield status()
            await readiness.draining()
        yield status()

    methods = {"Check": edge.unary("Check", check), "Watch": edge.feed("Watch", watch)}
    return Service(HEALTH, methods, edge)
