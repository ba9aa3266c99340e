"""The Open Inference Protocol over gRPC: health, metadata and inference."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from google.protobuf.message import DecodeError

from backend.core.errors import InvalidInput, NotFound, NotReady, Unsupported
from backend.core.inference import (
    TIMING_EXTENSION,
    InferRequest,
    InferResponse,
    Parameter,
    TensorMetadata,
)
from backend.core.timing import ServerTiming
from backend.models.servable import Servable
from backend.server.about import model_metadata, server_metadata
from backend.server.delivery import Delivery
from backend.server.grpc_edge import GrpcEdge, Note, Service
from backend.server.grpc_memory import memory_methods
from backend.server.grpc_models import model_methods
from backend.server.grpc_stream import Turn
from backend.server.hall import Hall
from backend.server.statuses import text_of
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.messages import parse
from backend.wire.oip_grpc import (
    SERVICE,
    decode_request,
    encode_response,
    encode_stream_response,
)
from backend.wire.oip_timing import timing_to_parameters

_FINAL = "triton_final_response"
_EMPTY_FINAL = "triton_enable_empty_final_response"
_RESERVED = "triton_"


def oip_service(hall: Hall, edge: GrpcEdge) -> Service:
    """GRPCInferenceService with every method of the protocol and of Triton's extensions."""
    methods = _Methods(hall)
    return Service(
        SERVICE,
        {
            "ServerLive": edge.unary("ServerLive", methods.server_live),
            "ServerReady": edge.unary("ServerReady", methods.server_ready),
            "ModelReady": edge.unary("ModelReady", methods.model_ready),
            "ServerMetadata": edge.unary("ServerMetadata", methods.server_metadata),
            "ModelMetadata": edge.unary("ModelMetadata", methods.model_metadata),
            "ModelInfer": edge.unary("ModelInfer", methods.infer),
            "ModelStreamInfer": edge.stream(
                "ModelStreamInfer", methods.begin_in_stream, _refuse_in_stream
            ),
            **{
                name: edge.unary(name, answer)
                for name, answer in (model_methods(hall) | memory_methods(hall)).items()
            },
        },
        edge,
    )


