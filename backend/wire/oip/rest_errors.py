"""Error replies over REST, in every form that servers give them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from backend.core.errors import (
    ConsoleError,
    InvalidInput,
    ModelFailed,
    NotFound,
    NotReady,
    Overloaded,
    RequestError,
    SignInNeeded,
    TargetFault,
    Unsupported,
)
from backend.wire.elements import Buffer
from backend.wire.json.text import read_json

MAX_TEXT = 4000
"""Longest text of a server that is shown."""

_KINDS: Mapping[int, type[RequestError]] = {
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.METHOD_NOT_ALLOWED: Unsupported,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: InvalidInput,
    HTTPStatus.TOO_MANY_REQUESTS: Overloaded,
    HTTPStatus.NOT_IMPLEMENTED: Unsupported,
    HTTPStatus.SERVICE_UNAVAILABLE: NotReady,
}

_SIGN_IN: Mapping[int, tuple[str, str, TargetFault]] = {
    HTTPStatus.UNAUTHORIZED: (
        "The server wants a sign-in.",
        "Set the token or headers of this target.",
        TargetFault.SIGN_IN,
    ),
    HTTPStatus.FORBIDDEN: (
        "The server does not let you do that.",
        "Another token or header may be needed.",
        TargetFault.FORBIDDEN,
    ),
}


def request_error(status: int, body: Buffer) -> ConsoleError:
    """The error that a status and body stand for, with the server's text as it is.

    It is a RequestError, or SignInNeeded for 401 and 403.
    """
    if status in _SIGN_IN:
        message, hint, fault = _SIGN_IN[status]
        text = error_text(status, body).rstrip(".")
        return SignInNeeded(message, f"Server: {text}. {hint}", fault=fault)
    kind = _KINDS.get(status, ModelFailed if status >= 500 else InvalidInput)
    return kind(error_text(status, body))


def error_text(status: int, body: Buffer) -> str:
    """What the server says went wrong; the status' own phrase if it says nothing.

    Reads `{"error": text}`, `{"error": {"message": text}}`, `{"detail": text}`,
    `{"detail": [{"loc", "msg"}]}`, plain text and the empty body.
    """
    text = bytes(body[: 4 * MAX_TEXT]).decode("utf-8", "replace").strip()
    try:
        value = read_json(body)
    except RequestError:
        value = None
    if isinstance(value, dict):
        text = _described(value) or text
    elif isinstance(value, str):
        text = value
    return text[:MAX_TEXT] or phrase(status)


def phrase(status: int) -> str:
    """The status in words, such as ``503 Service Unavailable``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP status {status}"


def _described(value: Mapping[str, Any]) -> str:
    for key in ("error", "detail", "message"):
        found = value.get(key)
        if isinstance(found, str) and found:
            return found
        if isinstance(found, dict):
            return _described(found) or str(found)
        if isinstance(found, list) and found:
            return "; ".join(_one_detail(item) for item in found)
    return ""


def _one_detail(item: Any) -> str:
    """One entry of a validation report: where, and what is wrong there."""
    if not isinstance(item, dict) or "msg" not in item:
        return str(item)
    where = item.get("loc")
    place = ".".join(str(part) for part in where) if isinstance(where, list) else ""
    return f"{place}: {item['msg']}" if place else str(item["msg"])
