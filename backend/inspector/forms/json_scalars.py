"""Plain values of JSON as the scalars of a message; each raises JsonFault with the type wanted."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from backend.inspector.forms.json_fault import JsonFault, expected, shown

FLOATS = (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT)
_NOT_FINITE = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}
_TYPES: Mapping[int, str] = {
    getattr(FieldDescriptor, name): name.removeprefix("TYPE_").lower()
    for name in dir(FieldDescriptor)
    if name.startswith("TYPE_")
}
INTEGERS = {
    number: (name.startswith(("u", "fixed")), 64 if "64" in name else 32)
    for number, name in _TYPES.items()
    if "int" in name or "fixed" in name
}


def type_name(field: FieldDescriptor) -> str:
    """The type of a field's elements as a .proto file declares it."""
    if field.message_type is not None:
        return str(field.message_type.full_name)
    if field.enum_type is not None:
        return str(field.enum_type.full_name)
    return _TYPES[field.type]


def integer_value(field: FieldDescriptor, value: Any, path: str) -> int:
    """A whole number of the field's type."""
    name = _TYPES[field.type]
    unsigned, bits = INTEGERS[field.type]
    number = value
    if isinstance(value, str):
        try:
            number = int(value)
        except ValueError:
            raise expected(path, name, value) from None
    elif isinstance(value, float) and value.is_integer():
        number = int(value)
    if isinstance(number, bool) or not isinstance(number, int):
        raise expected(path, name, value)
    low, high = (0, (1 << bits) - 1) if unsigned else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    if not low <= number <= high:
        raise JsonFault(path, f"expected {name}, got {shown(value)}: it goes from {low} to {high}.")
    return number


def float_value(field: FieldDescriptor, value: Any, path: str) -> float:
    """A number, or one of NaN, Infinity and -Infinity."""
    name = _TYPES[field.type]
    if isinstance(value, str):
        try:
            return float(_NOT_FINITE.get(value, value))
        except ValueError:
            raise expected(path, name, value) from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise expected(path, name, value)
    try:
        return float(value)
    except OverflowError:
        raise JsonFault(path, f"expected {name}, got {shown(value)}: it is too large.") from None


def string_value(value: Any, path: str) -> str:
    """Text that UTF-8 can hold."""
    if not isinstance(value, str):
        raise expected(path, "string", value)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise JsonFault(
            path, "expected string, got half of a character (\\ud800 to \\udfff)."
        ) from None
    return value


def enum_value(field: FieldDescriptor, value: Any, path: str) -> int:
    """The number of a name, or the number itself."""
    kind = field.enum_type
    assert kind is not None
    if isinstance(value, str) and value in kind.values_by_name:
        return int(kind.values_by_name[value].number)
    if isinstance(value, int) and not isinstance(value, bool) and -(1 << 31) <= value < 1 << 31:
        return value
    names = ", ".join(one.name for one in kind.values[:12])
    raise JsonFault(
        path, f"expected {kind.full_name}, got {shown(value)}.", hint=f"It can be {names}."
    )


def bytes_of_hex(text: str, path: str) -> bytes:
    """The bytes that hexadecimal digits stand for."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise expected(path, "pairs of hexadecimal digits", text) from None


def bytes_of_base64(text: str, path: str) -> bytes:
    """The bytes of base64, with either alphabet and with or without padding."""
    plain = "".join(text.split()).replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise JsonFault(
            path,
            f"expected bytes as base64, got {shown(text)}.",
            hint='Plain text goes into {"@text": "..."}.',
        ) from None
