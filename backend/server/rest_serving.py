"""Simple serving over REST: one item in, its predictions out."""

from __future__ import annotations

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from backend.core.errors import InvalidInput
from backend.server.about import SERVER_NAME
from backend.server.items import numbers
from backend.server.plane import DataPlane, model_rows
from backend.server.raw_pixels import raw_pixels
from backend.server.rest_edge import RestEdge
from backend.server.rest_journal import note_of
from backend.wire.images import BodyKind, body_kind
from backend.wire.json_text import write_json
from backend.wire.oip_rest import JSON_TYPE
from backend.wire.oip_timing import SERVER_TIMING, timing_to_header
from backend.wire.serving_items import Item, PictureFile, Sound, Values
from backend.wire.serving_rest import PREDICT_PATH, RAW_TYPE, decode_values, encode_reply
from backend.wire.sound import decode_sound

MODELS_PATH = "/models"

_ROUTES_TEXT = """\
{name}: a model server. Routes:

  POST /predict?model=NAME    a JPEG, PNG or WAV file, or {{"input": numbers}}
  GET  /models                the models, as JSON
  GET  /v2                    Open Inference Protocol: about this server
  GET  /v2/health/live        is it up?
  GET  /v2/health/ready       does it take requests?
  GET  /v2/models/NAME        inputs and outputs of a model
  GET  /v2/models/NAME/ready  does it take requests?
  POST /v2/models/NAME/infer  tensors in, tensors out

Try:

  curl --data-binary @photo.jpg '{url}predict?model={model}'

Models: {models}
"""


def serving_routes(plane: DataPlane, edge: RestEdge) -> list[Route]:
    """The routes for people: /, /models and /predict."""
    serving = _Serving(plane, edge)
    return [
        Route("/", serving.about, methods=["GET"]),
        Route(MODELS_PATH, serving.models, methods=["GET"]),
        Route(PREDICT_PATH, serving.predict, methods=["POST"]),
    ]


class _Serving:
    """One method per route."""

    def __init__(self, plane: DataPlane, edge: RestEdge) -> None:
        self._plane = plane
        self._edge = edge

    async def about(self, request: Request) -> Response:
        registry = self._plane.registry
        return PlainTextResponse(
            _ROUTES_TEXT.format(
                name=SERVER_NAME,
                url=request.base_url,
                model=registry.default,
                models=", ".join(registry.names()) or "none",
            )
        )

    async def models(self, request: Request) -> Response:
        registry = self._plane.registry
        rows = [
            {
                "name": row.name,
                "kind": row.kind,
                "description": row.description,
                "labels": list(row.labels),
            }
            for row in model_rows(registry)
        ]
        body = write_json({"models": rows, "default": registry.default})
        return await self._edge.answer(request, body, {"Content-Type": JSON_TYPE})

    async def predict(self, request: Request) -> Response:
        note = note_of(request.scope)
        note.model = request.query_params.get("model", "")
        model = self._plane.model(note.model)
        note.model = model.name
        body = await self._edge.body(request)
        kind = request.headers.get("content-type", "")
        item = await self._edge.convert(
            len(body), lambda: item_of(body, kind, request.query_params)
        )
        work = self._plane.predict(model.name, item)
        predictions, timing = await self._edge.work(request, model, work)
        reply = await self._edge.convert(
            len(body), lambda: encode_reply(predictions, model.name, timing)
        )
        headers = {"Content-Type": JSON_TYPE, SERVER_TIMING: timing_to_header(timing)}
        return await self._edge.answer(request, reply, headers)


def item_of(body: bytes, content_type: str, query: QueryParams) -> Item:
    """What a body holds; raises InvalidInput if it is nothing that is known.

    Only raw pixels need their Content-Type: files are recognised by their first bytes, and what is
    left must be JSON.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == RAW_TYPE:
        return raw_pixels(body, query)
    match body_kind(body):
        case BodyKind.JPEG | BodyKind.PNG:
            return PictureFile(body)
        case BodyKind.WAV:
            return Sound(*decode_sound(body))
        case None:
            return _values(body, media_type)


def _values(body: bytes, media_type: str) -> Item:
    if media_type == "multipart/form-data":
        raise InvalidInput(
            "Forms are not taken.", hint="Send the file alone: curl --data-binary @photo.jpg URL"
        )
    if body[:1] not in (b"{", b" ", b"\t", b"\r", b"\n"):
        raise InvalidInput(
            f"Expected a JPEG, PNG or WAV file or JSON, got {len(body)} bytes that begin with "
            f"{body[:4]!r}.",
            hint='Send {"input": <number or nested list>}, or raw pixels as ' + RAW_TYPE + ".",
        )
    values = decode_values(body)
    return Values(numbers(values.value), values.rate)
