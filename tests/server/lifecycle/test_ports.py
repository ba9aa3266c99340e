"""Listening sockets are made so that replies do not wait."""

from __future__ import annotations

import socket

import pytest

from backend.core.errors import PortInUse
from backend.server.settings.ports import check_free, listen


def test_connections_will_be_without_nagles_delay() -> None:
    """asyncio turns Nagle's algorithm off only where the socket names its protocol."""
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_port_can_be_asked_for_before_it_is_needed() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortInUse, match=str(port)):
            check_free("127.0.0.1", port)
    check_free("127.0.0.1", port)
