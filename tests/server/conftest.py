"""A real server on real sockets, and clients to ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import grpc
import pytest
import requests

from backend.models.catalogue import bundled_registry
from backend.models.repository.registry import ModelRegistry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from tests.server.scripted_models import Failing, Gated, Heard, Pair, Seen

_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


@pytest.fixture
def gated() -> Iterator[Gated]:
    model = Gated()
    yield model
    model.gate.set()


@pytest.fixture
def registry(gated: Gated) -> ModelRegistry:
    registry = bundled_registry()
    for model in (gated, Failing(), Pair(), Seen(), Heard()):
        registry.add(model)
    return registry


@pytest.fixture
def options() -> ServerOptions:
    return ServerOptions()


@pytest.fixture
def server(
    registry: ModelRegistry, options: ServerOptions, gated: Gated
) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(registry, options)
    server.start()
    yield server
    gated.gate.set()
    assert server.stop()


@pytest.fixture
def http(server: EmbeddedServer) -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def connect() -> Iterator[Callable[[str], grpc.Channel]]:
    with ExitStack() as stack:
        yield lambda address: stack.enter_context(
            grpc.insecure_channel(address, options=_UNLIMITED)
        )


@pytest.fixture
def channel(server: EmbeddedServer, connect: Callable[[str], grpc.Channel]) -> grpc.Channel:
    return connect(server.grpc_address)
