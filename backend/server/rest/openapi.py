"""The OpenAPI description of the REST side, made from its own list of endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from backend.core.release import VERSION
from backend.server.plane import SERVER_NAME
from backend.server.rest.routes import DescribedRoute
from backend.server.rest.schemas import JSON, SCHEMAS, ref

_IN_PATH = re.compile(r"{(\w+)}")


def openapi(endpoints: Iterable[DescribedRoute], *, token: bool) -> dict[str, Any]:
    """The document; with `token` it says that every request must show one."""
    paths: dict[str, dict[str, Any]] = {}
    for end in endpoints:
        paths.setdefault(end.path, {})[end.method.lower()] = _operation(end)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": SERVER_NAME,
            "version": VERSION,
            "description": "A model server: simple serving, and the Open Inference Protocol v2.",
        },
        "paths": paths,
        "components": {"schemas": dict(SCHEMAS)},
    }
    if token:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
    return document


def _operation(end: DescribedRoute) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _id(end),
        "summary": end.summary,
        "tags": [end.group],
        "responses": {
            "200": _reply("Done.", end.gives),
            "default": _reply("What went wrong.", {JSON: "Error"}),
        },
    }
    parameters = [
        *(_parameter(name, "path", "", required=True) for name in _IN_PATH.findall(end.path)),
        *(_parameter(name, "query", about) for name, about in end.query.items()),
        *(_parameter(name, "header", about) for name, about in end.headers.items()),
    ]
    if parameters:
        operation["parameters"] = parameters
    if end.takes:
        operation["requestBody"] = {"required": end.body_required, "content": _content(end.takes)}
    return operation


def _id(end: DescribedRoute) -> str:
    words = re.findall(r"\w+", end.path)
    return "_".join([end.method.lower(), *words]) if words else f"{end.method.lower()}_root"


def _reply(description: str, gives: Mapping[str, str]) -> dict[str, Any]:
    reply: dict[str, Any] = {"description": description}
    return reply | ({"content": _content(gives)} if gives else {})


def _content(media: Mapping[str, str]) -> dict[str, Any]:
    return {kind: {"schema": ref(name)} if name else {} for kind, name in media.items()}


def _parameter(name: str, where: str, about: str, *, required: bool = False) -> dict[str, Any]:
    parameter: dict[str, Any] = {"name": name, "in": where, "schema": {"type": "string"}}
    if required:
        parameter["required"] = True
    return parameter | ({"description": about} if about else {})
