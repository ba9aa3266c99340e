"""Simple serving over gRPC."""

from __future__ import annotations

import time

from backend.core.errors import InvalidInput, ModelFailed, RequestError
from backend.server.grpc.edge import CallNote, GrpcEdge
from backend.server.grpc.service import Service
from backend.server.plane import DataPlane, model_rows
from backend.server.scheduling import SerialExecutor
from backend.server.statuses import text_of
from backend.wire.generated import modelserving_pb2 as pb
from backend.wire.protobuf.fields import parse
from backend.wire.serving.grpc import (
    SERVICE,
    ServingResult,
    bytes_to_read,
    bytes_to_write,
    decode_input,
    encode_result,
    id_and_model,
)


def serving_service(plane: DataPlane, edge: GrpcEdge, side: SerialExecutor) -> Service:
    """ModelServing with Predict, StreamPredict and ListModels.

    Large messages of numbers and tensors are converted on `side`.
    """
    methods = _Methods(plane, side)
    return Service(
        SERVICE,
        {
            "Predict": edge.unary("Predict", methods.predict),
            # A coroutine raises once it runs: a wrong message is answered in its place.
            "StreamPredict": edge.stream(
                "StreamPredict", lambda: methods.predict, _refuse_in_stream
            ),
            "ListModels": edge.unary("ListModels", methods.list_models),
        },
        edge,
    )


class _Methods:
    """Each method from its message's bytes to its reply's bytes."""

    def __init__(self, plane: DataPlane, side: SerialExecutor) -> None:
        self._plane = plane
        self._side = side

    async def predict(self, data: bytes, note: CallNote) -> bytes:
        try:
            request = await self._side.convert(bytes_to_read(data), lambda: decode_input(data))
        except InvalidInput:
            note.id, note.model = id_and_model(data)
            raise
        note.id, note.model = request.id, request.model
        decode_us = (time.monotonic_ns() - note.started_ns) / 1e3
        name = note.model = self._plane.model(request.model or self._plane.default).name
        predictions, timing = await self._plane.predict(name, request.item)
        answered_ns = time.monotonic_ns()
        result = ServingResult(predictions, request.id, name, timing.at_edge(decode_us))
        size = bytes_to_write(predictions, raw=request.raw)
        return await self._side.convert(
            size, lambda: encode_result(result, raw=request.raw, timed_from_ns=answered_ns)
        )

    async def list_models(self, data: bytes, _note: CallNote) -> bytes:
        parse(pb.ListModelsRequest, data)
        return pb.ListModelsResponse(
            models=[
                pb.ListModelsResponse.Model(
                    name=row.name,
                    kind=row.kind,
                    description=row.description,
                    labels=row.labels,
                )
                for row in model_rows(self._plane.names(), self._plane.model)
            ]
        ).SerializeToString()


def _refuse_in_stream(note: CallNote, error: BaseException) -> bytes:
    cause = error if isinstance(error, RequestError) else ModelFailed(text_of(error))
    return encode_result(ServingResult((), note.id, note.model, error=cause))
