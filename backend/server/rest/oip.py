"""The core of the Open Inference Protocol over REST: health, metadata and inference."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from backend.core.errors import InvalidInput, NotReady, Unsupported
from backend.core.inference import InferRequest
from backend.core.tensors import Datatype, TensorSpec
from backend.models.servable import ModelDeclaration
from backend.server.plane import OutputDelivery, ServerContext, server_metadata
from backend.server.rest.access_log import note_of
from backend.server.rest.edge import RestEdge
from backend.server.rest.routes import DescribedRoute
from backend.server.rest.schemas import BYTES, JSON
from backend.wire.elements import Buffer
from backend.wire.json.text import write_json
from backend.wire.oip.metadata_json import model_metadata_to_json, server_metadata_to_json
from backend.wire.oip.rest import (
    HEADER_LENGTH,
    bytes_to_convert,
    decode_request,
    encode_response,
)
from backend.wire.oip.rest_repeats import RepeatedRequests

MODEL_PATHS = ("/v2/models/{model}", "/v2/models/{model}/versions/{version}")
_RESERVED = "triton_"
_HEADER_LENGTH = HEADER_LENGTH.lower()
_HEALTH, _ABOUT, _INFERENCE = "health", "metadata", "inference"


def oip_routes(server_context: ServerContext, edge: RestEdge) -> list[DescribedRoute]:
    """What the protocol's core has under /v2."""
    oip = _Oip(server_context, edge)
    ends = [
        DescribedRoute(
            "GET", "/v2/health/live", oip.live, _HEALTH, "Is it up?", gives={JSON: "Live"}
        ),
        DescribedRoute(
            "GET",
            "/v2/health/ready",
            oip.ready,
            _HEALTH,
            "Does it take requests?",
            gives={JSON: "Ready"},
        ),
        DescribedRoute(
            "GET", "/v2", oip.metadata, _ABOUT, "About this server", gives={JSON: "ServerMetadata"}
        ),
    ]
    for path in MODEL_PATHS:
        ends += [
            DescribedRoute(
                "GET",
                path,
                oip.model_metadata,
                _ABOUT,
                "Inputs and outputs of a model",
                gives={JSON: "ModelMetadata"},
            ),
            DescribedRoute(
                "GET",
                f"{path}/ready",
                oip.model_ready,
                _HEALTH,
                "Does the model take requests?",
                gives={JSON: "ModelReady"},
            ),
            DescribedRoute(
                "POST",
                f"{path}/infer",
                oip.infer,
                _INFERENCE,
                "Tensors in, tensors out",
                takes={JSON: "InferRequest", BYTES: ""},
                gives={JSON: "InferResponse", BYTES: ""},
                headers={
                    HEADER_LENGTH: "Bytes of the JSON before the tensors' bytes; 0: no JSON at all"
                },
                body_required=True,
            ),
        ]
    return ends


class _Oip:
    """One method per route."""

    def __init__(self, server_context: ServerContext, edge: RestEdge) -> None:
        self._server_context = server_context
        self._plane = server_context.plane
        self._repeats = RepeatedRequests()
        self._edge = edge

    async def metadata(self, _request: Request) -> Response:
        about = server_metadata(
            self._plane.extensions, shared_memory=self._server_context.memory is not None
        )
        return self._edge.about(server_metadata_to_json(about))

    async def live(self, _request: Request) -> Response:
        return self._edge.about(write_json({"live": True}))

    async def ready(self, _request: Request) -> Response:
        if not self._server_context.readiness.ready:
            raise NotReady("the server is being stopped")
        return self._edge.about(write_json({"ready": True}))

    async def model_metadata(self, request: Request) -> Response:
        return self._edge.about(model_metadata_to_json(self._plane.metadata(*named(request))))

    async def model_ready(self, request: Request) -> Response:
        name, version = named(request)
        self._plane.check_ready(name, version)
        return self._edge.about(write_json({"name": name, "ready": True}))

    async def infer(self, request: Request) -> Response:
        name, version = named(request)
        model = self._plane.model(name, version)
        if model.decoupled:
            raise Unsupported(
                "HTTP end point doesn't support models with decoupled transaction policy",
                hint=f"Ask '{model.name}' over gRPC with ModelStreamInfer.",
            )
        infer_request = await self._read(request, model, version)
        note = note_of(request.scope)
        note.decoded()
        delivery = None
        if OutputDelivery.is_asked(infer_request):
            delivery = OutputDelivery(infer_request, model, self._server_context.memory)
        answered = self._plane.infer_at_once(infer_request)
        if answered is None:
            answered = await self._edge.work(request, model, self._plane.infer(infer_request))
        response, timing = answered
        note.answered()
        if delivery is not None:
            response = delivery.deliver(response)
        text = bytes_to_convert(response, infer_request)
        headers, reply = await self._edge.convert(
            text, lambda: encode_response(response, infer_request)
        )
        return await self._edge.answer(request, reply, headers, timing)

    async def _read(self, request: Request, model: ModelDeclaration, version: str) -> InferRequest:
        body = await self._edge.body_view(request)
        headers = note_of(request.scope).headers
        repeated = self._repeats.read(headers, body, model.name, version)
        if repeated is not None:
            return repeated
        text = self._text_size(headers, body, model)
        read = await self._edge.convert(text, lambda: self._decode(headers, body, model, version))
        self._repeats.note(headers, body, read)
        return read

    def _text_size(self, headers: Mapping[str, str], body: Buffer, model: ModelDeclaration) -> int:
        """How much of a body has to be read piece by piece: elements in bytes are taken as such."""
        if any(spec.datatype is Datatype.BYTES for spec in model.inputs):
            return len(body)
        header = headers.get(_HEADER_LENGTH, "")
        return min(int(header), len(body)) if header.isdecimal() and len(header) < 20 else len(body)

    def _decode(
        self, headers: Mapping[str, str], body: Buffer, model: ModelDeclaration, version: str
    ) -> InferRequest:
        infer_request = decode_request(
            headers,
            body,
            model.name,
            version,
            only_input=_only_input(model),
            regions=self._server_context.memory,
            limits=self._server_context.reading,
        )
        for name in infer_request.parameters:
            if name.startswith(_RESERVED):
                raise InvalidInput(
                    f"parameter keys starting with '{_RESERVED}' are reserved, got '{name}'"
                )
        return infer_request


def named(request: Request) -> tuple[str, str]:
    """Name and version of the model in the path, '' for no version; noted for the log."""
    path = request.path_params
    name: str = path["model"]
    note_of(request.scope).model = name
    return name, path.get("version", "")


def _only_input(model: ModelDeclaration) -> TensorSpec | None:
    """The input that a body without JSON stands for: as a batch of one, where there are batches."""
    if len(model.inputs) != 1:
        return None
    spec = model.inputs[0]
    if model.config.max_batch_size <= 0:
        return spec
    return TensorSpec(spec.name, spec.datatype, (1, *spec.shape[1:]))
