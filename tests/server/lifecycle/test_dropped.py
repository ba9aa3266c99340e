"""Callers that go away at any moment leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable

import grpc
import pytest

from backend.models.repository.registry import ModelRegistry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.limits import Limits
from backend.server.settings.options import ServerOptions
from backend.wire.oip import grpc as oip_grpc
from tests.server.dropping_clients import held_at_rest, offer_models, run_cycles
from tests.server.grpc_calls import streaming
from tests.server.scripted_servables import asking


@pytest.fixture
def options() -> ServerOptions:
    return ServerOptions(limits=Limits(streams=16, connections=16, calls=64))


@pytest.fixture
def registry(registry: ModelRegistry) -> ModelRegistry:
    offer_models(registry)
    return registry


def test_calls_that_are_dropped_leave_nothing_behind(
    server: EmbeddedServer, connect: Callable[[str], grpc.Channel]
) -> None:
    run_cycles(server, 60)  # starts what is kept: a thread for each model, buffers
    before = held_at_rest(server)
    run_cycles(server, 400, seed=1)
    after = held_at_rest(server, before)
    assert after.within(before), f"{after} was {before}"
    # Nothing that is limited was lost either.
    channel = connect(server.grpc_address)
    message = oip_grpc.encode_request(asking("quick", 1), raw=True)
    calls = [
        streaming(channel, oip_grpc.MODEL_STREAM_INFER)(iter([message]), timeout=30)
        for _ in range(16)
    ]
    assert all(len(list(call)) == 1 for call in calls)
