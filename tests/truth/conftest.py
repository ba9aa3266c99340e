"""A real server, in this process, with a model that sleeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from backend.core.choices import EMBEDDED
from backend.core.target import Target
from backend.models.catalogue import bundled_registry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from tests.truth.counting_proxy import CountingProxy
from tests.truth.sleeping import Sleeping


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    registry = bundled_registry()
    registry.add(Sleeping())
    server = EmbeddedServer(registry, ServerOptions())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def proxied(server: EmbeddedServer) -> Iterator[Callable[..., tuple[Target, CountingProxy]]]:
    """Makes a target whose every byte goes through a proxy, over REST or over gRPC."""
    with ExitStack() as stack:

        def make(
            *, rest: bool, delay_s: Callable[[int], float] = lambda _: 0.0
        ) -> tuple[Target, CountingProxy]:
            upstream = server.rest_url if rest else server.grpc_address
            proxy = stack.enter_context(CountingProxy(upstream, delay_s))
            if rest:
                return Target(EMBEDDED, rest=proxy.url), proxy
            return Target(EMBEDDED, grpc=proxy.address), proxy

        yield make
