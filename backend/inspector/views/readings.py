"""Everything the reply's tabs show, made on a thread that may take its time."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor

from backend.core.errors import ConsoleError
from backend.core.samples import Sample
from backend.inspector.calls import Exchange
from backend.inspector.forms import parsed
from backend.inspector.methods import Method
from backend.inspector.views.body_text import BodyText, proto_text
from backend.inspector.views.rest_views import rest_text, rest_tree
from backend.inspector.views.summary import ReplySummary, summarise_exchange
from backend.inspector.views.trees import Node, message_node
from backend.profiles.model_profile import ModelProfile


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One message in all its forms; `tree` is None with the reason in `no_tree`."""

    body: bytes
    text: BodyText
    tree: Node | None
    no_tree: str = ""
    summary: ReplySummary | None = None
    sample: Sample | None = None


def read_reply(
    exchange: Exchange,
    method: Method | None,
    profile: ModelProfile | None = None,
    sample: Sample | None = None,
    place: int = -1,
) -> Reading:
    """One of an exchange's replies, the last by default; never raises for what is in it."""
    summary = summarise_exchange(exchange, profile, sample, place)
    if not exchange.replies:
        return Reading(b"", BodyText(""), None, "", summary, sample)
    body = exchange.replies[place].body
    if exchange.request.rest:
        text = rest_text(exchange.headers, body)
        try:
            return Reading(body, text, rest_tree(exchange.headers, body), "", summary, sample)
        except ConsoleError as error:
            return Reading(body, text, None, str(error), summary, sample)
    kind = method.output_of(body) if method is not None else None
    return _message(body, kind, summary, sample)


def read_message(body: bytes, kind: Descriptor | None) -> Reading:
    """A message that was sent."""
    return _message(body, kind, None, None)


def _message(
    body: bytes, kind: Descriptor | None, summary: ReplySummary | None, sample: Sample | None
) -> Reading:
    if kind is None:
        reason = "The type of this message is not known; its bytes are in the next tab but one."
        return Reading(body, BodyText("", reason), None, reason, summary, sample)
    try:
        message = parsed(body, kind)
    except ConsoleError as error:
        return Reading(body, BodyText("", str(error)), None, str(error), summary, sample)
    tree = message_node(kind.name, "", message)
    return Reading(body, proto_text(message), tree, "", summary, sample)
