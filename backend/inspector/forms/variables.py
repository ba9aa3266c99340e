"""`{{variables}}` in the texts of a request, and what must not be written down of their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from backend.core.errors import UsageError
from backend.inspector.calls import Exchange, Request

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][\w.-]{0,99})\s*\}\}")
_MOST = 64 << 20
"""Longest text that comes of filling one in."""


@dataclass(frozen=True, slots=True)
class Variables:
    """Values by name; those of `secrets` may stand in headers only, which are never kept."""

    values: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    missing_secrets: tuple[str, ...] = ()

    def fill(self, text: str, *, secret: bool = False) -> str:
        """The text with every variable's value; raises UsageError naming one that has none.

        `secret` says that secrets may stand there.
        """
        size = len(text)

        def value(found: re.Match[str]) -> str:
            nonlocal size
            filled = self._value(found[1], secret=secret)
            size += len(filled)
            if size > _MOST:
                raise UsageError(f"Filled in, a text would be longer than {_MOST:,} characters.")
            return filled

        return _VARIABLE.sub(value, text)

    def _value(self, name: str, *, secret: bool) -> str:
        if name in self.secrets:
            if secret:
                return self.secrets[name]
            raise UsageError(
                f"The secret {name} may stand in headers only.",
                hint="Bodies and paths are kept in the history, and secrets are not.",
            )
        if name in self.missing_secrets:
            raise UsageError(
                f"The secret {name} has no value.",
                hint=f"It is taken from the environment: export {name}=...",
            )
        if name not in self.values:
            known = ", ".join(sorted({*self.values, *self.secrets}))
            raise UsageError(
                f"Nobody says what {{{{{name}}}}} is.",
                hint=f"Known are {known}." if known else "Choose an environment that does.",
            )
        return self.values[name]


def hidden(exchange: Exchange, variables: Variables | None) -> Exchange:
    """The exchange with `${NAME}` where a secret's value was filled into a header."""
    return replace(exchange, request=hidden_request(exchange.request, variables))


def hidden_request(request: Request, variables: Variables | None) -> Request:
    """The request with `${NAME}` where a secret's value was filled into a header."""
    if variables is None or not variables.secrets:
        return request

    def shown(value: str) -> str:
        for name, secret in variables.secrets.items():
            value = value.replace(secret, f"${{{name}}}") if secret else value
        return value

    return replace(request, headers=tuple((name, shown(value)) for name, value in request.headers))
