"""The REST side as one ASGI application."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.core.errors import ConsoleError
from backend.core.trimming import Trimmer
from backend.server.plane import RequestLog, ServerContext
from backend.server.rest.about import about_routes
from backend.server.rest.access_log import AccessLog
from backend.server.rest.body import ClientLeft, error_response
from backend.server.rest.edge import RestEdge, reply_to_error
from backend.server.rest.guard import Guard
from backend.server.rest.memory import memory_routes
from backend.server.rest.models import model_routes
from backend.server.rest.oip import oip_routes
from backend.server.rest.routes import Answer, routes_of
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
            HTTPException: reply_to_error,
            ConsoleError: reply_to_error,
            ClientLeft: reply_to_error,
            Exception: reply_to_error,
        },
    )
    # "/v2/" is not "/v2": Triton's clients and ours never ask for it, and a redirect would hide
    # the mistake of whoever does.
    app.router.redirect_slashes = False
    infer = next(end.answer for end in inference if end.path.endswith("/infer"))
    return AccessLog(_FastPath(app, infer), requests, trimmer, Guard(options))


class _FastPath:
    """Leads inference past the router, where each route before it in the list would cost time.

    Answers `POST /v2/models/M[/versions/V]/infer` as the router would, which gets the rest.
    """

    def __init__(self, app: ASGIApp, infer: Answer) -> None:
        self._app = app
        self._infer = infer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if b"%" in scope["raw_path"] and (reason := _unknown_name(scope["raw_path"])):
            await error_response(404, reason)(scope, receive, send)
            return
        match scope["path"].split("/") if scope["method"] == "POST" else ():
            case ["", "v2", "models", str(model), "infer"] if model:
                scope["path_params"] = {"model": model}
            case ["", "v2", "models", str(model), "versions", str(version), "infer"] if (
                model and version
            ):
                scope["path_params"] = {"model": model, "version": version}
            case _:
                await self._app(scope, receive, send)
                return
        request = Request(scope, receive, send)
        try:
            response = await self._infer(request)
        except Exception as error:  # noqa: BLE001 - every error is answered
            response = await reply_to_error(request, error)
        await response(scope, receive, send)


def _unknown_name(raw_path: bytes) -> str:
    """Why there is nothing under a path: a name in it has a slash of its own, as `%2F`.

    The routes see paths without percent signs, where that slash would separate two names.
    """
    for part in raw_path.decode("ascii").split("/"):
        name = unquote(part)
        if "/" in name:
            return f"There is nothing named '{name}' here: no model, version or region has a slash."
    return ""
