"""The REST side as one ASGI application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from backend.core.errors import ConsoleError
from backend.server.hall import Hall
from backend.server.options import ServerOptions
from backend.server.records import RequestLog
from backend.server.rest_about import about_endpoints
from backend.server.rest_body import ClientLeft
from backend.server.rest_edge import RestEdge, say_error
from backend.server.rest_endpoints import routes_of
from backend.server.rest_guard import Guard
from backend.server.rest_journal import Journal
from backend.server.rest_memory import memory_endpoints
from backend.server.rest_models import model_endpoints
from backend.server.rest_oip import oip_endpoints
from backend.server.rest_serving import serving_endpoints
from backend.server.rest_settings import settings_endpoints
from backend.server.rest_short_way import ShortWay
from backend.server.side_thread import SideThread
from backend.server.trimming import Trimmer


def rest_app(
    hall: Hall,
    side: SideThread,
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
    inference = oip_endpoints(hall, edge)
    ends = [
        *serving_endpoints(hall, edge),
        *model_endpoints(hall, edge),
        *inference,
        *memory_endpoints(hall, edge),
        *settings_endpoints(hall, edge),
    ]
    ends += about_endpoints(hall, edge, ends, token=bool(options.token))
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
    return Journal(ShortWay(app, infer), requests, trimmer, Guard(options))
