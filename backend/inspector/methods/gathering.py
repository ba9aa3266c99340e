"""The methods of a target, gathered from everything that knows some of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from backend.clients.dialects.rules import Capability, DialectRules
from backend.core.defaults import METHODS_DEADLINE_S
from backend.core.errors import ConsoleError, RequestError, Unsupported
from backend.core.target import Dialect
from backend.inspector.calls import Caller, Headers, MethodKind, Request
from backend.inspector.methods.listing import Method, MethodList, merged, methods_of
from backend.inspector.methods.openapi_routes import OPENAPI_PATH, openapi_routes
from backend.inspector.methods.reflection import read_reflection
from backend.inspector.methods.rest_routes import dialect_routes
from backend.inspector.methods.schema import Origin, Schema, bundled_schema
from backend.wire.oip.grpc import SERVICE

T = TypeVar("T")

_HEALTH = "grpc.health.v1.Health"
_MAX_OPENAPI = 8 * 1024 * 1024


def target_methods(
    caller: Caller,
    rules: DialectRules,
    *,
    files: Sequence[Schema] = (),
    headers: Headers = (),
    deadline_s: float = METHODS_DEADLINE_S,
    prefer: Origin | None = None,
) -> MethodList:
    """Everything that can be called, asking the server what it knows about itself.

    Where several sources describe the same method, the bundled schema goes before reflection and
    that before the user's `files`, unless one is preferred. A source that cannot be read leaves a
    remark instead. Waits for the server, at most about `deadline_s` for each question.
    """
    remarks: list[str] = []
    methods: dict[Origin, list[Method]] = {}
    if caller.target.grpc:
        methods[Origin.BUNDLED] = methods_of(bundled_schema(rules.dialect))
        reflected = _tried(
            lambda: read_reflection(caller, deadline_s=deadline_s, headers=headers),
            "Reflection",
            remarks,
        )
        if reflected is not None:
            methods[Origin.REFLECTION] = methods_of(reflected)
            names = {service.full_name for service in reflected.services}
            methods[Origin.BUNDLED] = [
                replace(method, offered=method.service in names)
                for method in methods[Origin.BUNDLED]
            ]
        elif not remarks:
            methods[Origin.BUNDLED] = [
                method if _known(method, rules) else replace(method, offered=False)
                for method in methods[Origin.BUNDLED]
            ]
        for schema in files:
            methods.setdefault(schema.origin, []).extend(methods_of(schema))
    if caller.target.rest:
        methods[Origin.ROUTES] = dialect_routes(rules)
        described = _tried(
            lambda: _openapi(caller, headers, deadline_s), OPENAPI_PATH.removeprefix("/"), remarks
        )
        methods[Origin.OPENAPI] = described or []
    order = sorted(methods, key=lambda origin: (origin is not prefer, list(Origin).index(origin)))
    return MethodList(merged(methods[origin] for origin in order), tuple(remarks))


def known_methods(
    rules: DialectRules,
    *,
    rest: bool = True,
    grpc: bool = True,
    files: Sequence[Schema] = (),
    prefer: Origin | None = None,
) -> MethodList:
    """What can be listed without asking anybody; `files` and `prefer` as in `target_methods`."""
    schemas = [bundled_schema(rules.dialect), *files] if grpc else []
    schemas.sort(key=lambda schema: schema.origin is not prefer)
    lists = [methods_of(schema) for schema in schemas]
    if rest:
        lists.append(dialect_routes(rules))
    return MethodList(merged(lists))


def _known(method: Method, rules: DialectRules) -> bool:
    """Whether a server of this dialect has the method, as far as is known without reflection."""
    if method.service == _HEALTH:
        plain = rules.dialect in (Dialect.OIP, Dialect.AUTO)
        return not plain and not rules.why_not(Capability.HEALTH)
    return method.service == SERVICE


def _tried(ask: Callable[[], T], what: str, remarks: list[str]) -> T | None:
    """What a source says, or None with a remark; that a server has no such source is no news."""
    try:
        return ask()
    except Unsupported:
        return None
    except ConsoleError as error:
        remarks.append(f"{what}: {error}")
        return None


def _openapi(caller: Caller, headers: Headers, deadline_s: float) -> list[Method]:
    exchange = caller.call(
        Request(
            caller.target.name,
            MethodKind.REST,
            OPENAPI_PATH,
            verb="GET",
            headers=headers,
            deadline_s=deadline_s,
            message_limit=_MAX_OPENAPI,
        )
    )
    if exchange.status is not None and not exchange.status.ok:
        raise Unsupported("The server does not describe its routes.")
    if exchange.fault is not None:
        raise RequestError(exchange.fault.message, exchange.fault.hint)
    return openapi_routes(exchange.body)
