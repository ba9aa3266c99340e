"""The server as a whole: its life, its ports, its limits, and what it leaves behind."""

from __future__ import annotations

import gc
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import psutil
import pytest
import requests

from backend.core.errors import PortInUse, UsageError
from backend.core.inference import InferRequest
from backend.core.tensors import Array, Datatype, Tensor
from backend.models.repository.registry import ModelRegistry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest
from backend.wire.serving import grpc as serving_grpc
from backend.wire.serving.grpc import ServingInput
from backend.wire.serving.items import Pixels
from tests.server.grpc_calls import streaming, unary
from tests.server.scripted_models import Gated
from tests.waiting import wait_for

WAIT_S = 60.0
HD = np.random.default_rng(3).integers(0, 255, (1080, 1920, 3), dtype=np.uint8)
POST = b"POST /predict HTTP/1.1\r\nHost: localhost\r\n"


def message(values: Array | list[int], model: str = "identity") -> bytes:
    data = np.asarray(values, np.uint8).reshape(-1)
    request = InferRequest(model, (Tensor("INPUT0", Datatype.UINT8, data),))
    return oip_grpc.encode_request(request, raw=True)


def infer(channel: grpc.Channel, data: bytes) -> bytes:
    reply: bytes = unary(channel, oip_grpc.MODEL_INFER)(data, timeout=WAIT_S, wait_for_ready=True)
    return reply


def alive(url: str) -> bool:
    return requests.get(f"{url}/v2/health/live", timeout=30).ok


def closed(address: str) -> bool:
    host, port = address.rsplit(":", 1)
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) != 0


def server_threads() -> set[str]:
    names = {thread.name for thread in threading.enumerate()}
    return {name for name in names if name.startswith(("server", "model-"))}


class TestLife:
    def test_starting_twice_and_stopping_twice_is_harmless(self, registry: ModelRegistry) -> None:
        server = EmbeddedServer(registry, ServerOptions())
        running = [server.running]
        assert server.rest_url == server.grpc_address == ""
        server.start()
        url = server.rest_url
        server.start()
        running.append(server.running)
        assert server.rest_url == url
        assert alive(url)
        assert server.stop()
        assert server.stop()
        running.append(server.running)
        assert running == [False, True, False]
        assert server.rest_url == server.grpc_address == ""
        assert closed(url.removeprefix("http://"))

    def test_a_restart_keeps_ports_models_and_log(
        self, server: EmbeddedServer, connect: Callable[[str], grpc.Channel]
    ) -> None:
        before = server.rest_url, server.grpc_address
        alive(server.rest_url)
        channel = connect(server.grpc_address)
        infer(channel, message([1]))
        for _ in range(3):
            assert server.stop()
            server.start()
            assert (server.rest_url, server.grpc_address) == before
            assert alive(server.rest_url)
            infer(channel, message([1]))  # the same channel finds the server again
        assert server.requests.total == 8

    def test_a_restart_takes_another_port_if_its_own_is_gone(self, server: EmbeddedServer) -> None:
        address = server.grpc_address
        server.stop()
        with socket.socket() as other:
            other.bind(("127.0.0.1", int(address.rsplit(":", 1)[1])))
            other.listen()
            server.start()
            assert server.grpc_address not in ("", address)

    def test_nothing_is_left_behind(self, registry: ModelRegistry, gated: Gated) -> None:
        gated.gate.set()
        counts = []
        for _ in range(4):
            server = EmbeddedServer(registry, ServerOptions())
            server.start()
            with grpc.insecure_channel(server.grpc_address) as channel:
                infer(channel, message([1], "gated"))
            alive(server.rest_url)
            assert server_threads() == {"server", "model-gated"}
            assert server.stop()
            assert server_threads() == set()
            gc.collect()
            counts.append(psutil.Process().num_fds() if hasattr(psutil.Process, "num_fds") else 0)
        # The first life opens what the libraries keep for good.
        assert counts[-1] <= counts[1]


