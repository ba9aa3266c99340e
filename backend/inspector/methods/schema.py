"""Services and messages as some source describes them, each source in a pool of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from google.protobuf import (
    any_pb2,
    api_pb2,
    descriptor_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    source_context_pb2,
    struct_pb2,
    timestamp_pb2,
    type_pb2,
    wrappers_pb2,
)
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2

from backend.clients.dialects.schemas import schema_of
from backend.core.errors import InvalidInput
from backend.core.target import Dialect
from backend.inspector.methods.schema_limits import check_file_count, check_names
from backend.wire.generated import modelserving_pb2
from backend.wire.oip.grpc import SERVICE

_WELL_KNOWN: Mapping[str, FileDescriptorProto] = {
    module.DESCRIPTOR.name: FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
    for module in (
        any_pb2,
        api_pb2,
        descriptor_pb2,
        duration_pb2,
        empty_pb2,
        field_mask_pb2,
        source_context_pb2,
        struct_pb2,
        timestamp_pb2,
        type_pb2,
        wrappers_pb2,
    )
}


class Origin(StrEnum):
    """Where the description of a method comes from."""

    BUNDLED = "bundled schema"
    REFLECTION = "reflection"
    PROTO = ".proto file"
    PROTOSET = "protoset file"
    ROUTES = "known routes"
    OPENAPI = "openapi.json"


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """Services in order; `name` is the file they were read from, or ''."""

    origin: Origin
    services: tuple[ServiceDescriptor, ...]
    name: str = ""


def bundled_schema(dialect: Dialect = Dialect.AUTO) -> Schema:
    """What needs no asking: inference as this dialect has it, simple serving and health."""
    services = (
        schema_of(dialect).FindServiceByName(SERVICE),
        *modelserving_pb2.DESCRIPTOR.services_by_name.values(),
        *health_pb2.DESCRIPTOR.services_by_name.values(),
    )
    return Schema(Origin.BUNDLED, services)


def schema_from_files(
    files: Iterable[FileDescriptorProto],
    origin: Origin,
    *,
    name: str = "",
    services: Iterable[str] | None = None,
) -> Schema:
    """The services in these files, or those named; google's well-known files need not be there.

    Raises InvalidInput for files that do not fit together.
    """
    by_name = {file.name: file for file in files}
    check_file_count(len(by_name))
    check_names(by_name.values())
    pool = DescriptorPool()
    added: set[str] = set()
    for file in by_name.values():
        _add(pool, file, by_name, added)
    if services is None:
        services = [_full_name(f, s.name) for f in by_name.values() for s in f.service]
    return Schema(origin, tuple(_services(pool, services)), name)


def schema_from_protoset(data: bytes, name: str) -> Schema:
    """The services of a protoset: a FileDescriptorSet, as `protoc -o` writes it."""
    try:
        files = FileDescriptorSet.FromString(data).file
    except DecodeError:
        raise InvalidInput(
            f"{name} is not a protoset.",
            hint="Make one with: protoc --include_imports --descriptor_set_out=FILE your.proto",
        ) from None
    return schema_from_files(files, Origin.PROTOSET, name=name)


def needed_and_missing(files: Mapping[str, FileDescriptorProto]) -> set[str]:
    """Names of files that these import and that neither they nor google's own provide."""
    needed = {name for file in files.values() for name in file.dependency}
    return needed - files.keys() - _WELL_KNOWN.keys()


def _services(pool: DescriptorPool, names: Iterable[str]) -> Iterable[ServiceDescriptor]:
    for name in names:
        try:
            yield pool.FindServiceByName(name)
        except KeyError:
            continue  # a server may list a service that it does not describe


def _add(
    pool: DescriptorPool,
    file: FileDescriptorProto,
    files: Mapping[str, FileDescriptorProto],
    added: set[str],
) -> None:
    """Add a file after those it imports, without recursion: imports may be nested deeply."""
    waiting = [file]
    under_way: set[str] = set()
    while waiting:
        current = waiting[-1]
        if current.name in added:
            waiting.pop()
            continue
        missing = [name for name in current.dependency if name not in added]
        if not missing or current.name in under_way:
            waiting.pop()
            _add_one(pool, current)
            added.add(current.name)
            continue
        under_way.add(current.name)
        waiting += [_file(name, files, current.name) for name in missing]


def _file(
    name: str, files: Mapping[str, FileDescriptorProto], wanted_by: str
) -> FileDescriptorProto:
    found = files.get(name) or _WELL_KNOWN.get(name)
    if found is None:
        raise InvalidInput(
            f"{wanted_by} imports {name}, which is not there.",
            hint="Make the protoset with --include_imports, or give the folder it is in.",
        )
    return found


def _add_one(pool: DescriptorPool, file: FileDescriptorProto) -> None:
    _check_maps(file)
    try:
        pool.Add(file)
        pool.FindFileByName(file.name)
    except (TypeError, KeyError) as error:
        raise InvalidInput(f"{file.name} cannot be used: {error}.") from None


def _check_maps(file: FileDescriptorProto) -> None:
    """Raise InvalidInput for a map that has no key or no value: the library would take it."""
    waiting = list(file.message_type)
    while waiting:
        message = waiting.pop()
        waiting += message.nested_type
        parts = {field.name for field in message.field}
        if message.options.map_entry and parts != {"key", "value"}:
            raise InvalidInput(f"{file.name} cannot be used: the map {message.name} is none.")


def _full_name(file: FileDescriptorProto, service: str) -> str:
    return f"{file.package}.{service}" if file.package else service
