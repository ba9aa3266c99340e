"""Replies that are not what was asked for: told once in words, counted as failed."""

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
import numpy as np
import pytest

from backend.core.choices import Payload, RunSettings, Serialization, Transport
from backend.core.errors import DeadlineExceeded, ReplyMismatch
from backend.core.inference import InferRequest, InferResponse
from backend.core.samples import Captured, Frame
from backend.core.status import Result, Severity
from backend.core.target import Target
from backend.core.tensors import Datatype, Tensor
from backend.session.session import Session
from backend.wire import oip_grpc, oip_rest
from backend.wire.generated import open_inference_pb2 as pb
from tests.session.list_source import ListSource
from tests.session.running import running, wait_for

Lie = Callable[[InferResponse], InferResponse]


def other_type(answer: InferResponse) -> InferResponse:
    data = answer.outputs[0].data.astype(np.float32)
    return replace(answer, outputs=(Tensor("OUTPUT0", Datatype.FP32, data),))


LIES: dict[str, tuple[Lie, str]] = {
    "another id": (lambda answer: replace(answer, id="999999"), "ids that are not those"),
    "a made-up id": (lambda answer: replace(answer, id="6f1c-uuid"), "ids that are not those"),
    "another datatype": (other_type, "'OUTPUT0' is FP32, declared is UINT8"),
    "no outputs": (lambda answer: replace(answer, outputs=()), "has no outputs"),
    "another name": (
        lambda answer: replace(
            answer, outputs=(replace(answer.outputs[0], name="Y"),)
        ),
        "'Y' that it does not declare",
    ),
}  # fmt: skip


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
        """ServerMetadata and both ways to infer."""
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
        about = pb.ServerMetadataResponse(name="lab", version="1").SerializeToString()
        return grpc.unary_unary_rpc_method_handler(lambda _data, _context: about)

    def _answer(self, data: bytes) -> InferResponse:
        return answered(oip_grpc.decode_request(data)[0], self._lie)


@contextmanager
def lying(lie: Lie) -> Iterator[Target]:
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
        server.stop(0).wait(5)
        pool.shutdown()


def frames(count: int) -> list[Captured]:
    return [Frame(n, 0, np.full((1, 1, 3), n, np.uint8)) for n in range(count)]


def settings_for(target: Target, transport: Transport) -> RunSettings:
    form = Serialization.RAW if transport.is_grpc else Serialization.JSON
    return RunSettings(target, "identity", transport=transport, payload=Payload(form), in_flight=1)


@pytest.mark.parametrize("transport", Transport)
@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_told_once_and_counted(transport: Transport, lie: str) -> None:
    tell, wrong = LIES[lie]
    results: list[Result] = []
    with lying(tell) as target:
        session = Session(
            settings_for(target, transport), ListSource(frames(6)), on_result=results.append
        )
        with running(session):
            wait_for(lambda: session.join(0.0))

    counts = session.status().counts
    assert (counts.captured, counts.answered, counts.failed) == (6, 3, 3)
    assert [result.seq for result in results] == [1, 3, 5]
    assert isinstance(session.last_failure, ReplyMismatch)
    (notice,) = session.notices.drain()
    assert notice.severity is Severity.WARNING
    assert wrong in notice.title
    assert notice.body


def test_what_is_wrong_with_the_newest_reply_stands_in_the_status() -> None:
    with lying(other_type) as target:
        source = ListSource(frames(1), live=True, repeat=True, interval_s=0.01)
        session = Session(settings_for(target, Transport.GRPC), source)
        with running(session):
            wait_for(lambda: any("FP32" in alert.title for alert in session.status().alerts))


def test_ids_of_requests_that_were_answered_before_are_named_with_the_deadline() -> None:
    """A stream that gives one id again and again answers no other request."""
    with lying(lambda answer: replace(answer, id="1")) as target:
        settings = replace(settings_for(target, Transport.GRPC_STREAM), deadline_s=0.5)
        session = Session(settings, ListSource(frames(4)))
        with running(session):
            wait_for(lambda: isinstance(session.last_failure, DeadlineExceeded))
    assert "ids of requests answered before" in str(session.last_failure)
