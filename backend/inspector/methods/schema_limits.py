"""What a schema may cost: a pool keeps every name in full, with all that it lies in before it."""

from __future__ import annotations

from collections.abc import Iterable

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
)

from backend.core.errors import InvalidInput

MAX_FILES = 2000
"""Most files that a schema may consist of."""
_MAX_NAMES = 64 << 20
"""Most characters of all names in full; the largest public collection of schemas has a tenth."""


def check_file_count(count: int) -> None:
    """Raise InvalidInput for a schema of too many files."""
    if count > MAX_FILES:
        raise InvalidInput(f"The schema has {count:,} files; at most {MAX_FILES:,} are read.")


def check_names(files: Iterable[FileDescriptorProto]) -> None:
    """Raise InvalidInput for names that would take too much memory in full."""
    left = _MAX_NAMES
    for file in files:
        package = len(file.package)
        left -= sum(_of_enum(enum, package) for enum in file.enum_type)
        left -= sum(package + len(extension.name) for extension in file.extension)
        for service in file.service:
            own = package + len(service.name)
            left -= own + sum(own + len(method.name) for method in service.method)
        waiting = [(message, package) for message in file.message_type]
        while waiting:
            message, above = waiting.pop()
            own = above + len(message.name)
            left -= own + _of_message(message, own)
            waiting += [(inner, own) for inner in message.nested_type]
        if left < 0:
            raise InvalidInput(
                f"The names of the schema take over {_MAX_NAMES >> 20} MiB in full, which is more "
                "than is read.",
                hint="Shorten the names of its packages and messages.",
            )


def _of_message(message: DescriptorProto, own: int) -> int:
    size = sum(own + len(field.name) for field in (*message.field, *message.extension))
    size += sum(own + len(choice.name) for choice in message.oneof_decl)
    return size + sum(_of_enum(enum, own) for enum in message.enum_type)


def _of_enum(enum: EnumDescriptorProto, above: int) -> int:
    # A value's name lies beside its enum, not within it.
    return above + len(enum.name) + sum(above + len(value.name) for value in enum.value)
