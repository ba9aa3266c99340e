"""A server that says nothing until the deadline, and one that is out of reach behind a proxy."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from backend.core.errors import DeadlineExceeded, TargetUnreachable
from backend.core.target import Target
from backend.inspector.calls import Caller, Exchange, MethodKind, Request
from tests.real_sources import free_port

LIVE = "/inference.GRPCInferenceService/ServerLive"


@pytest.fixture
def mute() -> Iterator[str]:
    """Host and port of what takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def called(target: Target, request: Request) -> Exchange:
    with Caller(target) as caller:
        return caller.call(request)


def test_a_deadline_that_passed_is_not_a_dead_target(mute: str) -> None:
    grpc = Request("m", MethodKind.UNARY, LIVE, (b"",), deadline_s=0.8)
    rest = Request("m", MethodKind.REST, "/v2", (), verb="GET", deadline_s=0.8)
    for request in (grpc, rest):
        fault = called(Target("m", f"http://{mute}", mute), request).fault
        assert fault is not None
        assert fault.exit_code == DeadlineExceeded.exit_code
        assert "No reply" in fault.message


def test_who_is_out_of_reach_is_told_that_no_proxy_was_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    request = Request("m", MethodKind.REST, "/v2", (), verb="GET", deadline_s=5.0)
    for name in ("no_proxy", "NO_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.lab:3128")
    fault = called(Target("m", nobody), request).fault
    assert fault is not None
    assert fault.exit_code == TargetUnreachable.exit_code
    assert "not by the proxy" in fault.hint
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    fault = called(Target("m", nobody), request).fault
    assert fault is not None
    assert "proxy" not in fault.hint
