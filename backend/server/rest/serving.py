"""Simple serving over REST: one item in, its predictions out."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from backend.core.errors import InvalidInput, beginning
from backend.server.plane import SERVER_NAME, ServerContext, model_rows, numbers
from backend.server.rest.access_log import note_of
from backend.server.rest.edge import RestEdge
from backend.server.rest.routes import DescribedRoute
from backend.server.rest.schemas import JSON, TEXT
from backend.wire.json.text import write_json
from backend.wire.media.images import BodyKind, body_kind
from backend.wire.media.sound import decode_sound
from backend.wire.oip.rest import JSON_TYPE
from backend.wire.serving.items import Item, NamedValues, PictureFile, Pixels, Sound, Values
from backend.wire.serving.rest import PREDICT_PATH, RAW_TYPE, decode_values, encode_reply
from backend.wire.serving.samples import PIXEL_FORMATS, pixels_of

MODELS_PATH = "/models"
_GROUP = "simple serving"
_MOST_DIGITS = 7
"""Of a length in the query."""

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
  GET  /metrics               counters for Prometheus
  GET  /openapi.json          every route, for tools

Try:

  curl --data-binary @photo.jpg '{url}predict?model={model}'

Models: {models}
"""


def serving_routes(server_context: ServerContext, edge: RestEdge) -> list[DescribedRoute]:
    """What there is for people: /, /models and /predict."""
    serving = _Serving(server_context, edge)
    return [
        DescribedRoute("GET", "/", serving.about, _GROUP, "The routes, as text", gives={TEXT: ""}),
        DescribedRoute(
            "GET", MODELS_PATH, serving.models, _GROUP, "The models", gives={JSON: "Models"}
        ),
        DescribedRoute(
            "POST",
            PREDICT_PATH,
            serving.predict,
            _GROUP,
            "One item in, its predictions out",
            takes={
                JSON: "PredictRequest",
                "image/jpeg": "",
                "image/png": "",
                "audio/wav": "",
                RAW_TYPE: "",
            },
            gives={JSON: "Prediction"},
            query={
                "model": "Which model; the default one if it is missing",
                "height": "Of raw pixels",
                "width": "Of raw pixels",
                "format": "Of raw pixels",
            },
            body_required=True,
        ),
    ]


class _Serving:
    """One method per route."""

    def __init__(self, server_context: ServerContext, edge: RestEdge) -> None:
        self._plane = server_context.plane
        self._nesting = server_context.reading.nesting
        self._edge = edge

    async def about(self, request: Request) -> Response:
        plane = self._plane
        return PlainTextResponse(
            _ROUTES_TEXT.format(
                name=SERVER_NAME,
                url=request.base_url,
                model=plane.default,
                models=", ".join(plane.names()) or "none",
            )
        )

    async def models(self, _request: Request) -> Response:
        plane = self._plane
        rows = [
            {
                "name": row.name,
                "kind": row.kind,
                "description": row.description,
                "labels": list(row.labels),
            }
            for row in model_rows(plane.names(), plane.model)
        ]
        return self._edge.about(write_json({"models": rows, "default": plane.default}))

    async def predict(self, request: Request) -> Response:
        note = note_of(request.scope)
        note.model = request.query_params.get("model", "")
        model = self._plane.model(note.model or self._plane.default)
        note.model = model.name
        body = await self._edge.body(request)
        kind = note.headers.get("content-type", "")
        item = await self._edge.convert(
            len(body), lambda: item_of(body, kind, request.query_params, self._nesting)
        )
        note.decoded()
        work = self._plane.predict(model.name, item)
        predictions, timing = await self._edge.work(request, model, work)
        note.answered()
        reply = await self._edge.convert(
            len(body), lambda: encode_reply(predictions, model.name, lambda: note.timing(timing))
        )
        return await self._edge.answer(request, reply, {"Content-Type": JSON_TYPE}, timing)


def item_of(body: bytes, content_type: str, query: QueryParams, max_nesting: int) -> Item:
    """What a body holds; raises InvalidInput if it is nothing that is known.

    Only raw pixels need their Content-Type: files are recognised by their first bytes, and what is
    left must be JSON.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == RAW_TYPE:
        return _raw_pixels(body, query)
    match body_kind(body):
        case BodyKind.JPEG | BodyKind.PNG:
            return PictureFile(body)
        case BodyKind.WAV:
            return Sound(*decode_sound(body))
        case None:
            return _values(body, media_type, max_nesting)


def _raw_pixels(body: bytes, query: Mapping[str, str]) -> Pixels:
    """The picture in a body; raises InvalidInput if the query is incomplete or does not fit."""
    height, width = _length(query, "height"), _length(query, "width")
    return pixels_of(body, height, width, query.get("format", PIXEL_FORMATS[0]))


def _length(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        got = f"got '{text[:20]}'" if text else "which is missing"
        raise InvalidInput(
            f"Raw pixels need a whole number as {name}, {got}.",
            hint=f"Use ?height=H&width=W&format={'|'.join(PIXEL_FORMATS)}.",
        )
    return int(text)


def _values(body: bytes, media_type: str, max_nesting: int) -> Item:
    if media_type == "multipart/form-data":
        raise InvalidInput(
            "Forms are not taken.", hint="Send the file alone: curl --data-binary @photo.jpg URL"
        )
    if body[:1] not in (b"{", b" ", b"\t", b"\r", b"\n"):
        raise InvalidInput(
            f"Expected a JPEG, PNG or WAV file or JSON, got {len(body)} bytes that begin with "
            f"{beginning(body)}.",
            hint='Send {"input": <number or nested list>}, or raw pixels as ' + RAW_TYPE + ".",
        )
    values = decode_values(body, max_nesting)
    if isinstance(values.value, dict):
        return NamedValues({name: _plain(value) for name, value in values.value.items()})
    return Values(_plain(values.value), values.rate)


def _plain(value: object) -> object:
    """Numbers as an array; texts as they are, for the model that takes them."""
    first = value
    while isinstance(first, list) and first:
        first = first[0]
    return value if isinstance(first, str) else numbers(value)
