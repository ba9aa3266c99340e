"""Which listener belongs to which door: the place where the server's parts are put together."""

from __future__ import annotations

from backend.server.doors import Door, MakeListener
from backend.server.grpc_calls import CallCounts
from backend.server.grpc_edge import GrpcEdge
from backend.server.grpc_health import HEALTH, health_service
from backend.server.grpc_listener import GrpcListener
from backend.server.grpc_oip import oip_service
from backend.server.grpc_reflection import reflection_services
from backend.server.grpc_serving import serving_service
from backend.server.hall import Hall
from backend.server.listener import Listener
from backend.server.options import ServerOptions
from backend.server.records import RequestLog
from backend.server.rest_app import rest_app
from backend.server.rest_listener import RestListener
from backend.server.side_thread import SideThread
from backend.server.trimming import Trimmer
from backend.wire.oip_grpc import SERVICE as OIP_SERVICE
from backend.wire.serving_grpc import SERVICE as SERVING_SERVICE


def listener_factory(
    hall: Hall, side: SideThread, requests: RequestLog, options: ServerOptions
) -> MakeListener:
    """Makes the listeners of one server."""
    trimmer = Trimmer()

    def make(door: Door, port: int) -> Listener:
        match door:
            case Door.REST:
                app = rest_app(hall, side, requests, trimmer, options)
                return RestListener(app, options, port)
            case Door.GRPC:
                calls = CallCounts()
                edge = GrpcEdge(requests, trimmer, hall.readiness, options, calls)
                services = (
                    oip_service(hall, edge, side),
                    serving_service(hall.plane, edge, side),
                    health_service(hall.readiness, edge),
                    *reflection_services((OIP_SERVICE, SERVING_SERVICE, HEALTH), edge),
                )
                return GrpcListener(services, options, port, calls)

    return make