class TestStopping:
    @pytest.fixture
    def busy(self, server: EmbeddedServer, connect: Any, gated: Gated) -> Iterator[list[Any]]:
        """A stream in the middle of a request, a REST request that computes, one half sent."""
        channel = connect(server.grpc_address)
        outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        stream = streaming(channel, oip_grpc.MODEL_STREAM_INFER)(iter(outgoing.get, None))
        outgoing.put(message([1]))
        next(stream)
        outgoing.put(message([2], "gated"))
        assert gated.entered.acquire(timeout=WAIT_S)
        host, port = server.rest_url.removeprefix("http://").split(":")
        half = socket.create_connection((host, int(port)))
        half.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nx")
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(
                requests.post,
                f"{server.rest_url}/predict?model=gated",
                json={"input": 3},
                timeout=WAIT_S,
            )
            yield [stream, waiting]
            outgoing.put(None)
        half.close()

    def test_it_ends_in_time_although_clients_are_in_the_middle(
        self, server: EmbeddedServer, gated: Gated, busy: list[Any]
    ) -> None:
        stream, waiting = busy
        done = server.stop(2.0)
        assert not done  # the gated model still computes on its thread
        assert server_threads() == {"model-gated"}
        with pytest.raises(grpc.RpcError) as caught:
            next(stream)
        error: Any = caught.value
        assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        if isinstance(waiting.exception(WAIT_S), requests.ConnectionError):
            return
        assert waiting.result().status_code == 503
        gated.gate.set()

    def test_it_can_start_again_while_an_old_model_call_is_still_out(
        self, server: EmbeddedServer, connect: Any, gated: Gated, busy: list[Any]
    ) -> None:
        server.stop(1.0)
        server.start()
        assert alive(server.rest_url)
        infer(connect(server.grpc_address), message([1]))
        gated.gate.set()


class TestSwitches:
    def test_off_closes_the_port_and_on_opens_it_again(
        self, server: EmbeddedServer, connect: Any
    ) -> None:
        url, address = server.rest_url, server.grpc_address
        server.set_rest(False)
        assert (server.rest_on, server.rest_url) == (False, "")
        assert closed(url.removeprefix("http://"))
        infer(connect(address), message([1]))
        server.set_grpc(False)
        assert (server.grpc_on, server.grpc_address) == (False, "")
        assert closed(address)
        assert server.running
        server.set_rest(True)
        server.set_grpc(True)
        assert (server.rest_url, server.grpc_address) == (url, address)
        assert alive(url)
        infer(connect(address), message([1]))

    def test_a_switch_thrown_while_stopped_holds_at_the_next_start(
        self, registry: ModelRegistry
    ) -> None:
        server = EmbeddedServer(registry, ServerOptions())
        server.set_grpc(False)
        server.start()
        try:
            assert alive(server.rest_url)
            assert server.grpc_address == ""
        finally:
            assert server.stop()

    def test_switching_back_and_forth_leaves_one_open_port(self, server: EmbeddedServer) -> None:
        for _ in range(5):
            server.set_grpc(False)
            server.set_grpc(True)
            server.set_grpc(True)
        assert not closed(server.grpc_address)


