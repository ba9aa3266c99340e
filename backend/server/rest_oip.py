"""The Open Inference Protocol over REST."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backend.core.errors import InvalidInput
from backend.core.inference import InferRequest
from backend.models.servable import Servable
from backend.server.about import model_metadata, server_metadata
from backend.server.plane import DataPlane
from backend.server.rest_edge import RestEdge
from backend.server.rest_journal import note_of
from backend.wire.oip_json import model_metadata_to_json, server_metadata_to_json
from backend.wire.oip_rest import JSON_TYPE, decode_request, encode_response
from backend.wire.oip_timing import SERVER_TIMING, timing_to_header

_MODEL_PATHS = ("/v2/models/{model}", "/v2/models/{model}/versions/{version}")
_RESERVED = "triton_"


def oip_routes(plane: DataPlane, edge: RestEdge) -> list[Route]:
    """The routes of the protocol's core under /v2."""
    oip = _Oip(plane, edge)
    routes = [
        Route("/v2", oip.metadata, methods=["GET"]),
        Route("/v2/health/live", oip.healthy, methods=["GET"]),
        Route("/v2/health/ready", oip.healthy, methods=["GET"]),
    ]
    for path in _MODEL_PATHS:
        routes += [
            Route(path, oip.model_metadata, methods=["GET"]),
            Route(f"{path}/ready", oip.model_ready, methods=["GET"]),
            Route(f"{path}/infer", oip.infer, methods=["POST"]),
        ]
    return routes


class _Oip:
    """One method per route."""

    def __init__(self, plane: DataPlane, edge: RestEdge) -> None:
        self._plane = plane
        self._edge = edge

    async def metadata(self, request: Request) -> Response:
        body = server_metadata_to_json(server_metadata())
        return await self._edge.answer(request, body, {"Content-Type": JSON_TYPE})

    async def healthy(self, _request: Request) -> Response:
        return Response()

    async def model_metadata(self, request: Request) -> Response:
        body = model_metadata_to_json(model_metadata(self._model(request)))
        return await self._edge.answer(request, body, {"Content-Type": JSON_TYPE})

    async def model_ready(self, request: Request) -> Response:
        self._model(request)
        return Response()

    async def infer(self, request: Request) -> Response:
        model = self._model(request)
        body = await self._edge.body(request)
        asked = await self._edge.convert(len(body), lambda: _decode(request, body, model))
        response, timing = await self._edge.work(request, model, self._plane.infer(asked))
        size = sum(tensor.data.nbytes for tensor in response.outputs)
        headers, reply = await self._edge.convert(size, lambda: encode_response(response, asked))
        headers[SERVER_TIMING] = timing_to_header(timing)
        return await self._edge.answer(request, reply, headers)

    def _model(self, request: Request) -> Servable:
        """The model in the path; raises NotFound."""
        name, version = request.path_params["model"], request.path_params.get("version", "")
        note_of(request.scope).model = name
        return self._plane.registry.get(name, version)


def _decode(request: Request, body: bytes, model: Servable) -> InferRequest:
    asked = decode_request(
        request.headers,
        body,
        model.name,
        request.path_params.get("version", ""),
        only_input=model.inputs[0] if len(model.inputs) == 1 else None,
    )
    for name in asked.parameters:
        if name.startswith(_RESERVED):
            raise InvalidInput(
                f"parameter keys starting with '{_RESERVED}' are reserved, got '{name}'"
            )
    return asked
