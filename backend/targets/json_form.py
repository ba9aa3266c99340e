"""A target as a readable JSON object; what is as usual is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from backend.core.defaults import CONNECT_TIMEOUT_S, DEADLINE_S, DEFAULT_MESSAGE_LIMIT
from backend.core.target import Credentials, Dialect, Target
from backend.wire.json.stored import typed


class _Tls(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    verify: bool = True
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    server_name: str = ""


class _Target(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    name: str = ""
    rest: str = ""
    grpc: str = ""
    dialect: Dialect = Dialect.AUTO
    colour: str = ""
    tls: _Tls | None = None
    token: str = ""
    headers: tuple[tuple[str, str], ...] | dict[str, str] = ()
    """By name where they were written by hand."""
    message_limit: int = DEFAULT_MESSAGE_LIMIT
    deadline_s: float = DEADLINE_S
    connect_timeout_s: float = CONNECT_TIMEOUT_S


def to_json(target: Target) -> dict[str, Any]:
    """The object; whoever writes it sees to it that credentials are templates."""
    shown = msgspec.convert(target, _Target, from_attributes=True)
    shown.token, shown.headers = target.credentials.token, target.credentials.headers
    always = {"name": target.name, "rest": target.rest, "grpc": target.grpc}
    return {**always, **msgspec.to_builtins(shown)}


def from_json(value: object) -> Target:
    """The target; raises UsageError that names the field that is wrong, never its value."""
    read = typed(_Target, value, "")
    headers = tuple(read.headers.items()) if isinstance(read.headers, dict) else read.headers
    target = msgspec.convert(read, Target, from_attributes=True)
    return replace(target, credentials=Credentials(read.token, headers))
