"""The Open Inference Protocol over gRPC: health, metadata and inference."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeVar

from backend.core.errors import InvalidInput, NotFound, NotReady, Unsupported
from backend.core.inference import (
    NO_PARAMETERS,
    TIMING_EXTENSION,
    InferRequest,
    InferResponse,
    Parameters,
    TensorMetadata,
)
from backend.core.timing import ServerTiming
from backend.models.servable import ModelDeclaration
from backend.server.grpc.edge import CallNote, GrpcEdge
from backend.server.grpc.memory import memory_methods
from backend.server.grpc.models import model_methods
from backend.server.grpc.service import Service
from backend.server.grpc.settings import settings_methods
from backend.server.grpc.stream import Later, Replies
from backend.server.memory import SharedMemory
from backend.server.plane import OutputDelivery, ServerContext, server_metadata
from backend.server.scheduling import QUICK_BYTES, SerialExecutor
from backend.server.statuses import text_of
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.oip.grpc import (
    SERVICE,
    bytes_to_read,
    bytes_to_write,
    decode_request,
    encode_response,
    encode_stream_response,
    model_and_id,
    wants_raw,
)
from backend.wire.oip.stream_repeats import ReplyWriter, RequestReader
from backend.wire.oip.timing import ReplyTiming
from backend.wire.protobuf.fields import parse
from backend.wire.reading_limits import ReadingLimits

_FINAL = "triton_final_response"
_EMPTY_FINAL = "triton_enable_empty_final_response"
_RESERVED = "triton_"
_LAST: Parameters = {_FINAL: True}
_NOT_LAST: Parameters = {_FINAL: False}

_Read = TypeVar("_Read", InferRequest, InferRequest | None)
"""What reads a message gives, unless it raises InvalidInput."""


def oip_service(server_context: ServerContext, edge: GrpcEdge, side: SerialExecutor) -> Service:
    """GRPCInferenceService with every method of the protocol and of Triton's extensions.

    Large messages that have to be read or written element by element are converted on `side`.
    """
    methods = _Methods(server_context, side)
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
                "ModelStreamInfer",
                lambda: _Conversation(server_context, side).begin,
                _refuse_in_stream,
            ),
            **{
                name: edge.unary(name, answer)
                for part in (model_methods, memory_methods, settings_methods)
                for name, answer in part(server_context).items()
            },
        },
        edge,
    )


class _Methods:
    """Each method from its message's bytes to its reply's bytes."""

    def __init__(self, server_context: ServerContext, side: SerialExecutor) -> None:
        self._server_context = server_context
        self._plane = server_context.plane
        self._side = side
        self._reader = RequestReader(*_reading(server_context))
        self._writer = ReplyWriter(in_stream=False)

    async def server_live(self, data: bytes, _note: CallNote) -> bytes:
        parse(pb.ServerLiveRequest, data)
        return pb.ServerLiveResponse(live=True).SerializeToString()

    async def server_ready(self, data: bytes, _note: CallNote) -> bytes:
        parse(pb.ServerReadyRequest, data)
        ready = self._server_context.readiness.ready
        return pb.ServerReadyResponse(ready=ready).SerializeToString()

    async def model_ready(self, data: bytes, note: CallNote) -> bytes:
        """Like Triton, a model that does not exist is not an error: it is not ready."""
        request = parse(pb.ModelReadyRequest, data)
        note.model = request.name
        try:
            self._plane.check_ready(request.name, request.version)
        except (NotFound, NotReady):
            return pb.ModelReadyResponse(ready=False).SerializeToString()
        return pb.ModelReadyResponse(ready=True).SerializeToString()

    async def server_metadata(self, data: bytes, _note: CallNote) -> bytes:
        parse(pb.ServerMetadataRequest, data)
        about = server_metadata(
            self._plane.extensions, shared_memory=self._server_context.memory is not None
        )
        return pb.ServerMetadataResponse(
            name=about.name, version=about.version, extensions=about.extensions
        ).SerializeToString()

    async def model_metadata(self, data: bytes, note: CallNote) -> bytes:
        request = parse(pb.ModelMetadataRequest, data)
        note.model = request.name
        about = self._plane.metadata(request.name, request.version)
        return pb.ModelMetadataResponse(
            name=about.name,
            versions=about.versions,
            platform=about.platform,
            inputs=[_tensor(tensor) for tensor in about.inputs],
            outputs=[_tensor(tensor) for tensor in about.outputs],
        ).SerializeToString()

    async def infer(self, data: bytes, note: CallNote) -> bytes:
        request = await self._read(data, note)
        read_request = _ReadRequest(request, self._server_context, note.started_ns)
        answered = self._plane.infer_at_once(request)
        if answered is None and read_request.model().decoupled:
            raise Unsupported(
                "ModelInfer RPC doesn't support models with decoupled transaction policy",
                hint=f"Ask '{request.model}' with ModelStreamInfer.",
            )
        response, timing = answered or await self._plane.infer(request)
        answer, raw = read_request.answer(response, timing, NO_PARAMETERS), read_request.raw
        timed = read_request.timed
        if bytes_to_write(answer, raw=raw) < QUICK_BYTES:
            return self._writer.write(answer, raw=raw, timed=timed)
        return await self._side.run(lambda: encode_response(answer, raw=raw, timed=timed))

    async def _read(self, data: bytes, note: CallNote) -> InferRequest:
        request = _noted(data, note, self._reader.read_alike)
        if request is not None:
            return request
        # The reader remembers, so it belongs to one thread.
        if _size_to_read(data) < QUICK_BYTES:
            return _noted(data, note, self._reader.read)
        return await self._side.run(lambda: _noted(data, note, self._read_alone))

    def _read_alone(self, data: bytes) -> InferRequest:
        return decode_request(data, *_reading(self._server_context))


class _Conversation:
    """One stream: what its messages and replies have in common is dealt with once."""

    def __init__(self, server_context: ServerContext, side: SerialExecutor) -> None:
        self._server_context = server_context
        self._plane = server_context.plane
        self._side = side
        self._reader = RequestReader(*_reading(server_context))
        self._writer = ReplyWriter()

    def begin(self, data: bytes, note: CallNote) -> Replies | Later:
        """The answer of an instant model, the one answer of most, or those of a decoupled one."""
        request = _noted(data, note, self._reader.read_alike)
        if request is None:
            if _size_to_read(data) >= QUICK_BYTES:
                return Later(self._begin_later(data, note))
            request = _noted(data, note, self._reader.read)
        read_request = _ReadRequest(request, self._server_context, note.started_ns)
        answered = self._plane.infer_at_once(request)
        if answered is None:
            return self._replies(read_request, note)
        answer = read_request.answer(*answered, _LAST)
        return self._writer.write(answer, raw=read_request.raw, timed=read_request.timed)

    async def _begin_later(self, data: bytes, note: CallNote) -> Replies:
        request = await self._side.run(lambda: _noted(data, note, self._reader.read))
        return self._replies(_ReadRequest(request, self._server_context, note.started_ns), note)

    def _replies(self, read_request: _ReadRequest, note: CallNote) -> Replies:
        decoupled = read_request.model().decoupled
        return self._many(read_request, note) if decoupled else self._one(read_request)

    async def _one(self, read_request: _ReadRequest) -> bytes:
        response, timing = await self._plane.infer(read_request.request)
        return await self._write(read_request, read_request.answer(response, timing, _LAST))

    async def _write(self, read_request: _ReadRequest, answer: InferResponse) -> bytes:
        raw, timed = read_request.raw, read_request.timed
        if bytes_to_write(answer, raw=raw) < QUICK_BYTES:
            return self._writer.write(answer, raw=raw, timed=timed)
        # The writer remembers, so it belongs to one thread.
        return await self._side.run(lambda: encode_stream_response(answer, raw=raw, timed=timed))

    async def _many(
        self, read_request: _ReadRequest, note: CallNote
    ) -> AsyncGenerator[bytes, None]:
        request = read_request.request
        async with aclosing(self._plane.stream(request)) as answers:
            async for given in answers:
                if given.error is not None and note.end_stream:
                    raise given.error
                if given.error is not None:
                    note.error = given.error
                    yield _refuse_in_stream(note, given.error)
                elif given.response is not None:
                    final = _LAST if given.final else _NOT_LAST
                    answer = read_request.answer(given.response, given.timing, final)
                    yield await self._write(read_request, answer)
                elif given.final and request.parameters.get(_EMPTY_FINAL) is True:
                    empty = InferResponse(request.model, (), request.version, request.id, _LAST)
                    yield encode_stream_response(empty, raw=read_request.raw)


class _ReadRequest:
    """A request that was read, for whom it is, and what its answers have to look like.

    `timed` is what the newest answer says of durations, None for a client that wants none.
    """

    __slots__ = ("_decode_us", "_delivery", "_plane", "_timed", "raw", "request", "timed")

    def __init__(self, request: InferRequest, server_context: ServerContext, began_ns: int) -> None:
        self._timed = request.parameters.get(TIMING_EXTENSION) is True
        self._decode_us = (time.monotonic_ns() - began_ns) / 1e3 if self._timed else 0.0
        self.timed: ReplyTiming | None = None
        if request.parameters:
            _check_reserved(request)
        self.request = request
        self.raw = wants_raw(request)
        self._plane = server_context.plane
        self._delivery: OutputDelivery | None = None
        if OutputDelivery.is_asked(request):
            self._delivery = OutputDelivery(request, self.model(), server_context.memory)

    def model(self) -> ModelDeclaration:
        """What its model declares; raises what `DataPlane.model` raises."""
        return self._plane.model(self.request.model, self.request.version)

    def answer(
        self, response: InferResponse, timing: ServerTiming | None, more: Parameters
    ) -> InferResponse:
        """The response as it is sent, with what the server says about it."""
        self.timed = None
        if timing is not None and self._timed:
            self.timed = ReplyTiming(timing.at_edge(self._decode_us), time.monotonic_ns())
        if self._delivery is not None:
            response = self._delivery.deliver(response)
        if not more:
            return response
        if response.parameters:
            more = {**response.parameters, **more}
        return InferResponse(
            response.model,
            response.outputs,
            response.version,
            response.id,
            more,
            response.elsewhere,
        )


def _noted(data: bytes, note: CallNote, read: Callable[[bytes], _Read]) -> _Read:
    """What was read, and what the log and a reply want to know of it, even of a wrong one."""
    try:
        request = read(data)
    except InvalidInput:
        note.model, note.id = model_and_id(data)
        raise
    if request is not None:
        note.model, note.id = request.model, request.id
    return request


def _size_to_read(data: bytes) -> int:
    """How many bytes of a request take time to read; small ones are not looked at."""
    return len(data) if len(data) < QUICK_BYTES else bytes_to_read(data)


def _reading(server_context: ServerContext) -> tuple[SharedMemory | None, ReadingLimits]:
    return server_context.memory, server_context.reading


def _refuse_in_stream(note: CallNote, error: BaseException) -> bytes:
    return encode_stream_response(None, raw=True, error=text_of(error), request_id=note.id)


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
