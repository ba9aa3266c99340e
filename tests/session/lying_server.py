"""A server over REST and gRPC that answers as `identity` does, every second time with a lie."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc

from backend.core.inference import InferRequest, InferResponse
from backend.core.target import Target
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest

Lie = Callable[[InferResponse], InferResponse]


_TENSOR = {"datatype": "UINT8", "shape": [-1]}
_ABOUT = {
    "ServerMetadata": pb.ServerMetadataResponse(name="lab", version="1").SerializeToString(),
    "ModelMetadata": pb.ModelMetadataResponse(
        name="identity",
        inputs=[{"name": "INPUT0", **_TENSOR}],
        outputs=[{"name": "OUTPUT0", **_TENSOR}],
    ).SerializeToString(),
}


def answered(request: InferRequest, lie: Lie) -> InferResponse:
    """Every second reply is true."""
    outputs = (replace(request.inputs[0], name="OUTPUT0"),)
    answer = InferResponse(request.model, outputs, "1", request.id)
    return answer if int(request.id) % 2 else lie(answer)


class _RestServer(ThreadingHTTPServer):
    daemon_threads = True
    lie: Lie


class _Rest(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _RestServer

    def do_GET(self) -> None:
        """Say who this is."""
        self._send({}, json.dumps({"name": "lab", "version": "1", "extensions": []}).encode())

    def do_POST(self) -> None:
        """Answer, truly or not."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = oip_rest.decode_request(dict(self.headers), body, "identity")
        answer = answered(request, self.server.lie)
        self._send(*oip_rest.encode_response(answer, request))

    def _send(self, headers: dict[str, str], body: bytes) -> None:
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the library has it
        """Say nothing."""


class _Grpc(grpc.GenericRpcHandler):  # type: ignore[type-arg]
    def __init__(self, lie: Lie) -> None:
        self._lie = lie

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """What it says of itself and its model, and both ways to infer."""
        if details.method == oip_grpc.MODEL_INFER:
            return grpc.unary_unary_rpc_method_handler(
                lambda data, _: oip_grpc.encode_response(self._answer(data), raw=True)
            )
        if details.method == oip_grpc.MODEL_STREAM_INFER:
            return grpc.stream_stream_rpc_method_handler(
                lambda messages, _: (
                    oip_grpc.encode_stream_response(self._answer(data), raw=True)
                    for data in messages
                )
            )
        about = _ABOUT.get(details.method.rpartition("/")[2])
        if about is None:
            return None
        return grpc.unary_unary_rpc_method_handler(lambda _data, _context: about)

    def _answer(self, data: bytes) -> InferResponse:
        return answered(oip_grpc.decode_request(data), self._lie)


@contextmanager
def lying(lie: Lie) -> Iterator[Target]:
    """The server, at its addresses."""
    rest = _RestServer(("127.0.0.1", 0), _Rest)
    rest.lie = lie
    threading.Thread(target=rest.serve_forever, args=(0.02,), daemon=True).start()
    pool = ThreadPoolExecutor(4)
    server = grpc.server(pool, handlers=[_Grpc(lie)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield Target("lab", f"http://127.0.0.1:{rest.server_port}", f"127.0.0.1:{port}")
    finally:
        rest.shutdown()
        rest.server_close()
        server.stop(0).wait(30)
        pool.shutdown()
