"""The REST routes of the Open Inference Protocol and its extensions, as a dialect offers them."""

from __future__ import annotations

from dataclasses import dataclass

from backend.clients.dialects.rules import (
    AddressKind,
    Capability,
    DialectRules,
    ModelLists,
    Versions,
)
from backend.inspector.calls import Headers, MethodKind
from backend.inspector.methods.listing import Method
from backend.inspector.methods.schema import Origin

JSON_HEADERS: Headers = (("Content-Type", "application/json"),)

_INFER = """{
  "inputs": [
    {"name": "INPUT0", "datatype": "FP32", "shape": [1], "data": [0]}
  ]
}"""
_MODEL = "/v2/models/{model}"
_VERSION = "/versions/{version}"


@dataclass(frozen=True, slots=True)
class _Route:
    verb: str
    path: str
    about: str
    group: str
    needs: Capability | None = None
    body: str = ""
    versioned: bool = False


_ROUTES = (
    _Route(
        "POST",
        f"{_MODEL}/infer",
        "Tensors in, tensors out",
        "inference",
        body=_INFER,
        versioned=True,
    ),
    _Route("GET", "/v2", "About this server", "metadata"),
    _Route("GET", _MODEL, "Inputs and outputs of a model", "metadata", versioned=True),
    _Route("GET", "/v2/health/live", "Is it up?", "health"),
    _Route("GET", "/v2/health/ready", "Does it take requests?", "health"),
    _Route("GET", f"{_MODEL}/ready", "Does the model take requests?", "health", versioned=True),
    _Route(
        "GET",
        f"{_MODEL}/config",
        "Configuration of a model",
        "configuration",
        Capability.CONFIG,
        versioned=True,
    ),
    _Route(
        "GET",
        f"{_MODEL}/stats",
        "What a model did",
        "statistics",
        Capability.STATISTICS,
        versioned=True,
    ),
    _Route("GET", "/v2/models/stats", "What all models did", "statistics", Capability.STATISTICS),
    _Route(
        "POST",
        "/v2/repository/models/{model}/load",
        "Load a model, or load it anew",
        "repository",
        Capability.LOAD,
        "{}",
    ),
    _Route(
        "POST",
        "/v2/repository/models/{model}/unload",
        "Stop serving a model",
        "repository",
        Capability.LOAD,
        "{}",
    ),
    _Route("GET", "/v2/logging", "Log settings", "logging", Capability.LOGGING),
    _Route("POST", "/v2/logging", "Change log settings", "logging", Capability.LOGGING, "{}"),
    _Route("GET", "/v2/trace/setting", "Trace settings", "trace", Capability.TRACE),
    _Route("POST", "/v2/trace/setting", "Change trace settings", "trace", Capability.TRACE, "{}"),
    _Route(
        "GET",
        "/v2/systemsharedmemory/status",
        "What every region is",
        "shared memory",
        Capability.SHARED_MEMORY,
    ),
    _Route(
        "POST",
        "/v2/systemsharedmemory/region/{region}/register",
        "Register a part of a POSIX shared memory object",
        "shared memory",
        Capability.SHARED_MEMORY,
        '{\n  "key": "/name",\n  "offset": 0,\n  "byte_size": 0\n}',
    ),
    _Route(
        "POST",
        "/v2/systemsharedmemory/region/{region}/unregister",
        "Forget a region",
        "shared memory",
        Capability.SHARED_MEMORY,
    ),
    _Route(
        "POST",
        "/v2/systemsharedmemory/unregister",
        "Forget every region",
        "shared memory",
        Capability.SHARED_MEMORY,
    ),
)

_LISTS = {
    ModelLists.REPOSITORY_INDEX: _Route(
        "POST",
        "/v2/repository/index",
        "Every model and its state",
        "repository",
        Capability.INDEX,
        "{}",
    ),
    ModelLists.NAMES: _Route("GET", "/v2/models", "Names of the models", "metadata"),
    ModelLists.CONFIG: _Route("GET", "/v1/config", "Every model and its state", "metadata"),
}


def dialect_routes(rules: DialectRules) -> list[Method]:
    """What a server of this dialect answers over REST, as far as is known."""
    routes = [*_ROUTES, _LISTS[rules.model_lists]]
    methods: list[Method] = []
    for route in routes:
        if route.needs is not None and rules.why_not(route.needs, address=AddressKind.REST):
            continue
        methods.append(_method(route, route.path))
        if route.versioned and rules.versions is not Versions.NONE:
            path = route.path.replace(_MODEL, _MODEL + _VERSION, 1)
            methods.append(_method(route, path))
    return methods


def _method(route: _Route, path: str) -> Method:
    return Method(
        kind=MethodKind.REST,
        group=f"REST: {route.group}",
        name=route.about,
        path=path,
        origin=Origin.ROUTES,
        verb=route.verb,
        about=route.about,
        sample=route.body,
        headers=JSON_HEADERS if route.body else (),
        pinned=path.endswith("/infer"),
    )
