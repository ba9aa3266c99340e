"""Which method a request belongs to, and what was filled into its path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from backend.inspector.exchange import Request
from backend.inspector.methods import Method

_PART = re.compile(r"\\{(\w+)\\}")


def method_of(request: Request, methods: Iterable[Method]) -> Method | None:
    """The method that made the request, or one that could have; None if there is none."""
    for method in methods:
        if method.verb != request.verb or bool(method.verb) != request.rest:
            continue
        if path_values(method, request.path) is not None:
            return method
    return None


def path_values(method: Method, path: str) -> Mapping[str, str] | None:
    """What stands for the {parts} of the method's path, or None if it is another path."""
    if not method.verb:
        return {} if path == method.path else None
    pattern = _PART.sub(r"(?P<\1>[^/?]+)", re.escape(method.path))
    found = re.fullmatch(pattern + r"(\?.*)?", path)
    if found is None:
        return None
    return {name: unquote(value) for name, value in found.groupdict().items()}
