"""The schema of each dialect, in a descriptor pool of its own.

All are made from the bundled schema, which is Triton's: what a dialect lacks is left out, what it
numbers otherwise is replaced. Messages of different pools never meet.
"""

from __future__ import annotations

from functools import cache

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from backend.clients.dialects.known import dialect_for
from backend.clients.dialects.rules import LoadMessages, StreamReplies
from backend.core.target import Dialect
from backend.wire.generated.open_inference_pb2 import DESCRIPTOR

_PACKAGE = "inference"
_TEXT, _BOOL = FieldDescriptorProto.TYPE_STRING, FieldDescriptorProto.TYPE_BOOL
_KSERVE_FIELDS = {
    "RepositoryModelLoadRequest": (("model_name", _TEXT),),
    "RepositoryModelLoadResponse": (("model_name", _TEXT), ("isLoaded", _BOOL)),
    "RepositoryModelUnloadRequest": (("model_name", _TEXT),),
    "RepositoryModelUnloadResponse": (("model_name", _TEXT), ("isUnloaded", _BOOL)),
}
_WIDE_FIELDS = ("double_param", "uint64_param")


@cache
def schema_of(dialect: Dialect) -> DescriptorPool:
    """A pool with the service and the messages as this dialect has them."""
    file = FileDescriptorProto()
    DESCRIPTOR.CopyToProto(file)
    rules = dialect_for(dialect)
    if rules.methods:
        _keep_methods(file, rules.methods)
    if not rules.wide_parameters:
        _remove_wide_parameters(_message(file, "InferParameter"))
    if rules.load_messages is LoadMessages.KSERVE:
        for name, fields in _KSERVE_FIELDS.items():
            _replace_fields(_message(file, name), fields)
    if rules.stream_replies is StreamReplies.BARE:
        stream = next(m for m in file.service[0].method if m.name == "ModelStreamInfer")
        stream.output_type = f".{_PACKAGE}.ModelInferResponse"
    pool = DescriptorPool()
    pool.Add(file)
    return pool


def message_class(dialect: Dialect, name: str) -> type[Message]:
    """The class of a message of this dialect, such as RepositoryModelLoadRequest."""
    return GetMessageClass(schema_of(dialect).FindMessageTypeByName(f"{_PACKAGE}.{name}"))


def _keep_methods(file: FileDescriptorProto, names: tuple[str, ...]) -> None:
    service = file.service[0]
    kept = [method for method in service.method if method.name in names]
    del service.method[:]
    service.method.extend(kept)


def _remove_wide_parameters(message: DescriptorProto) -> None:
    kept = [field for field in message.field if field.name not in _WIDE_FIELDS]
    del message.field[:]
    message.field.extend(kept)


def _replace_fields(message: DescriptorProto, fields: tuple[tuple[str, int], ...]) -> None:
    name = message.name
    message.Clear()
    message.name = name
    for number, (field, kind) in enumerate(fields, 1):
        message.field.add(
            name=field,
            number=number,
            type=kind,
            label=FieldDescriptorProto.LABEL_OPTIONAL,
            json_name=field,
        )


def _message(file: FileDescriptorProto, name: str) -> DescriptorProto:
    return next(message for message in file.message_type if message.name == name)
