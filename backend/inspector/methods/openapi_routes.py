"""The REST routes that a server describes itself, in an OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from backend.core.errors import InvalidInput, RequestError
from backend.inspector.calls import Headers, MethodKind
from backend.inspector.json_layout import laid_out
from backend.inspector.methods.listing import Method
from backend.inspector.methods.openapi_samples import Sampler, object_of, resolved
from backend.inspector.methods.schema import Origin
from backend.wire.json.text import read_json

OPENAPI_PATH = "/openapi.json"
MAX_ROUTES = 1000
_VERBS = ("get", "post", "put", "patch", "delete", "head", "options")
_MAX_KINDS = 20
"""Content types of one body that are looked at."""
_PINNED = ("/infer", "/predict", "/predictions")
_LONGEST = 200
_LONGEST_PATH = 1000


def openapi_routes(body: bytes) -> list[Method]:
    """The routes in a document, at most MAX_ROUTES; raises InvalidInput if it is none."""
    try:
        document = read_json(body)
    except RequestError as error:
        raise InvalidInput(f"{OPENAPI_PATH} is not JSON: {error.message}") from None
    paths = document.get("paths") if isinstance(document, dict) else None
    if not isinstance(paths, dict):
        raise InvalidInput(f"{OPENAPI_PATH} is no OpenAPI document: it has no 'paths'.")
    return list(islice(_operations(document, paths, Sampler(document)), MAX_ROUTES))


def _operations(
    document: Mapping[str, Any], paths: Mapping[str, Any], sampler: Sampler
) -> Iterator[Method]:
    for path, item in paths.items():
        if not isinstance(item, dict) or not path.startswith("/") or len(path) > _LONGEST_PATH:
            continue
        for verb in _VERBS:
            if isinstance(item.get(verb), dict):
                described = resolved(document, item[verb].get("requestBody"))
                yield _method(verb.upper(), path, item[verb], *_body(described, sampler))


def _method(
    verb: str, path: str, operation: Mapping[str, Any], sample: str, headers: Headers
) -> Method:
    about = str(operation.get("summary") or operation.get("operationId") or path)[:_LONGEST]
    tags = operation.get("tags")
    tag = str(tags[0])[:_LONGEST] if isinstance(tags, list) and tags else ""
    return Method(
        kind=MethodKind.REST,
        group=f"REST: {tag}" if tag else "REST",
        name=about,
        path=path,
        origin=Origin.OPENAPI,
        verb=verb,
        about=about,
        sample=sample,
        headers=headers,
        pinned=verb == "POST" and path.endswith(_PINNED),
    )


def _body(described: Mapping[str, Any], sampler: Sampler) -> tuple[str, Headers]:
    """A body to begin with and the headers that go with it."""
    content = object_of(described.get("content"))
    first = list(islice(content, _MAX_KINDS))
    kinds = [kind for kind in first if "json" in kind] or first
    if not kinds or len(kinds[0]) > _LONGEST:
        return "", ()
    headers: Headers = (("Content-Type", kinds[0]),)
    if "json" not in kinds[0]:
        return "", headers
    return laid_out(sampler.media(content[kinds[0]])), headers
