"""An exchange as plain values and a list of bodies, for files; without secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from backend.core.choices import Compression
from backend.core.errors import InvalidInput
from backend.inspector.exchange import (
    Exchange,
    Fault,
    Headers,
    MethodKind,
    ReplyMessage,
    Request,
    Status,
    TimingPart,
)
from backend.inspector.secret_headers import concealed, concealed_path
from backend.wire.varint import LENGTH_DELIMITED, read_varint

_MODEL_PATH = re.compile(r"/v2/(?:repository/)?models/([^/?]+)")
_TEXT_RUN = re.compile(r"[^\W_][\w \-.,:;/\"'=<>@#%+*()\[\]{}!?]{2,}")
_SEARCHED_BYTES = 16 * 1024
_SEARCHED_BODIES = 4


def without_secrets(exchange: Exchange) -> Exchange:
    """The exchange with variables in place of what opens doors; bodies stay to the byte."""
    request = replace(
        exchange.request,
        path=concealed_path(exchange.request.path),
        headers=concealed(exchange.request.headers),
    )
    return replace(
        exchange,
        request=request,
        headers=concealed(exchange.headers),
        trailers=concealed(exchange.trailers),
    )


def to_record(exchange: Exchange) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Plain values, and the bodies: first those sent, then those that came back."""
    request = asdict(replace(exchange.request, messages=()))
    request["messages"] = len(exchange.request.messages)
    values = asdict(replace(exchange, request=replace(exchange.request, messages=()), replies=()))
    values |= {
        "request": request,
        "started_at": exchange.started_at.isoformat(),
        "replies": [reply.offset_ns for reply in exchange.replies],
    }
    bodies = (*exchange.request.messages, *(reply.body for reply in exchange.replies))
    return values, bodies


def from_record(values: Mapping[str, Any], bodies: Sequence[bytes]) -> Exchange:
    """The exchange again; raises InvalidInput for what is none."""
    try:
        return _exchange(values, bodies)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"The record is not that of an exchange: {error!r}.") from error


def model_of(request: Request) -> str:
    """The model that a request is about, or ''; the body is not decoded for it."""
    if request.rest:
        found = _MODEL_PATH.match(request.path)
        return found[1] if found else ""
    service, _, method = request.path.rpartition("/")
    ours = "modelserving" in service
    if not (ours or "nference" in service):
        return ""
    # repository_name=1, model_name=2 and id=1, model=2 have it in the second place.
    return _text_field(request.body, 2 if ours or method.startswith("RepositoryModel") else 1)


def status_text(exchange: Exchange) -> str:
    """'0 OK', '404 Not Found', or the kind of fault of what never got a status."""
    if exchange.status is not None:
        return f"{exchange.status.code} {exchange.status.name}"
    return exchange.fault.kind if exchange.fault else ""


def searched_text(exchange: Exchange) -> str:
    """What a search looks through, in lower case: names, status and the words of the bodies.

    Of each of the first bodies only the beginning is read.
    """
    request, fault = exchange.request, exchange.fault
    words = [request.target, request.method, model_of(request), status_text(exchange)]
    words += [exchange.status.text] if exchange.status else []
    words += [fault.message] if fault else []
    bodies = (
        *request.messages[:_SEARCHED_BODIES],
        *(reply.body for reply in exchange.replies[-_SEARCHED_BODIES:]),
    )
    for body in bodies:
        text = body[:_SEARCHED_BYTES].decode("utf-8", "ignore")
        words += _TEXT_RUN.findall(text)
    return storable("\n".join(words)).casefold()


def storable(text: str) -> str:
    """Text that every file can hold: no lone surrogates and no NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", " ")


def _text_field(body: bytes, wanted: int) -> str:
    """A text field among the first ones of a message."""
    at = 0
    try:
        while at < len(body):
            key, at = read_varint(body, at)
            if key & 7 != LENGTH_DELIMITED or key >> 3 > wanted:
                return ""
            size, at = read_varint(body, at)
            if key >> 3 == wanted:
                return body[at : at + size].decode("utf-8", "replace")
            at += size
    except ValueError:
        return ""
    return ""


def _exchange(values: Mapping[str, Any], bodies: Sequence[bytes]) -> Exchange:
    request = dict(values["request"])
    sent = int(request.pop("messages"))
    offsets = values["replies"]
    if len(bodies) != sent + len(offsets):
        raise ValueError(f"expected {sent + len(offsets)} bodies, got {len(bodies)}")
    deadline = request["deadline_s"]
    request |= {
        "target": str(request["target"]),
        "path": str(request["path"]),
        "verb": str(request["verb"]),
        "deadline_s": None if deadline is None else float(deadline),
        "message_limit": int(request["message_limit"]),
        "kind": MethodKind(request["kind"]),
        "compression": Compression(request["compression"]),
        "headers": _pairs(request["headers"]),
        "messages": tuple(bodies[:sent]),
    }
    whole = dict(values) | {
        "request": Request(**request),
        "started_at": datetime.fromisoformat(values["started_at"]),
        "total_ns": int(values["total_ns"]),
        "sent_left_out": int(values["sent_left_out"]),
        "replies_left_out": int(values["replies_left_out"]),
        "cancelled": bool(values["cancelled"]),
        "status": Status(**values["status"]) if values["status"] else None,
        "fault": Fault(**values["fault"]) if values["fault"] else None,
        "replies": tuple(
            ReplyMessage(body, int(offset))
            for body, offset in zip(bodies[sent:], offsets, strict=True)
        ),
        "timing": tuple(map(_part, values["timing"])),
        "headers": _pairs(values["headers"]),
        "trailers": _pairs(values["trailers"]),
        "sent_ns": tuple(map(int, values["sent_ns"])),
    }
    return Exchange(**whole)


def _part(values: Mapping[str, Any]) -> TimingPart:
    return TimingPart(**{**values, "parts": tuple(map(_part, values["parts"]))})


def _pairs(values: Sequence[Sequence[str]]) -> Headers:
    return tuple((str(name), str(value)) for name, value in values)
