"""The record of one exchange: what was sent, what came back, when, and how it ended.

Everything here is frozen and made of plain values, so an exchange can be shown, stored, compared
and sent again. A request holds no secrets: credentials belong to the target and are added when it
is sent, so what is stored or shared contains only the headers that were typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from backend.core.choices import Compression
from backend.core.errors import ConsoleError, UsageError
from backend.core.target import DEFAULT_MESSAGE_LIMIT

_VARIABLE = re.compile(r"\$\{(\w+)\}")

Headers = tuple[tuple[str, str], ...]
"""Names and values in order; gRPC metadata ending in `-bin` has its value in base64."""


class MethodKind(StrEnum):
    """How many messages travel each way; the value is the badge of a gRPC method."""

    UNARY = "U"
    SERVER_STREAM = "S"
    CLIENT_STREAM = "C"
    BIDI_STREAM = "B"
    REST = "R"

    @property
    def client_streams(self) -> bool:
        """Whether more than one request message may be sent."""
        return self in (MethodKind.CLIENT_STREAM, MethodKind.BIDI_STREAM)

    @property
    def server_streams(self) -> bool:
        """Whether more than one reply message may come."""
        return self in (MethodKind.SERVER_STREAM, MethodKind.BIDI_STREAM)

    @property
    def streams(self) -> bool:
        """Whether either side sends more than one message."""
        return self.client_streams or self.server_streams


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, to the byte: sending it again sends the same messages.

    `path` is '/package.Service/Method' for gRPC and begins with '/' for REST, where it may carry a
    query. `messages` are the bytes before compression: for gRPC the messages before HTTP/2
    framing, for REST the body (none, or one).
    """

    target: str
    kind: MethodKind
    path: str
    messages: tuple[bytes, ...] = ()
    verb: str = ""
    headers: Headers = ()
    compression: Compression = Compression.NONE
    deadline_s: float | None = None
    message_limit: int = DEFAULT_MESSAGE_LIMIT

    @property
    def rest(self) -> bool:
        """Whether it travels over REST."""
        return self.kind is MethodKind.REST

    @property
    def method(self) -> str:
        """As people read it: 'POST /v2/models/m/infer' or 'package.Service/Method'."""
        return f"{self.verb} {self.path}" if self.rest else self.path.removeprefix("/")

    @property
    def body(self) -> bytes:
        """The body of a REST request, or the first message."""
        return self.messages[0] if self.messages else b""

    @property
    def size(self) -> int:
        """Bytes of all messages."""
        return sum(map(len, self.messages))


@dataclass(frozen=True, slots=True)
class ReplyMessage:
    """One message or body that came back, and when, in ns since the exchange began."""

    body: bytes
    offset_ns: int

    @property
    def size(self) -> int:
        """Bytes, after decompression."""
        return len(self.body)


@dataclass(frozen=True, slots=True)
class Status:
    """How the server ended it: 0 'OK' or 5 'NOT_FOUND' for gRPC, 200 'OK' or 404 for REST."""

    code: int
    name: str
    text: str = ""
    ok: bool = True


@dataclass(frozen=True, slots=True)
class TimingPart:
    """One part of an exchange's time; `parts` lie within it and need not fill it.

    The outermost parts of an exchange follow one another without gaps and add up to its total.
    `note` says what the name cannot, such as 'reused' for a connection that was already open.
    """

    name: str
    start_ns: int
    duration_ns: int
    parts: tuple[TimingPart, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why it did not end well: the class of the error, its message and what to try.

    `exit_code` is what a command ends with because of it.
    """

    kind: str
    message: str
    hint: str = ""
    code: str = ""
    exit_code: int = ConsoleError.exit_code

    @classmethod
    def of(cls, error: ConsoleError) -> Fault:
        """The fault of an error; `code` is its `fault` where it has one."""
        code = getattr(error, "fault", "")
        return cls(
            type(error).__name__, error.message, error.hint, str(code or ""), error.exit_code
        )


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange from first byte to last.

    `sent_ns` holds the moment at which each message went out, as far as they did; all moments are
    ns since `started_at`. `status` is None if it never got as far as one; `fault` is None if all
    went well, or if it was `cancelled` by hand. Of a stream longer than the record,
    `sent_left_out` and `replies_left_out` count what is not in it: the last messages sent, and the
    oldest replies.
    """

    request: Request
    started_at: datetime
    total_ns: int
    status: Status | None = None
    sent_ns: tuple[int, ...] = ()
    replies: tuple[ReplyMessage, ...] = ()
    headers: Headers = ()
    trailers: Headers = ()
    timing: tuple[TimingPart, ...] = ()
    fault: Fault | None = None
    sent_left_out: int = 0
    replies_left_out: int = 0
    cancelled: bool = False

    @property
    def ok(self) -> bool:
        """Whether it ended as it should."""
        return self.fault is None and self.status is not None and self.status.ok

    @property
    def replayable(self) -> bool:
        """Whether the request is here whole, so that it can be sent again."""
        return not self.sent_left_out

    @property
    def body(self) -> bytes:
        """The body of the last reply, or nothing."""
        return self.replies[-1].body if self.replies else b""

    @property
    def reply_size(self) -> int:
        """Bytes of the replies that are in the record."""
        return sum(reply.size for reply in self.replies)


def now_utc() -> datetime:
    """The time of day, for `started_at`."""
    return datetime.now(UTC)


def request_again(exchange: Exchange, variables: Mapping[str, str]) -> Request:
    """The same request, to the byte, with the variables that stand for its secrets filled in.

    Raises UsageError if not all of its messages were kept, or a variable is not given.
    """
    if not exchange.replayable:
        raise UsageError(
            f"{exchange.sent_left_out:,} of the messages of {exchange.request.method} were not "
            "kept, so it cannot be sent again."
        )
    request = exchange.request
    headers = tuple((name, _filled(value, variables)) for name, value in request.headers)
    return replace(request, path=_filled(request.path, variables), headers=headers)


def _filled(template: str, variables: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in variables:
            raise UsageError(
                f"The secret {found[1]} was not kept.",
                hint=f"Set the environment variable {found[1]}, or edit the request.",
            )
        return variables[found[1]]

    return _VARIABLE.sub(value, template)
