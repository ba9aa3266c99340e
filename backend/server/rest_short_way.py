"""Leads inference past the router: each route before it in the list would cost time."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.server.rest_edge import say_error
from backend.server.rest_endpoints import Answer


class ShortWay:
    """Answers `POST /v2/models/M[/versions/V]/infer` as the router would, which gets the rest."""

    def __init__(self, app: ASGIApp, infer: Answer) -> None:
        self._app = app
        self._infer = infer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
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
