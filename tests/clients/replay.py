"""A server that answers as a recorded one did: captured bytes on real sockets."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc

from backend.core.target import Target

_ID = re.compile(rb'("id": ?")(\d)(?=")')
CAPTURES = Path(__file__).parent / "captures"


def capture_of(name: str) -> dict[str, Any]:
    """The exchanges with one server."""
    value: dict[str, Any] = json.loads((CAPTURES / f"{name}.json").read_text())
    return value


def body_of(exchange: dict[str, Any]) -> bytes:
    """The body of a recorded REST reply."""
    return bytes.fromhex(exchange["hex"]) if "hex" in exchange else exchange["text"].encode()


@contextmanager
def replaying(
    capture: dict[str, Any], *, rest: bool = True, grpc_: bool = True
) -> Iterator[Target]:
    """The recorded server, through the doors that are wanted."""
    target = Target("replay")
    stops = []
    if rest:
        http = _RestDoor(capture["rest"])
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        stops.append(http)
    pool = ThreadPoolExecutor(4)
    server = grpc.server(pool, handlers=[_GrpcDoor(capture["grpc"])])
    port = server.add_insecure_port("127.0.0.1:0") if grpc_ else 0
    server.start()
    try:
        target = Target(
            "replay",
            f"http://127.0.0.1:{stops[0].server_port}" if stops else "",
            f"127.0.0.1:{port}" if port else "",
        )
        yield target
    finally:
        for http in stops:
            http.shutdown()
            http.server_close()
        server.stop(0).wait(30)
        pool.shutdown()


class _RestDoor(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, exchanges: list[dict[str, Any]]) -> None:
        super().__init__(("127.0.0.1", 0), _Replay)
        self.exchanges = exchanges

    def find(self, method: str, path: str, kind: str, body: bytes) -> dict[str, Any] | None:
        """What was answered to the very same request, or else to a good one like it."""
        like = [one for one in self.exchanges if (one["method"], one["path"]) == (method, path)]
        of_kind = [one for one in like if one["request_headers"].get("content-type", kind) == kind]
        same = [one for one in of_kind if one["request"] == body.hex()]
        good = [one for one in of_kind if one["status"] == 200]
        return next(iter(same or good or like), None)


class _Replay(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _RestDoor

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.headers.get("Content-Type", "")
        found = self.server.find(self.command, self.path, kind, body)
        answer = body_of(found) if found else b'{"error":"Not Found"}'
        # The server gave each request's id back; those of one digit leave lengths as they are.
        if asked := _ID.search(body):
            answer = _ID.sub(lambda was: was[1] + asked[2], answer, count=1)
        self.send_response(found["status"] if found else 404)
        for name, value in (found["headers"] if found else {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = _answer  # noqa: N815 - the names that the library calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the library has it
        """Say nothing."""


class _GrpcDoor(grpc.GenericRpcHandler):  # type: ignore[type-arg]
    """Every method that was recorded; the others are not implemented, as gRPC says by itself."""

    def __init__(self, exchanges: list[dict[str, Any]]) -> None:
        self._exchanges = exchanges

    def service(
        self, details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler[bytes, bytes] | None:
        """The handler of one method."""
        found = [one for one in self._exchanges if one["method"] == details.method]
        if not found or found[0]["status"] == "UNIMPLEMENTED":
            return None
        if "stream" in found[0]["name"]:
            return grpc.stream_stream_rpc_method_handler(
                lambda requests, context: _stream(found, requests, context)
            )
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: _unary(found, request, context)
        )


def _unary(found: list[dict[str, Any]], request: bytes, context: grpc.ServicerContext) -> bytes:
    same = [one for one in found if one["requests"] == [request.hex()]]
    one = next(iter(same or found))
    if one["status"] != "OK":
        context.abort(grpc.StatusCode[one["status"]], one["details"])
    return bytes.fromhex(one["replies"][0])


def _stream(
    found: list[dict[str, Any]], requests: Iterator[bytes], context: grpc.ServicerContext
) -> Iterator[bytes]:
    """The recorded replies, one for each request whatever it holds; then the recorded end."""
    one = found[0]
    if len(one["replies"]) < len(one["requests"]):
        # The server answered some and ended the stream; all were on their way by then.
        for _ in zip(one["requests"], requests, strict=False):
            pass
        yield from map(bytes.fromhex, one["replies"])
        return
    for sent, request in enumerate(requests, 1):
        if sent == 1:
            one = next((x for x in found if x["requests"][0] == request.hex()), one)
        if sent <= len(one["replies"]):
            yield bytes.fromhex(one["replies"][sent - 1])
    if one["status"] != "OK":
        context.abort(grpc.StatusCode[one["status"]], one["details"])
