"""The outer skin of the REST side: refuses strangers and logs every request."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.core.timing import ServerTiming
from backend.core.trimming import Trimmer
from backend.server.plane import RequestLog
from backend.server.rest.guard import Guard

_NOTE = "inferdeck.note"
_FIRST_FAILURE = 400


@dataclass(slots=True)
class RequestNote:
    """What a route learns about a request and the log wants to know, or the reply says.

    `decode_us` is from the whole body to what it holds, `answered_ns` when the answer was there.

    Their names are in small letters; of one that came several times it is the first that counts.
    """

    headers: Mapping[str, str]
    model: str = ""
    bytes_in: int = 0
    received_ns: int = 0
    decode_us: float = 0.0
    answered_ns: int = 0

    def decoded(self) -> None:
        """What the body holds is known."""
        self.decode_us = (time.monotonic_ns() - self.received_ns) / 1e3

    def answered(self) -> None:
        """The answer is there and is to be written."""
        self.answered_ns = time.monotonic_ns()

    def timing(self, timing: ServerTiming) -> ServerTiming:
        """The model's durations with those around it, now that the reply is written."""
        encode_us = (time.monotonic_ns() - self.answered_ns) / 1e3
        return timing.at_edge(self.decode_us, encode_us)


def note_of(scope: Scope) -> RequestNote:
    """The note of the request that this scope belongs to."""
    note: RequestNote = scope[_NOTE]
    return note


class AccessLog:
    """Passes requests on, unless they are a stranger's, and writes each one down."""

    def __init__(self, app: ASGIApp, log: RequestLog, trimmer: Trimmer, guard: Guard) -> None:
        self._app = app
        self._log = log
        self._trimmer = trimmer
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything but HTTP is ignored."""
        if scope["type"] != "http":
            return
        entry = _Entry(self._log, scope, send)
        app = self._guard.refusal(entry.note.headers) or self._app
        try:
            await app(scope, receive, entry.send)
        finally:
            entry.end()
            self._trimmer.note(entry.size_bytes)


class _Entry:
    """The row of one request; it is written just before the end of the reply is sent, so that
    whoever has the reply also finds the row."""

    def __init__(self, log: RequestLog, scope: Scope, send: Send) -> None:
        self._log = log
        self._send = send
        self._scope = scope
        self.note = scope[_NOTE] = RequestNote(_by_name(scope["headers"]))
        self._time_s = time.time()
        self._started_ns = time.monotonic_ns()
        self._status = 0
        self._bytes_out = 0
        self._written = False

    @property
    def size_bytes(self) -> int:
        """Request and reply together."""
        return self.note.bytes_in + self._bytes_out

    async def send(self, message: Message) -> None:
        """Send a part of the reply, and follow it."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
        elif message["type"] == "http.response.body":
            self._bytes_out += len(message.get("body", b""))
            if not message.get("more_body", False):
                self.end()
        await self._send(message)

    def end(self) -> None:
        """Write the row, once; a request without a reply was broken off."""
        if self._written:
            return
        self._written = True
        self._log.add(
            time_s=self._time_s,
            api="REST",
            peer=_peer(self._scope.get("client")),
            method=f"{self._scope['method']} {self._scope['path']}",
            model=self.note.model,
            status=str(self._status) if self._status else "broken off",
            failed=not self._status or self._status >= _FIRST_FAILURE,
            duration_ms=(time.monotonic_ns() - self._started_ns) / 1e6,
            bytes_in=self.note.bytes_in,
            bytes_out=self._bytes_out,
        )


def _by_name(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    # Every request has several looked up: starlette's own searches through all for each.
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed([*headers])}


def _peer(client: Any) -> str:
    return f"{client[0]}:{client[1]}" if client else ""
