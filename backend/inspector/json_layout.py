"""JSON laid out for people: indented, with short lists and objects on one line."""

from __future__ import annotations

import json
from typing import Any

_WIDTH = 80
_STEP = "  "


def laid_out(value: Any, indent: str = "") -> str:
    """The value as JSON; what fits into the rest of a line is not broken up."""
    if not isinstance(value, dict | list) or not value:
        return _plain(value)
    inner = indent + _STEP
    if _flat(value):
        line = _plain(value)
        if len(line) + len(indent) <= _WIDTH:
            return line
    if isinstance(value, list):
        if not any(isinstance(item, dict | list) for item in value):
            return _filled([_plain(item) for item in value], indent)
        rows = [inner + laid_out(item, inner) for item in value]
        return "[\n" + ",\n".join(rows) + f"\n{indent}]"
    rows = [f"{inner}{_plain(str(key))}: {laid_out(item, inner)}" for key, item in value.items()]
    return "{\n" + ",\n".join(rows) + f"\n{indent}}}"


def _filled(items: list[str], indent: str) -> str:
    """A long list of plain values, as many to a line as fit."""
    rows, row, inner = [], "", indent + _STEP
    for item in items:
        if row and len(inner) + len(row) + len(item) + 2 > _WIDTH:
            rows.append(row)
            row = item
        else:
            row = f"{row}, {item}" if row else item
    rows.append(row)
    return "[\n" + ",\n".join(inner + row for row in rows) + f"\n{indent}]"


def _flat(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict) and len(value) > 1:
        return False
    return not any(isinstance(item, dict | list) and item for item in items)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
