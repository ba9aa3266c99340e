"""The REST routes that a server describes itself, in an OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backend.core.errors import InvalidInput, RequestError
from backend.inspector.exchange import Headers, MethodKind
from backend.inspector.json_layout import laid_out
from backend.inspector.methods import Method
from backend.inspector.schema import Origin
from backend.wire.json_text import read_json

OPENAPI_PATH = "/openapi.json"
MAX_ROUTES = 1000
_VERBS = ("get", "post", "put", "patch", "delete", "head", "options")
_MAX_DEPTH = 8
_MAX_FIELDS = 60
_PINNED = ("/infer", "/predict", "/predictions")
_LONGEST = 200


def openapi_routes(body: bytes) -> list[Method]:
    """The routes in a document; raises InvalidInput if it is none."""
    try:
        document = read_json(body)
    except RequestError as error:
        raise InvalidInput(f"{OPENAPI_PATH} is not JSON: {error.message}") from None
    paths = document.get("paths") if isinstance(document, dict) else None
    if not isinstance(paths, dict):
        raise InvalidInput(f"{OPENAPI_PATH} is no OpenAPI document: it has no 'paths'.")
    found = list(_operations(document, paths))
    return [method for method, _ in zip(found, range(MAX_ROUTES), strict=False)]


def _operations(document: Mapping[str, Any], paths: Mapping[str, Any]) -> Iterator[Method]:
    for path, item in paths.items():
        if not isinstance(item, dict) or not path.startswith("/"):
            continue
        for verb in _VERBS:
            if isinstance(item.get(verb), dict):
                yield _method(document, verb.upper(), path, item[verb])


def _method(
    document: Mapping[str, Any], verb: str, path: str, operation: Mapping[str, Any]
) -> Method:
    about = str(operation.get("summary") or operation.get("operationId") or path)[:_LONGEST]
    tags = operation.get("tags")
    tag = str(tags[0])[:_LONGEST] if isinstance(tags, list) and tags else ""
    sample, headers = _body(document, operation.get("requestBody"))
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


def _body(document: Mapping[str, Any], described: Any) -> tuple[str, Headers]:
    """A body to begin with and the headers that go with it."""
    content = _object(_resolved(document, described).get("content"))
    kinds = [kind for kind in content if "json" in kind] or list(content)
    if not kinds:
        return "", ()
    headers: Headers = (("Content-Type", kinds[0]),)
    if "json" not in kinds[0]:
        return "", headers
    media = _object(content[kinds[0]])
    value = media.get("example", _sample(document, media.get("schema"), 0))
    return laid_out(value), headers


def _sample(document: Mapping[str, Any], described: Any, depth: int) -> Any:
    """A value that a JSON schema allows, as far as its plain parts say."""
    schema = _resolved(document, described)
    for key in ("example", "default", "const"):
        if key in schema:
            return schema[key]
    for key in ("enum", "examples"):
        if isinstance(schema.get(key), list) and schema[key]:
            return schema[key][0]
    for key in ("oneOf", "anyOf", "allOf"):
        if isinstance(schema.get(key), list) and schema[key]:
            return _sample(document, schema[key][0], depth + 1) if depth < _MAX_DEPTH else None
    return _of_type(document, schema, depth)


def _of_type(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), None)
    if kind == "array":
        return [] if depth >= _MAX_DEPTH else [_sample(document, schema.get("items"), depth + 1)]
    if kind == "object" or "properties" in schema:
        return _of_object(document, schema, depth)
    return {"string": "", "integer": 0, "number": 0, "boolean": False}.get(str(kind))


def _of_object(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> Any:
    properties = _object(schema.get("properties"))
    required = schema.get("required")
    names = required if isinstance(required, list) and required else list(properties)
    if depth >= _MAX_DEPTH:
        return {}
    return {
        name: _sample(document, properties[name], depth + 1)
        for name in names[:_MAX_FIELDS]
        if isinstance(name, str) and name in properties
    }


def _resolved(document: Mapping[str, Any], described: Any) -> Mapping[str, Any]:
    """The object itself, or what its $ref leads to within the document."""
    found = _object(described)
    for _ in range(_MAX_DEPTH):
        reference = found.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return found
        at: Any = document
        for step in reference[2:].split("/"):
            at = _object(at).get(step.replace("~1", "/").replace("~0", "~"))
        found = _object(at)
    return {}


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
