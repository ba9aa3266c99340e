"""The REST side as one ASGI application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from backend.core.errors import ConsoleError
from backend.server.memory import Trimmer
from backend.server.plane import RequestLog, ServerContext
from backend.server.rest.about import about_routes
from backend.server.rest.access_log import AccessLog
from backend.server.rest.body import ClientLeft
from backend.server.rest.edge import RestEdge, say_error
from backend.server.rest.fast_path import FastPath
from backend.server.rest.guard import Guard
from backend.server.rest.memory import memory_routes
from backend.server.rest.models import model_routes
from backend.server.rest.oip import oip_routes
from backend.server.rest.routes import routes_of
from backend.server.rest.serving import serving_routes
from backend.server.rest.settings import settings_endpoints
from backend.server.scheduling import SerialExecutor
from backend.server.settings import ServerOptions


def rest_app(
    server_context: ServerContext,
    side: SerialExecutor,
    requests: RequestLog,
    trimmer: Trimmer,
    options: ServerOptions,
) -> ASGIApp:
    """Simple serving and the Open Inference Protocol behind one guard and one log."""
    edge = RestEdge(
        side,
        message_limit=options.message_limit,
        decompressed_limit=options.decompressed_limit,
    )
    inference = oip_routes(server_context, edge)
    ends = [
        *serving_routes(server_context, edge),
        *model_routes(server_context, edge),
        *inference,
        *memory_routes(server_context, edge),
        *settings_endpoints(server_context, edge),
    ]
    ends += about_routes(server_context, edge, ends, token=bool(options.token))
    app = Starlette(
        routes=routes_of(ends),
        exception_handlers={
            HTTPException: say_error,
            ConsoleError: say_error,
            ClientLeft: say_error,
            Exception: say_error,
        },
    )
    # "/v2/" is not "/v2": Triton's clients and ours never ask for it, and a redirect would hide
    # the mistake of whoever does.
    app.router.redirect_slashes = False
    infer = next(end.answer for end in inference if end.path.endswith("/infer"))
    return AccessLog(FastPath(app, infer), requests, trimmer, Guard(options))
