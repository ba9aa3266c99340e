"""What a server tells of itself and its models over gRPC, and the models' loading."""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf.message import Message

from backend.clients.connections.grpc import GrpcConnection
from backend.clients.control.listings import ModelListing
from backend.clients.dialects.rules import DialectRules, LoadMessages
from backend.clients.dialects.schemas import message_class
from backend.clients.faults.words import of_restriction
from backend.core.choices import Compression
from backend.core.errors import ConsoleError, NotFound, RequestError
from backend.core.inference import ModelMetadata, ServerMetadata, TensorMetadata
from backend.wire.elements import reading_reply
from backend.wire.generated.open_inference_pb2 import (
    ModelConfigRequest,
    ModelConfigResponse,
    ModelMetadataRequest,
    ModelMetadataResponse,
    ModelReadyRequest,
    ModelReadyResponse,
    ModelStatisticsRequest,
    ModelStatisticsResponse,
    RepositoryIndexRequest,
    RepositoryIndexResponse,
    RepositoryModelLoadRequest,
    RepositoryModelUnloadRequest,
    ServerMetadataRequest,
    ServerMetadataResponse,
)
from backend.wire.json.messages import message_to_json
from backend.wire.oip.grpc import SERVICE
from backend.wire.protobuf.fields import parse

_M = TypeVar("_M", bound=Message)
_UNKNOWN_MODEL = "ModelNotFound"
"""What MLServer says, with status UNKNOWN, where others say NOT_FOUND."""


class GrpcControl:
    """The calls over one gRPC connection, which it does not own."""

    def __init__(self, connection: GrpcConnection, deadline_s: float) -> None:
        self._connection = connection
        self._deadline_s = deadline_s

    def server_metadata(self) -> ServerMetadata:
        """ServerMetadata."""
        reply = self._ask("ServerMetadata", ServerMetadataRequest(), ServerMetadataResponse)
        return ServerMetadata(reply.name, reply.version, tuple(reply.extensions))

    def ready(self, rules: DialectRules, name: str, version: str) -> bool:  # noqa: ARG002 - as REST
        """Whether the model takes requests; False for one that is not known."""
        request = ModelReadyRequest(name=name, version=version)
        try:
            return self._ask("ModelReady", request, ModelReadyResponse).ready
        except NotFound:
            return False
        except RequestError as error:
            if _UNKNOWN_MODEL in error.message:
                return False
            raise

    def models(self, rules: DialectRules) -> tuple[ModelListing, ...]:
        """RepositoryIndex."""
        reply = self._ask("RepositoryIndex", RepositoryIndexRequest(), RepositoryIndexResponse)
        return tuple(
            ModelListing(model.name, model.version, rules.state(model.state), model.reason)
            for model in reply.models
        )

    def model_metadata(self, name: str, version: str) -> ModelMetadata:
        """ModelMetadata."""
        request = ModelMetadataRequest(name=name, version=version)
        reply = self._ask("ModelMetadata", request, ModelMetadataResponse)
        return ModelMetadata(
            reply.name,
            tuple(reply.versions),
            reply.platform,
            tuple(_tensor(tensor) for tensor in reply.inputs),
            tuple(_tensor(tensor) for tensor in reply.outputs),
        )

    def model_config(self, name: str, version: str) -> dict[str, Any]:
        """ModelConfig, in the words of its REST form."""
        request = ModelConfigRequest(name=name, version=version)
        return message_to_json(self._ask("ModelConfig", request, ModelConfigResponse).config)

    def statistics(self, name: str, version: str) -> list[dict[str, Any]]:
        """ModelStatistics, in the words of its REST form."""
        request = ModelStatisticsRequest(name=name, version=version)
        reply = self._ask("ModelStatistics", request, ModelStatisticsResponse)
        return [message_to_json(model) for model in reply.model_stats]

    def load(self, rules: DialectRules, name: str, config: str) -> None:
        """RepositoryModelLoad, with the fields numbered as the dialect does."""
        request: Message
        if rules.load_messages is LoadMessages.KSERVE:
            request = _by_name(rules, "RepositoryModelLoadRequest", name)
        else:
            request = RepositoryModelLoadRequest(model_name=name)
            if config:
                request.parameters["config"].string_param = config
        self._call("RepositoryModelLoad", request)

    def unload(self, rules: DialectRules, name: str) -> None:
        """RepositoryModelUnload, with the fields numbered as the dialect does."""
        request: Message
        if rules.load_messages is LoadMessages.KSERVE:
            request = _by_name(rules, "RepositoryModelUnloadRequest", name)
        else:
            request = RepositoryModelUnloadRequest(model_name=name)
        self._call("RepositoryModelUnload", request)

    def _ask(self, method: str, request: Message, kind: type[_M]) -> _M:
        data = self._call(method, request)
        with reading_reply():
            return parse(kind, data)

    def _call(self, method: str, request: Message) -> bytes:
        try:
            return self._connection.unary(
                f"/{SERVICE}/{method}",
                request.SerializeToString(),
                deadline_s=self._deadline_s,
                compression=Compression.NONE,
            )
        except ConsoleError as error:
            raise of_restriction(error) from error


def _by_name(rules: DialectRules, message: str, model: str) -> Message:
    return message_class(rules.dialect, message)(model_name=model)


def _tensor(tensor: ModelMetadataResponse.TensorMetadata) -> TensorMetadata:
    return TensorMetadata(tensor.name, tensor.datatype, tuple(tensor.shape))
