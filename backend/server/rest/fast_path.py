"""Leads inference past the router: each route before it in the list would cost time."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.server.rest.edge import say_error
from backend.server.rest.replies import error_response
from backend.server.rest.routes import Answer


class FastPath:
    """Answers `POST /v2/models/M[/versions/V]/infer` as the router would, which gets the rest."""

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
            response = await say_error(request, error)
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
