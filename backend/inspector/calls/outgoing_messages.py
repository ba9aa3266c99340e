"""The messages on their way into a call: bounded, and woken by the end of the call."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from backend.core.errors import Overloaded, PayloadTooLarge, UsageError

MAX_WAITING = 10_000
MAX_WAITING_BYTES = 256 * 1024 * 1024


class OutgoingMessages:
    """Takes messages from whoever sends and hands them to gRPC's own thread, in order.

    `taken` is called with each message when gRPC pulls it.
    """

    def __init__(self, *, message_limit: int, taken: Callable[[bytes], None]) -> None:
        self._limit = message_limit
        self._taken = taken
        self._changed = threading.Condition()
        self._messages: deque[bytes] = deque()
        self._bytes = 0
        self._finished = False
        self._closed = False

    def put(self, message: bytes, *, wait_s: float = 0.0) -> None:
        """Add a message, waiting at most so long for room.

        Raises PayloadTooLarge over the limit of a message, UsageError after the end, Overloaded
        if too much waits to be sent.
        """
        if len(message) > self._limit:
            raise PayloadTooLarge(len(message), self._limit)
        until = time.monotonic() + wait_s
        with self._changed:
            while self._full(len(message)) and not self._closed:
                remaining = until - time.monotonic()
                if remaining <= 0 or not self._changed.wait(remaining):
                    raise Overloaded(
                        f"{len(self._messages):,} messages wait to be sent already.",
                        hint="The server reads more slowly than this; send less often.",
                    )
            if self._finished or self._closed:
                raise UsageError("The stream is finished; nothing more can be sent.")
            self._messages.append(message)
            self._bytes += len(message)
            self._changed.notify_all()

    def finish(self) -> bool:
        """Let what waits go out and then half-close; whether that is news."""
        with self._changed:
            news = not (self._finished or self._closed)
            self._finished = True
            self._changed.notify_all()
        return news

    def close(self) -> None:
        """Forget what waits and end the iteration: the call is over."""
        with self._changed:
            self._closed = True
            self._messages.clear()
            self._bytes = 0
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """Messages that gRPC has not pulled yet."""
        return len(self._messages)

    def __iter__(self) -> Iterator[bytes]:
        """The messages as they come, until finished or closed."""
        while (message := self._next()) is not None:
            yield message

    def _next(self) -> bytes | None:
        with self._changed:
            while not self._messages and not self._finished and not self._closed:
                self._changed.wait()
            if not self._messages:
                return None
            message = self._messages.popleft()
            self._bytes -= len(message)
            self._changed.notify_all()
        self._taken(message)
        return message

    def _full(self, size: int) -> bool:
        if not self._messages:
            return False
        return len(self._messages) >= MAX_WAITING or self._bytes + size > MAX_WAITING_BYTES
