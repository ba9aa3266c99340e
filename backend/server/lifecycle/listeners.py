"""Which listener belongs to which endpoint: the place where the server's parts are put together."""

from __future__ import annotations

from backend.core.trimming import Trimmer
from backend.server.grpc import (
    HEALTH,
    CallCounts,
    GrpcEdge,
    GrpcListener,
    health_service,
    oip_service,
    reflection_services,
    serving_service,
)
from backend.server.lifecycle.endpoints import Endpoint, Listener, MakeListener
from backend.server.plane import RequestLog, ServerContext
from backend.server.rest import RestListener, rest_app
from backend.server.scheduling import SerialExecutor
from backend.server.settings import ServerOptions
from backend.wire.oip.grpc import SERVICE as OIP_SERVICE
from backend.wire.serving.grpc import SERVICE as SERVING_SERVICE


def listener_factory(
    server_context: ServerContext,
    side: SerialExecutor,
    requests: RequestLog,
    options: ServerOptions,
) -> MakeListener:
    """Makes the listeners of one server."""
    trimmer = Trimmer()

    def make(endpoint: Endpoint, port: int) -> Listener:
        match endpoint:
            case Endpoint.REST:
                app = rest_app(server_context, side, requests, trimmer, options)
                return RestListener(app, options, port)
            case Endpoint.GRPC:
                calls = CallCounts()
                edge = GrpcEdge(requests, trimmer, server_context.readiness, options, calls)
                services = (
                    oip_service(server_context, edge, side),
                    serving_service(server_context.plane, edge, side),
                    health_service(server_context.readiness, edge),
                    *reflection_services((OIP_SERVICE, SERVING_SERVICE, HEALTH), edge),
                )
                return GrpcListener(services, options, port, calls)

    return make
