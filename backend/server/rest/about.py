"""What tools read about the server: metrics and the description of its routes."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from backend.server.plane import CONTENT_TYPE, ServerContext, ServerMetrics, metrics_page
from backend.server.rest.edge import RestEdge
from backend.server.rest.openapi import openapi
from backend.server.rest.routes import DescribedRoute
from backend.server.rest.schemas import JSON, TEXT
from backend.wire.json.text import write_json
from backend.wire.oip.cluster import PATH, cluster_to_json

_GROUP = "metadata"


def about_routes(
    server_context: ServerContext, edge: RestEdge, others: Sequence[DescribedRoute], *, token: bool
) -> list[DescribedRoute]:
    """GET /metrics and /v2/cluster, and GET /openapi.json with these and the `others`."""

    async def metrics(_request: Request) -> Response:
        plane = server_context.plane
        await plane.refresh()
        page = metrics_page(ServerMetrics(plane.statistics()), *plane.custom_metrics())
        return Response(page, headers={"Content-Type": CONTENT_TYPE})

    async def cluster(_request: Request) -> Response:
        await server_context.plane.refresh()
        return edge.about(cluster_to_json(server_context.plane.cluster()))

    async def description(_request: Request) -> Response:
        return edge.about(document)

    own = [
        DescribedRoute(
            "GET", "/metrics", metrics, _GROUP, "Counters for Prometheus", gives={TEXT: ""}
        ),
        DescribedRoute(
            "GET",
            PATH,
            cluster,
            _GROUP,
            "Nodes and replicas, on an engine that has some",
            gives={JSON: "ClusterStatus"},
        ),
        DescribedRoute(
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
