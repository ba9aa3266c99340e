"""Listening sockets are made so that replies do not wait."""

from __future__ import annotations

import socket

from backend.server.ports import listen


def test_connections_will_be_without_nagles_delay() -> None:
    """asyncio turns Nagle's algorithm off only where the socket names its protocol."""
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
