"""Replies over HTTP that are no results: errors, as the protocol wants them."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from backend.wire.oip.metadata_json import error_to_json
from backend.wire.oip.rest import JSON_TYPE

RETRY_AFTER = "1"
"""Seconds after which a server that has too much to do may be asked again."""


def error_response(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """``{"error": text}`` with an HTTP status."""
    return Response(error_to_json(text), status, headers, media_type=JSON_TYPE)
