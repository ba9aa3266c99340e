"""REST routes with their descriptions: one list makes both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Answer: TypeAlias = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class DescribedRoute:
    """One verb of one path.

    `takes` and `gives` map a media type to the name of a schema, '' for bytes that have none.
    `query` maps the parameters in the query to what they mean, `headers` likewise.
    """

    method: str
    path: str
    answer: Answer
    group: str
    summary: str
    takes: Mapping[str, str] = field(default_factory=dict)
    gives: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body_required: bool = False


def routes_of(endpoints: Iterable[DescribedRoute]) -> list[Route]:
    """The routes that answer."""
    return [Route(end.path, end.answer, methods=[end.method]) for end in endpoints]
