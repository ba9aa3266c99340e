"""Server reflection: which services there are and how their messages look, for grpcurl and others.

The versions v1 and v1alpha of the protocol are the same but for their name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha._async import ReflectionServicer

from backend.server.grpc.edge import CallNote, GrpcEdge
from backend.server.grpc.service import Service
from backend.server.grpc.stream import Replies
from backend.server.statuses import status_of, text_of
from backend.wire.generated import modelserving_pb2, open_inference_pb2
from backend.wire.protobuf.fields import parse

_OLD, _NEW = "grpc.reflection.v1alpha", "grpc.reflection.v1"
_FILES = (modelserving_pb2, open_inference_pb2, health_pb2, reflection_pb2)


def reflection_services(names: Sequence[str], edge: GrpcEdge) -> tuple[Service, Service]:
    """Both versions, for services of these names and for themselves."""
    own = tuple(f"{package}.ServerReflection" for package in (_NEW, _OLD))
    servicer = ReflectionServicer((*names, *own), pool=_pool())

    async def answer(data: bytes) -> bytes:
        request = parse(reflection_pb2.ServerReflectionRequest, data)
        replies = servicer.ServerReflectionInfo(_only(request), None)
        return bytes((await anext(replies)).SerializeToString())

    def begin(data: bytes, _note: CallNote) -> Replies:
        return answer(data)

    make = partial(edge.stream, "ServerReflectionInfo", lambda: begin, _refuse)
    first, second = (Service(name, {"ServerReflectionInfo": make()}, edge) for name in own)
    return first, second


async def _only(
    request: reflection_pb2.ServerReflectionRequest,
) -> AsyncIterator[reflection_pb2.ServerReflectionRequest]:
    yield request


def _refuse(_note: CallNote, error: BaseException) -> bytes:
    reply = reflection_pb2.ServerReflectionResponse()
    reply.error_response.error_code = status_of(error).grpc.value[0]
    reply.error_response.error_message = text_of(error)
    return bytes(reply.SerializeToString())


def _pool() -> DescriptorPool:
    """Our files, those of the libraries, and the one that no library has: reflection v1."""
    pool = DescriptorPool()
    known: set[str] = set()
    for module in _FILES:
        _add(pool, module.DESCRIPTOR, known)
    newer = FileDescriptorProto.FromString(reflection_pb2.DESCRIPTOR.serialized_pb)
    newer.name = newer.name.replace("v1alpha", "v1")
    newer.package = _NEW
    for message in newer.message_type:
        for field in message.field:
            if field.type_name:
                field.type_name = _renamed(field.type_name)
    for service in newer.service:
        for method in service.method:
            method.input_type = _renamed(method.input_type)
            method.output_type = _renamed(method.output_type)
    pool.Add(newer)
    return pool


def _add(pool: DescriptorPool, file: FileDescriptor, known: set[str]) -> None:
    """Add a file after those that it needs."""
    if file.name in known:
        return
    known.add(file.name)
    for needed in file.dependencies:
        _add(pool, needed, known)
    pool.AddSerializedFile(file.serialized_pb)


def _renamed(name: str) -> str:
    return name.replace(f".{_OLD}.", f".{_NEW}.")
