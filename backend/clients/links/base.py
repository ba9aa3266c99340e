"""What a lane needs of a connection, whichever protocol it speaks."""

from __future__ import annotations

from typing import Protocol

from backend.clients.codecs import Call, Codec, RestReply


class Link(Protocol):
    """A connection to one target with the codec for its calls; safe to use from several threads."""

    codec: Codec
    send_limit: int
    """Most bytes of a message; a longer one raises PayloadTooLarge and is not sent."""

    def connect(self) -> None:
        """Reach the target and learn what it offers; raises TargetUnreachable and the like."""
        ...

    def call(self, call: Call) -> tuple[RestReply | bytes, int]:
        """One call: the reply for the codec, and its size in bytes."""
        ...

    def close(self) -> None:
        """End every call under way; may be called twice."""
        ...