class TestPorts:
    @pytest.mark.parametrize("which", ["REST", "gRPC"])
    @pytest.mark.parametrize("neighbour", ["socket", "server"])
    def test_a_port_in_use_is_said_and_nothing_stays_open(
        self, registry: ModelRegistry, which: str, neighbour: str
    ) -> None:
        other = EmbeddedServer(registry, ServerOptions())
        with socket.socket() as plain:
            if neighbour == "server":
                other.start()
                port = int(other.grpc_address.rsplit(":", 1)[1])
            else:
                plain.bind(("127.0.0.1", 0))
                plain.listen()
                port = plain.getsockname()[1]
            rest_port, grpc_port = (port, 0) if which == "REST" else (0, port)
            options = ServerOptions(rest_port=rest_port, grpc_port=grpc_port)
            server = EmbeddedServer(registry, options)
            with pytest.raises(PortInUse, match=f"Port {port} on 127.0.0.1 is already in use"):
                server.start()
            assert not server.running
            assert server.rest_url == server.grpc_address == ""
            other.stop()
        server.start()
        assert str(port) in server.rest_url + server.grpc_address
        assert server.stop()

    @pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
    def test_an_address_that_is_not_ours_is_a_usage_error(
        self, registry: ModelRegistry, host: str
    ) -> None:
        with pytest.raises(UsageError, match=host):
            EmbeddedServer(registry, ServerOptions(host=host, token="t")).start()

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
    def test_other_names_for_this_machine(
        self, registry: ModelRegistry, host: str, connect: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        look_up = socket.getaddrinfo

        def known(name: Any, *more: Any, **named: Any) -> Any:
            return look_up("127.0.0.1" if name == "localhost" else name, *more, **named)

        # A bare machine has no hosts file; gRPC knows the name by itself.
        monkeypatch.setattr(socket, "getaddrinfo", known)
        server = EmbeddedServer(registry, ServerOptions(host=host))
        server.start()
        try:
            assert alive(server.rest_url)
            infer(connect(server.grpc_address), message([1]))
        finally:
            assert server.stop()

    def test_by_default_only_this_machine_is_served(self, server: EmbeddedServer) -> None:
        ports = {
            int(address.rsplit(":", 1)[1]) for address in (server.rest_url, server.grpc_address)
        }
        listening = [
            connection
            for connection in psutil.Process().net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port in ports
        ]
        # gRPC's socket takes both kinds of address and names this one in the newer way.
        hosts = {connection.laddr.ip.removeprefix("::ffff:") for connection in listening}
        assert hosts == {"127.0.0.1"}
        assert len(listening) == 2

    @pytest.mark.parametrize(
        "wrong",
        [
            {"rest_port": -1},
            {"grpc_port": 65_536},
            {"rest_port": 80, "grpc_port": 80},
            {"message_limit": 0},
            {"message_limit": 1 << 31},
            {"host": ""},
            {"host": "0.0.0.0"},
            {"token": "two words"},
            {"certificate": Path("a.pem")},
        ],
    )
    def test_options_that_cannot_be_are_usage_errors(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(UsageError):
            ServerOptions(**wrong)


class TestStrangers:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost:3000"},
            {"Host": "evil.example"},
            {"Host": "evil.example:80", "Origin": "http://evil.example:80"},
            {"Host": "localhost.evil.example"},
        ],
    )
    def test_a_web_page_does_not_reach_the_models(
        self, server: EmbeddedServer, http: requests.Session, headers: dict[str, str]
    ) -> None:
        reply = http.post(
            f"{server.rest_url}/predict?model=identity",
            data=b'{"input": 1}',
            headers=headers,
            timeout=30,
        )
        assert reply.status_code == 403
        assert "error" in reply.json()
        assert "Access-Control-Allow-Origin" not in reply.headers

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:80", "LOCALHOST:8000"])
    def test_the_names_of_this_machine_are_welcome(
        self, server: EmbeddedServer, http: requests.Session, host: str
    ) -> None:
        headers = {"Host": host, "Origin": f"http://{host}"}
        assert http.get(f"{server.rest_url}/models", headers=headers, timeout=30).ok

    @pytest.mark.parametrize("door", ["rest_url", "grpc_address"])
    @pytest.mark.parametrize(
        "garbage",
        [
            b"\x00" * 5_000,
            b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
            b"GET /" + b"a" * 200_000,
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(range(256)) * 20,
            POST + b"Content-Length: -5\r\n\r\n",
            POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            POST + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n",
        ],
        ids=["zeros", "header", "url", "http2", "length", "chunk", "websocket"],
    )
    def test_garbage_on_a_port_disturbs_nobody(
        self,
        server: EmbeddedServer,
        channel: grpc.Channel,
        garbage: bytes,
        door: str,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        host, port = getattr(server, door).removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as stranger:
            try:
                stranger.sendall(garbage)
                stranger.shutdown(socket.SHUT_WR)
                while stranger.recv(65_536):
                    pass
            except OSError:
                pass
        assert alive(server.rest_url)
        infer(channel, message([1]))
        assert capfd.readouterr().err == ""


class TestLog:
    def test_every_request_of_anyone_has_a_row(
        self, server: EmbeddedServer, http: requests.Session, channel: grpc.Channel
    ) -> None:
        body, began_s = b'{"input": [1, 2]}', time.time()
        reply = http.post(f"{server.rest_url}/predict?model=identity", data=body, timeout=30)
        http.get(f"{server.rest_url}/nothing", timeout=30)
        http.post(f"{server.rest_url}/predict?model=nobody", data=body, timeout=30)
        sent = message([1, 2, 3])
        received = infer(channel, sent)
        stream = streaming(channel, oip_grpc.MODEL_STREAM_INFER)
        assert len(list(stream(iter([sent, message([1], "nobody")])))) == 2
        first, nothing, nobody, unary, good, bad = server.requests.snapshot()

        assert (first.api, first.method, first.model) == ("REST", "POST /predict", "identity")
        assert (first.status, first.failed, first.bytes_in) == ("200", False, len(body))
        assert first.bytes_out == int(reply.headers["Content-Length"])
        assert first.peer.startswith("127.0.0.1:")
        assert first.duration_ms > 0
        assert began_s <= first.time_s <= time.time()
        assert (nothing.status, nothing.failed) == ("404", True)
        assert (nobody.status, nobody.model) == ("404", "nobody")
        assert (unary.api, unary.method, unary.model) == ("gRPC", "ModelInfer", "identity")
        assert (unary.status, unary.bytes_in, unary.bytes_out) == ("OK", len(sent), len(received))
        assert unary.peer.startswith("127.0.0.1:")
        assert (good.method, good.status) == ("ModelStreamInfer", "OK")
        assert (bad.model, bad.status, bad.failed) == ("nobody", "NOT_FOUND", True)
        assert [row.number for row in server.requests.snapshot()] == [1, 2, 3, 4, 5, 6]

    def test_the_last_hundred_are_kept_and_all_are_counted(
        self, server: EmbeddedServer, channel: grpc.Channel
    ) -> None:
        stream = streaming(channel, oip_grpc.MODEL_STREAM_INFER)
        assert len(list(stream(iter([message([1])] * 130)))) == 130
        rows = server.requests.snapshot()
        assert server.requests.total == 130
        assert [rows[0].number, rows[-1].number, len(rows)] == [31, 130, 100]

    def test_a_rest_client_that_leaves_takes_its_waiting_request_along(
        self, server: EmbeddedServer, gated: Gated, http: requests.Session
    ) -> None:
        url = f"{server.rest_url}/predict?model=gated"
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(http.post, url, data=b'{"input": 1}', timeout=WAIT_S)
            assert gated.entered.acquire(timeout=WAIT_S)
            with pytest.raises(requests.Timeout):
                requests.post(url, data=b'{"input": 2}', timeout=(WAIT_S, 1.0))
            wait_for(lambda: server.requests.total > 0)
            gated.gate.set()
            assert first.result().ok
        assert gated.computed == [1]
        assert [row.status for row in server.requests.snapshot()] == ["499", "200"]


class TestLoad:
    def test_a_full_hd_frame_passes_on_every_transport(
        self, server: EmbeddedServer, http: requests.Session, channel: grpc.Channel
    ) -> None:
        sent = message(HD)
        infer_in_stream = streaming(channel, oip_grpc.MODEL_STREAM_INFER)
        replies = [infer(channel, sent), *infer_in_stream(iter([sent, sent]))]
        assert all(HD.tobytes() in reply for reply in replies)

        tensor = Tensor("INPUT0", Datatype.UINT8, HD.reshape(-1))
        headers, body = oip_rest.encode_request(InferRequest("identity", (tensor,)), binary=True)
        reply = http.post(
            server.rest_url + oip_rest.infer_path("identity"),
            data=body,
            headers=headers | {"Accept-Encoding": "identity"},
            timeout=WAIT_S,
        )
        assert reply.content.endswith(HD.tobytes())

        item = serving_grpc.encode_input(ServingInput(Pixels(HD), "1", "identity"))
        predict = unary(channel, serving_grpc.PREDICT)
        stream_predict = streaming(channel, serving_grpc.STREAM_PREDICT)
        for result in (predict(item, timeout=WAIT_S), *stream_predict(iter([item]))):
            assert HD.tobytes() in result

        plain = http.post(
            f"{server.rest_url}/predict?model=seen&height=1080&width=1920&format=rgb",
            data=HD.tobytes(),
            headers={"Content-Type": "application/x-raw", "Accept-Encoding": "identity"},
            timeout=WAIT_S,
        )
        assert plain.ok
        assert len(plain.content) > HD.size

    def test_a_message_close_to_the_default_limit_passes_and_one_above_does_not(
        self, server: EmbeddedServer, http: requests.Session, channel: grpc.Channel
    ) -> None:
        url = server.rest_url + oip_rest.infer_path("identity")
        headers = {oip_rest.HEADER_LENGTH: "0", "Accept-Encoding": "identity"}
        for mebibytes, passes in ((63, True), (65, False)):
            data = np.zeros(mebibytes << 20, np.uint8)
            reply = http.post(url, data=data.tobytes(), headers=headers, timeout=WAIT_S)
            assert reply.status_code == (200 if passes else 413)
            if passes:
                assert len(infer(channel, message(data))) > data.size
            else:
                with pytest.raises(grpc.RpcError, match="RESOURCE_EXHAUSTED"):
                    infer(channel, message(data))

    def test_many_clients_at_once_each_get_their_own_answers(
        self, server: EmbeddedServer, channel: grpc.Channel
    ) -> None:
        def over_rest(n: int) -> None:
            with requests.Session() as session:
                for k in range(20):
                    body = {"input": [n, k]}
                    url = f"{server.rest_url}/predict?model=identity"
                    assert session.post(url, json=body, timeout=WAIT_S).json()["prediction"] == [
                        n,
                        k,
                    ]

        def over_grpc(n: int) -> None:
            for k in range(20):
                answer = oip_grpc.decode_response(infer(channel, message([n, k])))
                assert answer.outputs[0].data.tolist() == [n, k]

        def over_a_stream(n: int) -> None:
            stream = streaming(channel, oip_grpc.MODEL_STREAM_INFER)
            replies = stream(iter([message([n, k]) for k in range(20)]), timeout=WAIT_S)
            for k, reply in enumerate(replies):
                _, answer = oip_grpc.decode_stream_response(reply)
                assert answer is not None
                assert answer.outputs[0].data.tolist() == [n, k]

        with ThreadPoolExecutor(12) as pool:
            work = [
                pool.submit(client, n)
                for n in range(4)
                for client in (over_rest, over_grpc, over_a_stream)
            ]
            for done in work:
                done.result(30)
        assert server.requests.total == 240
