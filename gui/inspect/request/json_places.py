"""Where in a JSON text the value of a path is, so that a fault can be marked."""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # not in the stubs

_STEP = re.compile(r'\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\.?([^.\[\]]+)')
_BLANK = re.compile(r"[ \t\r\n]*")
_PLAIN = re.compile(r"[^\s,\]}]*")


def locate(text: str, path: str) -> tuple[int, int] | None:
    """Offset and length of the value at a path like ``inputs[0].shape[1]``.

    The nearest value around it if the path leads nowhere; None if the text is not JSON.
    """
    try:
        start, end = _skip(text, 0), len(text.rstrip())
        for step in _steps(path):
            found = _child(text, start, step)
            if found is None:
                break
            start, end = found
    except (ValueError, IndexError):
        return None
    return start, max(1, end - start)


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    for index, quoted, name in _STEP.findall(path):
        steps.append(int(index) if index else json.loads(quoted) if quoted else name)
    return steps


def _child(text: str, at: int, step: str | int) -> tuple[int, int] | None:
    """Start and end of one member of the object or list that begins at `at`."""
    if text[at] == "{" and isinstance(step, str):
        return _member(text, at + 1, step)
    if text[at] == "[" and isinstance(step, int):
        return _element(text, at + 1, step)
    return None


def _member(text: str, at: int, name: str) -> tuple[int, int] | None:
    at = _skip(text, at)
    while text[at] != "}":
        key, at = scanstring(text, at + 1, True)  # noqa: FBT003 - the function's own signature
        start = _skip(text, _skip(text, at) + 1)
        end = _end(text, start)
        if key == name:
            return start, end
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at
    return None


def _element(text: str, at: int, index: int) -> tuple[int, int] | None:
    at = _skip(text, at)
    while text[at] != "]":
        end = _end(text, at)
        if index == 0:
            return at, end
        index -= 1
        after = _skip(text, end)
        at = _skip(text, after + 1) if text[after] == "," else after
    return None


def _end(text: str, at: int) -> int:
    """Where the value that begins at `at` ends."""
    if text[at] == '"':
        return int(scanstring(text, at + 1, True)[1])  # noqa: FBT003
    if text[at] not in "{[":
        found = _PLAIN.match(text, at)
        return found.end() if found is not None else at
    depth = 0
    while True:
        if text[at] == '"':
            at = int(scanstring(text, at + 1, True)[1])  # noqa: FBT003
            continue
        depth += (text[at] in "{[") - (text[at] in "]}")
        at += 1
        if depth == 0:
            return at


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found is not None else at
