"""Which listener belongs to which door: the place where the server's parts are put together."""

from __future__ import annotations

from backend.server.doors import Door, MakeListener
from backend.server.grpc_edge import GrpcEdge
from backend.server.grpc_listener import GrpcListener
from backend.server.grpc_oip import oip_service
from backend.server.grpc_serving import serving_service
from backend.server.listener import Listener
from backend.server.options import ServerOptions
from backend.server.plane import DataPlane
from backend.server.records import RequestLog
from backend.server.rest_app import rest_app
from backend.server.rest_listener import RestListener
from backend.server.side_thread import SideThread
from backend.server.trimming import Trimmer


def listener_factory(
    plane: DataPlane, side: SideThread, requests: RequestLog, options: ServerOptions
) -> MakeListener:
    """Makes the listeners of one server."""
    trimmer = Trimmer()

    def make(door: Door, port: int) -> Listener:
        match door:
            case Door.REST:
                app = rest_app(plane, side, requests, trimmer, options)
                return RestListener(app, options.host, port)
            case Door.GRPC:
                edge = GrpcEdge(requests, trimmer)
                services = (oip_service(plane, edge), serving_service(plane, edge))
                return GrpcListener(
                    services, options.host, port, message_limit=options.message_limit
                )

    return make
