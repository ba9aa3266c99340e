"""The services that a server describes itself, over either version of server reflection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import DecodeError
from grpc_reflection.v1alpha.reflection_pb2 import (
    ServerReflectionRequest,
    ServerReflectionResponse,
)

from backend.core.errors import InvalidInput, ReplyMismatch, Unsupported
from backend.inspector.calls import Caller, Headers, MethodKind, Request
from backend.inspector.methods.schema import Origin, Schema, needed_and_missing, schema_from_files
from backend.inspector.methods.schema_limits import check_file_count

# The messages of both versions are the same; only the service is called differently.
_PATHS = tuple(
    f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
    for version in ("v1", "v1alpha")
)
_MAX_SERVICES = 500
_MAX_ROUNDS = 50
_ABSENT = ("Unsupported", "NotFound")


def read_reflection(caller: Caller, *, deadline_s: float, headers: Headers = ()) -> Schema:
    """What the server says it offers.

    Raises Unsupported if it has no reflection, ReplyMismatch for nonsense, and whatever a call to
    it may fail with as InvalidInput.
    """
    for path in _PATHS:
        reader = _Reader(caller, path, deadline_s, headers)
        listed = reader.services()
        if listed is not None:
            return reader.described(listed[:_MAX_SERVICES])
    raise Unsupported("The server has no reflection.")


class _Reader:
    """Asks questions of one version of the service; an answer each, in order."""

    def __init__(self, caller: Caller, path: str, deadline_s: float, headers: Headers) -> None:
        self._caller = caller
        self._path = path
        self._deadline_s = deadline_s
        self._headers = headers

    def services(self) -> list[str] | None:
        """Names of the services, or None if the server does not know this version."""
        answers = self._ask([ServerReflectionRequest(list_services="*")])
        if answers is None:
            return None
        return [service.name for a in answers for service in a.list_services_response.service]

    def described(self, services: Sequence[str]) -> Schema:
        """The files of these services and all that they import, a round for each depth."""
        files: dict[str, FileDescriptorProto] = {}
        questions = [ServerReflectionRequest(file_containing_symbol=name) for name in services]
        for _ in range(_MAX_ROUNDS):
            known = len(files)
            for file in _files(self._ask(questions) or ()):
                files.setdefault(file.name, file)
            missing = sorted(needed_and_missing(files))
            if not missing or len(files) == known:
                break
            check_file_count(len(files) + len(missing))
            questions = [ServerReflectionRequest(file_by_filename=name) for name in missing]
        return schema_from_files(files.values(), Origin.REFLECTION, services=services)

    def _ask(
        self, questions: Iterable[ServerReflectionRequest]
    ) -> list[ServerReflectionResponse] | None:
        exchange = self._caller.call(
            Request(
                self._caller.target.name,
                MethodKind.BIDI_STREAM,
                self._path,
                tuple(question.SerializeToString() for question in questions),
                headers=self._headers,
                deadline_s=self._deadline_s,
            )
        )
        if exchange.fault is not None:
            if exchange.fault.kind in _ABSENT:
                return None
            raise InvalidInput(exchange.fault.message, exchange.fault.hint)
        try:
            return [ServerReflectionResponse.FromString(r.body) for r in exchange.replies]
        except DecodeError:
            raise ReplyMismatch("The server's reflection answers with something else.") from None


def _files(answers: Iterable[ServerReflectionResponse]) -> Iterable[FileDescriptorProto]:
    for answer in answers:
        for data in answer.file_descriptor_response.file_descriptor_proto:
            try:
                yield FileDescriptorProto.FromString(data)
            except DecodeError:
                raise ReplyMismatch("The server's reflection describes files wrongly.") from None
