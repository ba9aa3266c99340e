"""A message to begin with, for any type: every field shown once, as JSON that can be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from backend.inspector.json_layout import laid_out

MAX_DEPTH = 6
MAX_FIELDS = 400
"""Most fields of one sample; those that follow are left out."""

_WELL_KNOWN: Mapping[str, Any] = MappingProxyType(
    {
        "google.protobuf.Timestamp": "2026-01-01T00:00:00Z",
        "google.protobuf.Duration": "1.5s",
        "google.protobuf.Empty": {},
        "google.protobuf.Struct": {"key": "value"},
        "google.protobuf.Value": 0,
        "google.protobuf.ListValue": [0],
        "google.protobuf.FieldMask": "",
        "google.protobuf.Any": {},
        "google.protobuf.BoolValue": False,
        "google.protobuf.StringValue": "",
        "google.protobuf.BytesValue": {"@text": ""},
        "google.protobuf.DoubleValue": 0,
        "google.protobuf.FloatValue": 0,
        "google.protobuf.Int32Value": 0,
        "google.protobuf.Int64Value": 0,
        "google.protobuf.UInt32Value": 0,
        "google.protobuf.UInt64Value": 0,
    }
)

# Messages of which one field excludes the others without the schema saying so.
_ONE_TENSOR = {"name": "INPUT0", "datatype": "FP32", "shape": [1]}
_SAMPLES: Mapping[str, Any] = MappingProxyType(
    {
        "inference.ModelInferRequest": {
            "model_name": "",
            "inputs": [{**_ONE_TENSOR, "contents": {"fp32_contents": [0]}}],
        },
        "inference.InferTensorContents": {"fp32_contents": [0]},
        "modelserving.v1.TensorValue": {**_ONE_TENSOR, "float_values": [0]},
        "modelserving.v1.InputData": {"id": "", "model": "", "value": 0},
    }
)


def sample(kind: Descriptor) -> Any:
    """A value with every field of a message, one of each choice, lists with one element.

    A message within one of its own type is left out, and so is what lies too deep. The value is
    the caller's own.
    """
    return _Sampler().message(kind, ())


def sample_text(kind: Descriptor) -> str:
    """The sample as indented JSON."""
    return laid_out(sample(kind))


class _Sampler:
    """Counts fields, so that a schema of a thousand messages still gives a page."""

    def __init__(self) -> None:
        self._left = MAX_FIELDS

    def message(self, kind: Descriptor, within: tuple[str, ...]) -> Any:
        """One message; `within` are the types that it lies in."""
        if kind.full_name in _WELL_KNOWN:
            return deepcopy(_WELL_KNOWN[kind.full_name])
        ours = _SAMPLES.get(kind.full_name)
        # A server's own schema may have a message of that name with other fields.
        if ours is not None and all(name in kind.fields_by_name for name in ours):
            return deepcopy(ours)
        value: dict[str, Any] = {}
        inner = (*within, kind.full_name)
        for field in kind.fields[:MAX_FIELDS]:
            if self._left <= 0:
                break
            if not _shown(field, inner):
                continue
            self._left -= 1
            value[field.name] = self._field(field, inner)
        return value

    def _field(self, field: FieldDescriptor, within: tuple[str, ...]) -> Any:
        kind = field.message_type
        if kind is not None and kind.GetOptions().map_entry:
            key = _one(kind.fields_by_name["key"])
            value = kind.fields_by_name["value"]
            return {_as_key(key): self._value(value, within)}
        value = self._value(field, within)
        return [value] if field.is_repeated else value

    def _value(self, field: FieldDescriptor, within: tuple[str, ...]) -> Any:
        kind = field.message_type
        return _one(field) if kind is None else self.message(kind, within)


def _shown(field: FieldDescriptor, within: tuple[str, ...]) -> bool:
    """Whether a field is part of the sample: the first of a choice, nothing endless."""
    choice = field.containing_oneof
    if choice is not None and choice.fields[0] is not field:
        first = choice.fields[0]
        if first.full_name != field.full_name:
            return False
    kind = field.message_type
    if kind is None:
        return True
    if kind.GetOptions().map_entry:
        kind = kind.fields_by_name["value"].message_type
    return kind is None or (kind.full_name not in within and len(within) <= MAX_DEPTH)


def _one(field: FieldDescriptor) -> Any:
    if field.enum_type is not None:
        return field.enum_type.values[0].name
    if field.type == FieldDescriptor.TYPE_BYTES:
        return {"@text": ""}
    if field.type == FieldDescriptor.TYPE_STRING:
        return ""
    return False if field.type == FieldDescriptor.TYPE_BOOL else 0


def _as_key(value: Any) -> str:
    if value == "":
        return "key"
    return json.dumps(value) if isinstance(value, bool) else str(value)
