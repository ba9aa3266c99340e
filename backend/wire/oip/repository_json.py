"""Bodies of the REST side's smaller requests: the repository's and shared memory's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.core.errors import InvalidInput
from backend.wire.elements import Buffer
from backend.wire.json.text import kind_of, read_json
from backend.wire.oip.metadata_json import json_object

_LARGEST = 2**64 - 1


def read_object(body: Buffer, what: str) -> Mapping[str, Any]:
    """The object in a body, which may be empty; raises InvalidInput."""
    return json_object(read_json(body), what) if body else {}


def flag(value: Mapping[str, Any], key: str) -> bool:
    """A boolean in an object, False if it is missing; raises InvalidInput for another kind."""
    found = value.get(key, False)
    if not isinstance(found, bool):
        raise InvalidInput(f"'{key}' must be true or false, got {kind_of(found)}.")
    return found


def count(value: Mapping[str, Any], key: str, default: int | None = None) -> int:
    """An integer of 0 or more in an object; raises InvalidInput."""
    found = value.get(key, default)
    if type(found) is not int or not 0 <= found <= _LARGEST:
        raise InvalidInput(f"'{key}' must be an integer of 0 or more, got {str(found)[:40]}.")
    return found
