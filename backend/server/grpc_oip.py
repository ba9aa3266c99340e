"""The Open Inference Protocol over gRPC."""

from __future__ import annotations

from dataclasses import replace

from google.protobuf.message import DecodeError

from backend.core.errors import InvalidInput, NotFound
from backend.core.inference import (
    TIMING_EXTENSION,
    InferRequest,
    InferResponse,
    Parameter,
    TensorMetadata,
)
from backend.server.about import model_metadata, server_metadata
from backend.server.grpc_edge import GrpcEdge, Note, Service
from backend.server.plane import DataPlane
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


def oip_service(plane: DataPlane, edge: GrpcEdge) -> Service:
    """GRPCInferenceService with the methods of the protocol's core and ModelStreamInfer."""
    methods = _Methods(plane)
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
                "ModelStreamInfer", methods.stream_infer, _refuse_in_stream
            ),
        },
        edge,
    )


class _Methods:
    """Each method from its message's bytes to its reply's bytes."""

    def __init__(self, plane: DataPlane) -> None:
        self._plane = plane

    async def server_live(self, data: bytes, _note: Note) -> bytes:
        parse(pb.ServerLiveRequest, data)
        return pb.ServerLiveResponse(live=True).SerializeToString()

    async def server_ready(self, data: bytes, _note: Note) -> bytes:
        parse(pb.ServerReadyRequest, data)
        return pb.ServerReadyResponse(ready=True).SerializeToString()

    async def model_ready(self, data: bytes, note: Note) -> bytes:
        """Like Triton, a model that does not exist is not an error: it is not ready."""
        request = parse(pb.ModelReadyRequest, data)
        note.model = request.name
        try:
            self._plane.registry.get(request.name, request.version)
        except NotFound:
            return pb.ModelReadyResponse(ready=False).SerializeToString()
        return pb.ModelReadyResponse(ready=True).SerializeToString()

    async def server_metadata(self, data: bytes, _note: Note) -> bytes:
        parse(pb.ServerMetadataRequest, data)
        about = server_metadata()
        return pb.ServerMetadataResponse(
            name=about.name, version=about.version, extensions=about.extensions
        ).SerializeToString()

    async def model_metadata(self, data: bytes, note: Note) -> bytes:
        request = parse(pb.ModelMetadataRequest, data)
        note.model = request.name
        about = model_metadata(self._plane.registry.get(request.name, request.version))
        return pb.ModelMetadataResponse(
            name=about.name,
            versions=about.versions,
            platform=about.platform,
            inputs=[_tensor(tensor) for tensor in about.inputs],
            outputs=[_tensor(tensor) for tensor in about.outputs],
        ).SerializeToString()

    async def infer(self, data: bytes, note: Note) -> bytes:
        response, raw = await self._infer(data, note, {})
        return encode_response(response, raw=raw)

    async def stream_infer(self, data: bytes, note: Note) -> bytes:
        response, raw = await self._infer(data, note, {_FINAL: True})
        return encode_stream_response(response, raw=raw)

    async def _infer(
        self, data: bytes, note: Note, parameters: dict[str, Parameter]
    ) -> tuple[InferResponse, bool]:
        try:
            request, raw = decode_request(data)
        except InvalidInput:
            _note_unreadable(data, note)
            raise
        note.model, note.id = request.model, request.id
        _check_reserved(request)
        response, timing = await self._plane.infer(request)
        if request.parameters.get(TIMING_EXTENSION) is True:
            parameters |= timing_to_parameters(timing)
        return _with_parameters(response, parameters), raw


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


def _with_parameters(response: InferResponse, parameters: dict[str, Parameter]) -> InferResponse:
    return replace(response, parameters=parameters) if parameters else response


def _tensor(tensor: TensorMetadata) -> pb.ModelMetadataResponse.TensorMetadata:
    return pb.ModelMetadataResponse.TensorMetadata(
        name=tensor.name, datatype=tensor.datatype, shape=tensor.shape
    )
