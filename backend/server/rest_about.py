"""What tools read about the server: metrics and the description of its routes."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from backend.server.hall import Hall
from backend.server.metrics_text import CONTENT_TYPE, metrics_text
from backend.server.openapi import openapi
from backend.server.rest_edge import RestEdge
from backend.server.rest_endpoints import Endpoint
from backend.server.rest_schemas import JSON, TEXT
from backend.wire.json_text import write_json

_GROUP = "metadata"


def about_endpoints(
    hall: Hall, edge: RestEdge, others: Sequence[Endpoint], *, token: bool
) -> list[Endpoint]:
    """GET /metrics, and GET /openapi.json with these and the `others`."""

    async def metrics(_request: Request) -> Response:
        plane = hall.plane
        page = (metrics_text(plane.metrics()) + plane.registry.around.metrics.text()).encode()
        return Response(page, headers={"Content-Type": CONTENT_TYPE})

    async def description(_request: Request) -> Response:
        return edge.about(document)

    own = [
        Endpoint("GET", "/metrics", metrics, _GROUP, "Counters for Prometheus", gives={TEXT: ""}),
        Endpoint(
            "GET",
            "/openapi.json",
            description,
            _GROUP,
            "This description",
            gives={JSON: "OpenApi"},
        ),
    ]
    document = write_json(openapi([*others, *own], token=token))
    return own
