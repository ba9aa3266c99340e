"""A target as a readable JSON object; what is as usual is left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from backend.core.errors import UsageError
from backend.core.target import Credentials, Dialect, Target, Tls

_USUAL = Target("")
_USUAL_TLS = Tls()
_NUMBERS = ("message_limit", "deadline_s", "connect_timeout_s")
_TEXTS = ("name", "rest", "grpc", "colour")


def to_json(target: Target) -> dict[str, Any]:
    """The object; whoever writes it sees to it that credentials are templates."""
    found: dict[str, Any] = {"name": target.name, "rest": target.rest, "grpc": target.grpc}
    if target.dialect is not Dialect.AUTO:
        found["dialect"] = target.dialect.value
    if target.colour:
        found["colour"] = target.colour
    if target.tls is not None:
        tls = asdict(target.tls)
        found["tls"] = {k: v for k, v in tls.items() if v != getattr(_USUAL_TLS, k)}
    if target.credentials.token:
        found["token"] = target.credentials.token
    if target.credentials.headers:
        found["headers"] = [list(pair) for pair in target.credentials.headers]
    for name in _NUMBERS:
        if getattr(target, name) != getattr(_USUAL, name):
            found[name] = getattr(target, name)
    return found


def from_json(value: Any) -> Target:
    """The target; raises UsageError that names the field that is wrong, never its value."""
    if not isinstance(value, Mapping):
        raise UsageError("A target is not an object.")
    texts: dict[str, Any] = {name: _text(value, name) for name in _TEXTS}
    numbers = {name: _number(value, name) for name in _NUMBERS if name in value}
    try:
        dialect = Dialect(_text(value, "dialect") or Dialect.AUTO)
    except ValueError:
        raise UsageError("The dialect of a target is not known.") from None
    return Target(
        **texts,
        **numbers,
        dialect=dialect,
        tls=_tls(value.get("tls")),
        credentials=Credentials(_text(value, "token"), _headers(value.get("headers", ()))),
    )


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name, "")
    if not isinstance(found, str):
        raise UsageError(f"'{name}' of a target is not a text.")
    return found


def _number(value: Mapping[str, Any], name: str) -> Any:
    found = value[name]
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise UsageError(f"'{name}' of a target is not a number.")
    return int(found) if name == "message_limit" else float(found)


def _tls(value: Any) -> Tls | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise UsageError("'tls' of a target is not an object.")
    verify = value.get("verify", True)
    if not isinstance(verify, bool):
        raise UsageError("'verify' of a target is neither true nor false.")
    names = [field.name for field in fields(Tls) if field.name != "verify"]
    return Tls(verify, **{name: _text(value, name) for name in names})


def _headers(value: Any) -> tuple[tuple[str, str], ...]:
    pairs = value.items() if isinstance(value, Mapping) else value
    try:
        found = tuple((name, text) for name, text in pairs)
    except (TypeError, ValueError):
        raise UsageError("'headers' of a target are not pairs of name and value.") from None
    if not all(isinstance(part, str) for pair in found for part in pair):
        raise UsageError("'headers' of a target are not texts.")
    return found
