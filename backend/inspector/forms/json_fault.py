"""What is wrong in a JSON text, and where."""

from __future__ import annotations

import json
from typing import Any

from backend.core.errors import InvalidInput

_LONGEST_SHOWN = 60


class JsonFault(InvalidInput):
    """What is wrong in a JSON text, and where.

    `path` is like 'inputs[0].shape[1]', '' for the whole; `offset` is set instead where the text
    is no JSON at all, in characters.
    """

    def __init__(
        self, path: str, message: str, *, hint: str = "", offset: int | None = None
    ) -> None:
        super().__init__(f"{path}: {message}" if path else message, hint)
        self.path = path
        self.offset = offset


def expected(path: str, wanted: str, value: Any) -> JsonFault:
    """The fault of a value that is of another type than the one wanted."""
    return JsonFault(path, f"expected {wanted}, got {shown(value)}")


def shown(value: Any) -> str:
    """A value as a message can quote it."""
    if isinstance(value, dict):
        return "an object" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."
