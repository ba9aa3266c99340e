"""Simple serving over gRPC."""

from __future__ import annotations

from google.protobuf.message import DecodeError

from backend.core.errors import InvalidInput, ModelFailed, RequestError
from backend.server.grpc_edge import GrpcEdge, Note, Service
from backend.server.plane import DataPlane, model_rows
from backend.server.statuses import text_of
from backend.wire.generated import modelserving_pb2 as pb
from backend.wire.messages import parse
from backend.wire.serving_grpc import SERVICE, ServingResult, decode_input, encode_result


def serving_service(plane: DataPlane, edge: GrpcEdge) -> Service:
    """ModelServing with Predict, StreamPredict and ListModels."""
    methods = _Methods(plane)
    return Service(
        SERVICE,
        {
            "Predict": edge.unary("Predict", methods.predict),
            # A coroutine raises once it runs: what is wrong with a message waits for its turn.
            "StreamPredict": edge.stream(
                "StreamPredict", lambda: methods.predict, _refuse_in_stream
            ),
            "ListModels": edge.unary("ListModels", methods.list_models),
        },
        edge,
    )


class _Methods:
    """Each method from its message's bytes to its reply's bytes."""

    def __init__(self, plane: DataPlane) -> None:
        self._plane = plane

    async def predict(self, data: bytes, note: Note) -> bytes:
        try:
            asked = decode_input(data)
        except InvalidInput:
            _note_unreadable(data, note)
            raise
        note.id, note.model = asked.id, asked.model
        name = note.model = self._plane.model(asked.model).name
        predictions, timing = await self._plane.predict(name, asked.item)
        return encode_result(ServingResult(predictions, asked.id, name, timing), raw=asked.raw)

    async def list_models(self, data: bytes, _note: Note) -> bytes:
        parse(pb.ListModelsRequest, data)
        return pb.ListModelsResponse(
            models=[
                pb.ListModelsResponse.Model(
                    name=row.name,
                    kind=row.kind,
                    description=row.description,
                    labels=row.labels,
                )
                for row in model_rows(self._plane.registry)
            ]
        ).SerializeToString()


def _refuse_in_stream(note: Note, error: BaseException) -> bytes:
    told = error if isinstance(error, RequestError) else ModelFailed(text_of(error))
    return encode_result(ServingResult((), note.id, note.model, error=told))


def _note_unreadable(data: bytes, note: Note) -> None:
    """Id and model of a message whose item is wrong, for the log and the result's id."""
    try:
        message = pb.InputData.FromString(data)
    except DecodeError:
        return
    note.id, note.model = message.id, message.model
