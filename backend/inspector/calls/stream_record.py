"""The messages of a call that go into its record: all of them, unless they are too many."""

from __future__ import annotations

import threading
from collections import deque

from backend.inspector.calls.exchange import ReplyMessage

MAX_MESSAGES = 10_000
MAX_BYTES = 256 * 1024 * 1024


class StreamRecord:
    """Keeps the first messages given and the newest replies, and counts the rest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.given: list[bytes] = []
        self.given_left_out = 0
        self._given_bytes = 0
        self.sent_ns: list[int] = []
        self.replies: deque[ReplyMessage] = deque()
        self.replies_left_out = 0
        self._reply_bytes = 0

    def add_given(self, message: bytes) -> None:
        """A message is to be sent; they are sent in this order."""
        with self._lock:
            self._given_bytes += len(message)
            if len(self.given) >= MAX_MESSAGES or (self.given and self._given_bytes > MAX_BYTES):
                self.given_left_out += 1
            else:
                self.given.append(message)

    def add_sent(self, offset_ns: int) -> None:
        """The next message has gone out."""
        if len(self.sent_ns) < MAX_MESSAGES:
            self.sent_ns.append(offset_ns)

    def add_reply(self, message: bytes, offset_ns: int) -> None:
        """A message came back."""
        self.replies.append(ReplyMessage(message, offset_ns))
        self._reply_bytes += len(message)
        while len(self.replies) > MAX_MESSAGES or (
            len(self.replies) > 1 and self._reply_bytes > MAX_BYTES
        ):
            self._reply_bytes -= self.replies.popleft().size
            self.replies_left_out += 1
