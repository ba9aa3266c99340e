"""A real embedded server as a fixture; a folder's conftest imports what it uses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backend.core.choices import EMBEDDED
from backend.core.target import Target
from backend.models.catalogue import bundled_registry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """The server with every bundled model, on ports that the system chose."""
    server = EmbeddedServer(bundled_registry(), ServerOptions())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def target(server: EmbeddedServer) -> Target:
    """Where it listens."""
    return Target(EMBEDDED, server.rest_url, server.grpc_address)
