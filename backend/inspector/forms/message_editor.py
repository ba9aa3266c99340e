"""JSON to the bytes of a message, its faults named by their place.

A bytes field is base64, or one of {"@file": path}, {"@hex": digits}, {"@base64": text} and
{"@text": text}. Everything else is as protobuf's own JSON has it, with numbers of 64 bits as
numbers or as text.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from backend.inspector.forms.json_fault import JsonFault, expected, shown
from backend.inspector.forms.json_scalars import (
    FLOATS,
    INTEGERS,
    bytes_of_base64,
    bytes_of_hex,
    enum_value,
    float_value,
    integer_value,
    string_value,
    type_name,
)

MAX_FILE_BYTES = 1024 * 1024 * 1024
_GOOGLE = "google.protobuf."


def message_from_text(text: str, kind: Descriptor, *, folder: Path | None = None) -> bytes:
    """The bytes of the message that a JSON text describes; raises JsonFault.

    `folder` is where relative paths of "@file" begin.
    """
    return message_from_value(value_from_text(text), kind, folder=folder)


def value_from_text(text: str) -> Any:
    """The value in a JSON text; an empty one is an empty object. Raises JsonFault."""
    if not text.strip():
        return {}
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise JsonFault(
            "",
            f"This is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.",
            offset=error.pos,
        ) from None
    except (RecursionError, ValueError):
        raise JsonFault(
            "", "The JSON is nested too deeply, or a number in it is too long."
        ) from None


def message_from_value(value: Any, kind: Descriptor, *, folder: Path | None = None) -> bytes:
    """The bytes of the message that a value of JSON describes; raises JsonFault."""
    message: Any = GetMessageClass(kind)()
    try:
        _Filler(folder).fill(message, value, "")
    except RecursionError:
        raise JsonFault("", "The message is nested too deeply.") from None
    if missing := message.FindInitializationErrors():
        raise JsonFault(missing[0], f"{kind.full_name} needs this field.")
    return bytes(message.SerializeToString())


class _Filler:
    """Puts values of JSON into a message, field by field, knowing where it is."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder or Path()

    def fill(self, message: Any, value: Any, path: str) -> None:
        """Set what the value says; a message of google's own as protobuf's JSON has it."""
        kind: Descriptor = message.DESCRIPTOR
        if kind.full_name.startswith(_GOOGLE):
            self._fill_well_known(message, value, path)
            return
        if not isinstance(value, dict):
            raise expected(path, kind.full_name, value)
        chosen: dict[str, str] = {}
        for name, of_field in value.items():
            field = _field(kind, name, path)
            if of_field is None:
                continue
            here = f"{path}.{name}" if path else name
            _check_choice(field, chosen, here)
            self._fill_field(message, field, of_field, here)

    def _fill_field(self, message: Any, field: FieldDescriptor, value: Any, path: str) -> None:
        kind = field.message_type
        if field.is_repeated and kind is not None and kind.GetOptions().map_entry:
            self._fill_map(getattr(message, field.name), kind, value, path)
        elif field.is_repeated:
            self._fill_list(getattr(message, field.name), field, value, path)
        elif kind is not None:
            inner = getattr(message, field.name)
            inner.SetInParent()
            self.fill(inner, value, path)
        else:
            setattr(message, field.name, self._scalar(field, value, path))

    def _fill_list(self, items: Any, field: FieldDescriptor, value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise expected(path, f"a list of {type_name(field)}", value)
        if field.message_type is not None:
            for index, item in enumerate(value):
                self.fill(items.add(), item, f"{path}[{index}]")
        elif not _extended_at_once(items, field, value):
            items.extend(
                self._scalar(field, item, f"{path}[{index}]") for index, item in enumerate(value)
            )

    def _fill_map(self, items: Any, entry: Descriptor, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise expected(path, "an object", value)
        of_key, of_value = entry.fields_by_name["key"], entry.fields_by_name["value"]
        for key, item in value.items():
            here = f"{path}[{json.dumps(key, ensure_ascii=False)}]"
            written: Any = key
            if of_key.type == FieldDescriptor.TYPE_BOOL:
                written = {"true": True, "false": False}.get(key, key)
            at = self._scalar(of_key, written, here)
            if of_value.message_type is not None:
                inner = items[at]
                inner.SetInParent()
                self.fill(inner, item, here)
            else:
                items[at] = self._scalar(of_value, item, here)

    def _fill_well_known(self, message: Any, value: Any, path: str) -> None:
        kind: Descriptor = message.DESCRIPTOR
        if kind.full_name == f"{_GOOGLE}BytesValue":
            message.value = self._bytes(value, path)
            return
        try:
            json_format.ParseDict(value, message, descriptor_pool=kind.file.pool)
        except (json_format.ParseError, TypeError, ValueError, AttributeError) as error:
            raise JsonFault(
                path, f"expected {kind.full_name}, got {shown(value)} ({error})."
            ) from None

    def _scalar(self, field: FieldDescriptor, value: Any, path: str) -> Any:
        if field.type == FieldDescriptor.TYPE_BYTES:
            return self._bytes(value, path)
        if field.enum_type is not None:
            return enum_value(field, value, path)
        if field.type == FieldDescriptor.TYPE_STRING:
            return string_value(value, path)
        if field.type == FieldDescriptor.TYPE_BOOL:
            if not isinstance(value, bool):
                raise expected(path, "bool", value)
            return value
        return (
            float_value(field, value, path)
            if field.type in FLOATS
            else integer_value(field, value, path)
        )

    def _bytes(self, value: Any, path: str) -> bytes:
        if isinstance(value, str):
            return bytes_of_base64(value, path)
        if isinstance(value, dict) and len(value) == 1:
            way, content = next(iter(value.items()))
            reader = self._ways().get(way)
            if reader is not None and isinstance(content, str):
                return reader(content, path)
        raise expected(
            path, 'bytes: base64, or one of {"@file"}, {"@hex"}, {"@base64"} and {"@text"}', value
        )

    def _ways(self) -> Mapping[str, Callable[[str, str], bytes]]:
        return {
            "@file": self._file,
            "@hex": bytes_of_hex,
            "@base64": bytes_of_base64,
            "@text": lambda text, path: string_value(text, path).encode(),
        }

    def _file(self, name: str, path: str) -> bytes:
        place = (self._folder / Path(name).expanduser()).resolve()
        try:
            if (size := place.stat().st_size) > MAX_FILE_BYTES:
                raise JsonFault(path, f"{place} has {size:,} bytes; at most {MAX_FILE_BYTES:,}.")
            return place.read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise JsonFault(path, f"the file {place} cannot be read: {reason}.") from None


def _field(kind: Descriptor, name: str, path: str) -> FieldDescriptor:
    found: FieldDescriptor | None = kind.fields_by_name.get(name)
    if found is None:
        found = next((field for field in kind.fields if field.json_name == name), None)
    if found is None:
        near = difflib.get_close_matches(name, [field.name for field in kind.fields], n=1)
        raise JsonFault(
            f"{path}.{name}" if path else name,
            f"{kind.full_name} has no field of that name.",
            hint=f"Is it '{near[0]}'?"
            if near
            else "It has " + (", ".join(field.name for field in kind.fields) or "none") + ".",
        )
    return found


def _check_choice(field: FieldDescriptor, chosen: dict[str, str], path: str) -> None:
    choice = field.containing_oneof
    if choice is None:
        return
    if choice.name in chosen:
        raise JsonFault(
            path,
            f"'{chosen[choice.name]}' is given already: only one of '{choice.name}' can be.",
        )
    chosen[choice.name] = field.name


def _extended_at_once(items: Any, field: FieldDescriptor, values: Sequence[Any]) -> bool:
    """Take a long list of plain numbers in one go; False if it needs a look at each."""
    if field.enum_type is not None:
        return False
    kinds = set(map(type, values))
    if field.type in FLOATS:
        fits = kinds <= {int, float}
    elif field.type in INTEGERS:
        fits = kinds <= {int}
    elif field.type == FieldDescriptor.TYPE_BOOL:
        fits = kinds <= {bool}
    else:
        return False
    if not fits:
        return False
    try:
        items.extend(values)
    except (ValueError, OverflowError, TypeError):
        del items[:]
        return False
    return True
