"""What is said of addresses where no cluster answers, at once."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from backend.core.errors import TargetUnreachable, UsageError
from backend.engines.ray.preflight import check_address
from backend.models.repository import ModelRegistry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from tests.real_sources import free_port


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(ModelRegistry(), ServerOptions())
    server.start()
    yield server
    assert server.stop()


@pytest.mark.parametrize(
    "address", ["nonsense", "127.0.0.1", "127.0.0.1:", ":6379", "a b:1", "h:0", "h:65536", "auto"]
)
def test_what_is_no_address_is_told_the_form(address: str) -> None:
    with pytest.raises(UsageError, match=r"is no address of a Ray cluster.*HOST:PORT"):
        check_address(address)


def test_where_nobody_listens_the_reason_is_the_systems() -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(TargetUnreachable, match=f"No Ray cluster answers at {address}: .*refused"):
        check_address(address)


def test_a_silent_listener_is_waited_for_only_so_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(TargetUnreachable, match="says nothing"):
            check_address(address, within_s=0.1)


def test_servers_of_others_are_named(server: EmbeddedServer) -> None:
    with pytest.raises(TargetUnreachable, match="a web server answers there"):
        check_address(server.rest_url.removeprefix("http://"))
    with pytest.raises(TargetUnreachable, match="a gRPC server answers there that is none of Ray"):
        check_address(server.grpc_address)


@pytest.mark.parametrize("code", [None, grpc.StatusCode.UNAUTHENTICATED])
def test_who_knows_the_question_is_a_cluster(code: grpc.StatusCode | None) -> None:
    def answer(_request: bytes, context: Any) -> bytes:
        if code is not None:
            context.abort(code, "a token is wanted")
        return b""

    handlers = {"GetClusterId": grpc.unary_unary_rpc_method_handler(answer)}
    service = grpc.method_handlers_generic_handler("ray.rpc.NodeInfoGcsService", handlers)
    with ThreadPoolExecutor(1) as pool:
        stand_in = grpc.server(pool)
        stand_in.add_generic_rpc_handlers((service,))
        port = stand_in.add_insecure_port("127.0.0.1:0")
        stand_in.start()
        try:
            check_address(f"127.0.0.1:{port}")
        finally:
            stand_in.stop(None).wait()
