"""A gRPC service of every kind of method, and the .proto that describes it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from backend.core.target import Target

LAB_PROTO = """
syntax = "proto3";
package lab.v1;
import "parts/note.proto";
service Lab {
  rpc Echo(Note) returns (Note);
  rpc Flood(Note) returns (stream Note);
  rpc Gather(stream Note) returns (Note);
  rpc Chat(stream Note) returns (stream Note);
  rpc Sleep(Note) returns (Note);
  rpc Fail(Note) returns (Note);
  rpc Twice(Note) returns (Note);
}
"""
NOTE_PROTO = 'syntax = "proto3"; package lab.v1; message Note { bytes text = 1; int64 count = 2; }'

FLOOD = 50


def _echo(request: bytes, context: Any) -> bytes:
    context.send_initial_metadata((("server-timing", "queue;dur=0.1, work;dur=0.25"),))
    context.set_trailing_metadata((("x-seen", str(len(request))), ("x-raw-bin", b"\x00\xff")))
    return request


def _flood(request: bytes, _context: Any) -> Iterator[bytes]:
    for _ in range(FLOOD):
        yield request


def _gather(requests: Iterator[bytes], _context: Any) -> bytes:
    total = sum(1 for _ in requests)
    return bytes((0x10, total))


def _chat(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
    context.send_initial_metadata((("x-hello", "there"),))
    yield from requests


def _fail(_request: bytes, context: Any) -> bytes:
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not today")
    raise AssertionError


def _twice(request: bytes, _context: Any) -> Iterator[bytes]:
    yield request
    yield request


@pytest.fixture
def lab() -> Iterator[Target]:
    """Where the service listens; every method takes and gives bytes."""
    over = threading.Event()

    def sleep(request: bytes, context: Any) -> bytes:
        while context.is_active() and not over.wait(0.01):
            pass
        return request

    handlers = {
        "Echo": grpc.unary_unary_rpc_method_handler(_echo),
        "Flood": grpc.unary_stream_rpc_method_handler(_flood),
        "Gather": grpc.stream_unary_rpc_method_handler(_gather),
        "Chat": grpc.stream_stream_rpc_method_handler(_chat),
        "Sleep": grpc.unary_unary_rpc_method_handler(sleep),
        "Fail": grpc.unary_unary_rpc_method_handler(_fail),
        "Twice": grpc.unary_stream_rpc_method_handler(_twice),
    }
    with ThreadPoolExecutor(4) as workers:
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        server = grpc.server(workers, options=options)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("lab.v1.Lab", handlers),)
        )
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield Target("lab", grpc=f"127.0.0.1:{port}")
        over.set()
        server.stop(0).wait(30)
