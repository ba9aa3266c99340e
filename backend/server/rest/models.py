"""The repository, configuration and statistics extensions over REST."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from backend.core.errors import ConsoleError, InvalidInput, NotFound, Unsupported
from backend.models.servable import ModelLoadError
from backend.server.plane import LoadTerms, ServerContext, load_terms, model_config
from backend.server.rest.edge import RestEdge
from backend.server.rest.oip import MODEL_PATHS, named
from backend.server.rest.routes import DescribedRoute
from backend.server.rest.schemas import JSON
from backend.wire.json.messages import message_to_json
from backend.wire.json.text import write_json
from backend.wire.oip.metadata_json import flag, json_object, read_object

_REPOSITORY, _STATISTICS, _CONFIG = "repository", "statistics", "configuration"
_REPOSITORY_ROOTS = ("/v2/repository", "/v2/repository/{repository}")
_STATS: Mapping[str, str] = {JSON: "Statistics"}


def model_routes(server_context: ServerContext, edge: RestEdge) -> list[DescribedRoute]:
    """Configuration, statistics and the repository of models."""
    models = _Models(server_context, edge)
    return [
        # Before the path of a model: none can be asked for its statistics as "stats".
        DescribedRoute(
            "GET",
            "/v2/models/stats",
            models.all_statistics,
            _STATISTICS,
            "What all models did",
            gives=_STATS,
        ),
        *(route for path in MODEL_PATHS for route in _of_model(models, path)),
        *(route for root in _REPOSITORY_ROOTS for route in _of_repository(models, root)),
    ]


def _of_model(models: _Models, path: str) -> tuple[DescribedRoute, ...]:
    return (
        DescribedRoute(
            "GET",
            f"{path}/config",
            models.config,
            _CONFIG,
            "Configuration of a model",
            gives={JSON: "ModelConfig"},
        ),
        DescribedRoute(
            "GET", f"{path}/stats", models.statistics, _STATISTICS, "What a model did", gives=_STATS
        ),
    )


def _of_repository(models: _Models, root: str) -> tuple[DescribedRoute, ...]:
    return (
        DescribedRoute(
            "POST",
            f"{root}/index",
            models.index,
            _REPOSITORY,
            "Every model and its state",
            takes={JSON: "IndexRequest"},
            gives={JSON: "Index"},
        ),
        DescribedRoute(
            "POST",
            f"{root}/models/{{model}}/load",
            models.load,
            _REPOSITORY,
            "Load a model, or load it anew",
            takes={JSON: "LoadRequest"},
        ),
        DescribedRoute(
            "POST",
            f"{root}/models/{{model}}/unload",
            models.unload,
            _REPOSITORY,
            "Stop serving a model",
            takes={JSON: "UnloadRequest"},
        ),
    )


class _Models:
    """One method per route."""

    def __init__(self, server_context: ServerContext, edge: RestEdge) -> None:
        self._plane = server_context.plane
        self._edge = edge

    async def config(self, request: Request) -> Response:
        config = model_config(self._plane.model(*named(request)))
        return self._edge.about(write_json(message_to_json(config)))

    async def statistics(self, request: Request) -> Response:
        return await self._statistics(*named(request))

    async def all_statistics(self, _request: Request) -> Response:
        return await self._statistics("", "")

    async def index(self, request: Request) -> Response:
        body = await self._body(request, "An index request")
        only_ready = flag(body, "ready")
        rows = [
            {key: value for key, value in _row(entry).items() if value}
            for entry in self._plane.index()
            if entry.state == "READY" or not only_ready
        ]
        return self._edge.about(write_json(rows))

    async def load(self, request: Request) -> Response:
        name, _ = named(request)
        body = await self._body(request, "A load request")
        terms = load_terms(_parameters(body))
        try:
            await self._plane.load(name, terms)
        except ModelLoadError as error:
            raise self._whose_fault(name, terms, error) from error
        return Response()

    def _whose_fault(self, name: str, terms: LoadTerms, error: ModelLoadError) -> ConsoleError:
        """The caller's, for a model that does not exist or is not as was sent along."""
        if not terms.files and all(entry.name != name for entry in self._plane.index()):
            return NotFound(str(error))
        return InvalidInput(str(error)) if terms.config else error

    async def unload(self, request: Request) -> Response:
        name, _ = named(request)
        parameters = _parameters(await self._body(request, "An unload request"))
        dependents = flag(parameters, "unload_dependents")
        await self._plane.unload(name, dependents=dependents)
        return Response()

    async def _statistics(self, name: str, version: str) -> Response:
        await self._plane.refresh(name)
        found = [
            message_to_json(model.statistics) for model in self._plane.statistics(name, version)
        ]
        return self._edge.about(write_json({"model_stats": found}))

    async def _body(self, request: Request, what: str) -> Mapping[str, Any]:
        if "repository" in request.path_params:
            raise Unsupported("'repository_name' specification is not supported")
        return read_object(await self._edge.body(request), what)


def _parameters(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return json_object(body.get("parameters") or {}, "'parameters'")


def _row(entry: Any) -> dict[str, str]:
    return {
        "name": entry.name,
        "version": entry.version,
        "state": entry.state,
        "reason": entry.reason,
    }
