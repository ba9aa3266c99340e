"""Calls by hand: any request to a target, its acts, and the record of the exchange."""

from backend.inspector.calls.caller import Call, Caller
from backend.inspector.calls.exchange import (
    Exchange,
    Headers,
    MethodKind,
    ReplyMessage,
    Request,
    TimingPart,
    now_utc,
    request_again,
)
from backend.inspector.calls.stream_call import StreamCall, StreamState
from backend.inspector.calls.stream_log import Direction, Drained, StreamEvent, events_of

__all__ = [
    "Call",
    "Caller",
    "Direction",
    "Drained",
    "Exchange",
    "Headers",
    "MethodKind",
    "ReplyMessage",
    "Request",
    "StreamCall",
    "StreamEvent",
    "StreamState",
    "TimingPart",
    "events_of",
    "now_utc",
    "request_again",
]
