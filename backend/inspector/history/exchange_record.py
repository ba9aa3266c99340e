"""An exchange as plain values and a list of bodies, for files; without secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, get_type_hints

from backend.core.errors import InvalidInput, UsageError
from backend.core.files.concealment import concealed_text
from backend.inspector.calls import Exchange, ReplyMessage, Request
from backend.inspector.history.secret_headers import concealed, concealed_path
from backend.profiles.tables import check_keys, made_of, read, wrong
from backend.wire.protobuf.varint import LENGTH_DELIMITED, read_varint

_MODEL_PATH = re.compile(r"/v2/(?:repository/)?models/([^/?]+)")
_TEXT_RUN = re.compile(r"[^\W_][\w \-.,:;/\"'=<>@#%+*()\[\]{}!?]{2,}")
_SEARCHED_BYTES = 16 * 1024
_SEARCHED_BODIES = 4
_LARGEST = (1 << 63) - 1
_DEEPEST = 64
_PLAIN_FIELDS = {
    name: hint
    for name, hint in get_type_hints(Exchange).items()
    if name not in ("request", "started_at", "replies")
}
"""What of an exchange stands in a record as it is."""


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
        _check_numbers(values)
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


def _check_numbers(values: object) -> None:
    """Raise UsageError for a number that no counter shows, and for too deep a nest."""
    places: list[tuple[object, str, int]] = [(values, "exchange", 0)]
    while places:
        value, where, depth = places.pop()
        if depth > _DEEPEST:
            raise UsageError(f"{where} is nested too deeply.")
        if isinstance(value, dict):
            places += [(item, f"{where} {key}", depth + 1) for key, item in value.items()]
        elif isinstance(value, list):
            places += [(item, f"{where}[{i}]", depth + 1) for i, item in enumerate(value)]
        elif isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
            raise UsageError(f"{where} is a number beyond 64 bits.")


def _exchange(values: object, bodies: Sequence[bytes]) -> Exchange:
    table = _table(values, "exchange")
    request = _table(table.pop("request", None), "exchange request")
    sent = read(int, request.pop("messages", None), "exchange request messages")
    offsets = read(tuple[int, ...], table.pop("replies", None), "exchange replies")
    started_at = _moment(table.pop("started_at", None), "exchange started_at")
    if not 0 <= sent <= len(bodies) or len(bodies) != sent + len(offsets):
        raise UsageError(f"{sent} messages and {len(offsets)} replies have {len(bodies)} bodies.")
    check_keys(table, tuple(_PLAIN_FIELDS), "exchange")
    if "total_ns" not in table:
        raise UsageError("exchange total_ns is missing.")
    plain = {
        name: read(_PLAIN_FIELDS[name], value, f"exchange {name}") for name, value in table.items()
    }
    return Exchange(
        request=replace(
            made_of(Request, request, "exchange request"), messages=tuple(bodies[:sent])
        ),
        started_at=started_at,
        replies=tuple(map(ReplyMessage, bodies[sent:], offsets)),
        **plain,
    )


def _table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong(where, "an object", value)
    return dict(value)


def _moment(value: object, where: str) -> datetime:
    """A time of day that can be told in UTC."""
    text = read(str, value, where)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong(where, "a time such as 2024-01-31T12:00:00+00:00", text) from None
    return moment
