"""An exchange as plain values and a list of bodies, for files; without secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from backend.core.errors import InvalidInput, UsageError
from backend.core.files.concealment import concealed_text
from backend.inspector.calls import Exchange, ReplyMessage, Request
from backend.inspector.history.secret_headers import concealed, concealed_path
from backend.wire.json.stored import typed
from backend.wire.protobuf.varint import LENGTH_DELIMITED, read_varint

_MODEL_PATH = re.compile(r"/v2/(?:repository/)?models/([^/?]+)")
_TEXT_RUN = re.compile(r"[^\W_][\w \-.,:;/\"'=<>@#%+*()\[\]{}!?]{2,}")
_SEARCHED_BYTES = 16 * 1024
_SEARCHED_BODIES = 4


class _Messages(msgspec.Struct):
    messages: int


class _Counts(msgspec.Struct):
    """What a record has in place of bodies."""

    request: _Messages
    replies: tuple[int, ...]


def without_secrets(exchange: Exchange) -> Exchange:
    """The exchange with variables in place of what opens doors; bodies stay to the byte.

    What a server or an error says is no longer what it was where that holds a secret.
    """
    request = replace(
        exchange.request,
        path=concealed_path(exchange.request.path),
        headers=concealed(exchange.request.headers),
    )
    status, fault = exchange.status, exchange.fault
    if status is not None:
        status = replace(status, text=concealed_text(status.text))
    if fault is not None:
        message, hint = concealed_text(fault.message), concealed_text(fault.hint)
        fault = replace(fault, message=message, hint=hint)
    return replace(
        exchange,
        request=request,
        status=status,
        headers=concealed(exchange.headers),
        trailers=concealed(exchange.trailers),
        fault=fault,
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


def from_record(values: object, bodies: Sequence[bytes]) -> Exchange:
    """The exchange again; raises InvalidInput, which names the field, for what is none."""
    try:
        return _exchange(values, bodies)
    except UsageError as error:
        raise InvalidInput(f"The record is not that of an exchange: {error}") from error


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


def _exchange(values: Any, bodies: Sequence[bytes]) -> Exchange:
    counts = typed(_Counts, values, "exchange")
    sent, offsets = counts.request.messages, counts.replies
    if not 0 <= sent <= len(bodies) or len(bodies) != sent + len(offsets):
        raise UsageError(f"{sent} messages and {len(offsets)} replies have {len(bodies)} bodies.")
    without = {**values, "request": {**values["request"], "messages": []}, "replies": []}
    exchange = typed(Exchange, without, "exchange")
    return replace(
        exchange,
        request=replace(exchange.request, messages=tuple(bodies[:sent])),
        started_at=_moment(exchange.started_at),
        replies=tuple(map(ReplyMessage, bodies[sent:], offsets)),
    )


def _moment(moment: datetime) -> datetime:
    """A time of day that can be told in UTC; raises UsageError."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise UsageError(f"exchange started_at: {moment} is no time in UTC.") from None
    return moment