class _Methods:
    """Each method from its message's bytes to its reply's bytes."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._plane = hall.plane

    async def server_live(self, data: bytes, _note: Note) -> bytes:
        parse(pb.ServerLiveRequest, data)
        return pb.ServerLiveResponse(live=True).SerializeToString()

    async def server_ready(self, data: bytes, _note: Note) -> bytes:
        parse(pb.ServerReadyRequest, data)
        ready = self._hall.readiness.ready
        return pb.ServerReadyResponse(ready=ready).SerializeToString()

    async def model_ready(self, data: bytes, note: Note) -> bytes:
        """Like Triton, a model that does not exist is not an error: it is not ready."""
        request = parse(pb.ModelReadyRequest, data)
        note.model = request.name
        try:
            model = self._plane.repository.get(request.name, request.version)
        except (NotFound, NotReady):
            return pb.ModelReadyResponse(ready=False).SerializeToString()
        return pb.ModelReadyResponse(ready=not model.trouble).SerializeToString()

    async def server_metadata(self, data: bytes, _note: Note) -> bytes:
        parse(pb.ServerMetadataRequest, data)
        about = server_metadata(shared_memory=self._hall.memory is not None)
        return pb.ServerMetadataResponse(
            name=about.name, version=about.version, extensions=about.extensions
        ).SerializeToString()

    async def model_metadata(self, data: bytes, note: Note) -> bytes:
        request = parse(pb.ModelMetadataRequest, data)
        note.model = request.name
        model = self._plane.repository.get(request.name, request.version)
        about = model_metadata(model, self._plane.repository.versions(model.name))
        return pb.ModelMetadataResponse(
            name=about.name,
            versions=about.versions,
            platform=about.platform,
            inputs=[_tensor(tensor) for tensor in about.inputs],
            outputs=[_tensor(tensor) for tensor in about.outputs],
        ).SerializeToString()

    async def infer(self, data: bytes, note: Note) -> bytes:
        asked = self._read(data, note)
        if asked.model.decoupled:
            raise Unsupported(
                "ModelInfer RPC doesn't support models with decoupled transaction policy",
                hint=f"Ask '{asked.request.model}' with ModelStreamInfer.",
            )
        response, timing = await self._plane.infer(asked.request)
        return encode_response(asked.answer(response, timing, {}), raw=asked.raw)

    def begin_in_stream(self, data: bytes, note: Note) -> Turn:
        """The one answer of most models, or the answers of a decoupled one."""
        asked = self._read(data, note)
        if asked.model.decoupled:
            return self._many(asked, note)
        note.quick = asked.model.instant
        return self._one(asked)

    async def _one(self, asked: _Asked) -> bytes:
        response, timing = await self._plane.infer(asked.request)
        answer = asked.answer(response, timing, {_FINAL: True})
        return encode_stream_response(answer, raw=asked.raw)

    async def _many(self, asked: _Asked, note: Note) -> AsyncGenerator[bytes, None]:
        request = asked.request
        async with aclosing(self._plane.stream(request)) as answers:
            async for given in answers:
                if given.error is not None:
                    note.error = given.error
                    yield _refuse_in_stream(note, given.error)
                elif given.response is not None:
                    final: dict[str, Parameter] = {_FINAL: given.final}
                    answer = asked.answer(given.response, given.timing, final)
                    yield encode_stream_response(answer, raw=asked.raw)
                elif given.final and request.parameters.get(_EMPTY_FINAL) is True:
                    empty = InferResponse(
                        request.model, (), request.version, request.id, {_FINAL: True}
                    )
                    yield encode_stream_response(empty, raw=asked.raw)

    def _read(self, data: bytes, note: Note) -> _Asked:
        try:
            request, raw = decode_request(data, self._hall.memory, self._hall.reading)
        except InvalidInput:
            _note_unreadable(data, note)
            raise
        note.model, note.id = request.model, request.id
        _check_reserved(request)
        model = self._plane.repository.get(request.model, request.version)
        return _Asked(request, model, Delivery(request, model, self._hall.memory), raw=raw)


class _Asked:
    """A request that was read, and what its answers have to look like."""

    __slots__ = ("_delivery", "model", "raw", "request")

    def __init__(
        self, request: InferRequest, model: Servable, delivery: Delivery, *, raw: bool
    ) -> None:
        self.request = request
        self.model = model
        self.raw = raw
        self._delivery = delivery

    def answer(
        self,
        response: InferResponse,
        timing: ServerTiming | None,
        parameters: dict[str, Parameter],
    ) -> InferResponse:
        """The response as it is sent, with what the server says about it."""
        if timing is not None and self.request.parameters.get(TIMING_EXTENSION) is True:
            parameters |= timing_to_parameters(timing)
        response = self._delivery.deliver(response)
        if not parameters:
            return response
        return replace(response, parameters={**response.parameters, **parameters})


def _refuse_in_stream(note: Note, error: BaseException) -> bytes:
    return encode_stream_response(None, raw=True, error=text_of(error), request_id=note.id)


def _note_unreadable(data: bytes, note: Note) -> None:
    """Model and id of a request whose tensors are wrong, for the log and the reply's id."""
    try:
        message = pb.ModelInferRequest.FromString(data)
    except DecodeError:
        return
    note.model, note.id = message.model_name, message.id


def _check_reserved(request: InferRequest) -> None:
    for name in request.parameters:
        if name.startswith(_RESERVED) and name != _EMPTY_FINAL:
            raise InvalidInput(
                f"parameter keys starting with '{_RESERVED}' are reserved; only '{_EMPTY_FINAL}' "
                f"may be sent, got '{name}'"
            )


def _tensor(tensor: TensorMetadata) -> pb.ModelMetadataResponse.TensorMetadata:
    return pb.ModelMetadataResponse.TensorMetadata(
        name=tensor.name, datatype=tensor.datatype, shape=tensor.shape
    )
