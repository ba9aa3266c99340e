"""Who is answered, and how much is taken from anybody."""

from __future__ import annotations

import gzip
import json
import select
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests

from backend.core.errors import UsageError
from backend.models.repository.registry import ModelRegistry
from backend.server.grpc.connections import can_make_room
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.limits import Limits
from backend.server.settings.options import ServerOptions
from backend.server.settings.timeouts import Timeouts
from backend.wire.oip import grpc as oip_grpc
from tests.attacks.raw_clients import Crowd, grpc_address, rest_address
from tests.server.grpc.test_services import request
from tests.server.grpc_calls import unary
from tests.server.scripted_models import Gated
from tests.waiting import wait_for

WAIT_S = 60.0
TOKEN = "s3cret"
LIVE = f"/{oip_grpc.SERVICE}/ServerLive"


@contextmanager
def serving(registry: ModelRegistry, **options: Any) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(registry, ServerOptions(**options))
    server.start()
    try:
        yield server
    finally:
        assert server.stop()


def status(act: Callable[[], object]) -> str:
    try:
        act()
    except grpc.RpcError as error:
        code: Any = error
        return str(code.code().name)
    return "OK"


def infer_body(count: int = 1) -> dict[str, Any]:
    given = {"name": "INPUT0", "shape": [1], "datatype": "UINT8", "data": [1]}
    return {"inputs": [given] * count}


class TestToken:
    def test_rest_answers_only_to_the_token(self, registry: ModelRegistry) -> None:
        with serving(registry, token=TOKEN) as server:
            url = f"{server.rest_url}/v2/health/live"
            for header in ({}, {"Authorization": TOKEN}, {"Authorization": f"Bearer {TOKEN}x"}):
                reply = requests.get(url, headers=header, timeout=30)
                assert reply.status_code == 401
                assert reply.headers["WWW-Authenticate"] == "Bearer"
                assert "token" in reply.json()["error"]
                assert TOKEN not in reply.text
            header = {"Authorization": f"Bearer {TOKEN}"}
            assert requests.get(url, headers=header, timeout=30).ok
            schemes = requests.get(f"{server.rest_url}/openapi.json", headers=header, timeout=30)
            assert schemes.json()["security"] == [{"token": []}]

    @pytest.mark.parametrize(
        "path",
        [
            LIVE,
            "/grpc.health.v1.Health/Check",
            "/grpc.health.v1.Health/Watch",
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            "/modelserving.v1.ModelServing/ListModels",
        ],
    )
    def test_grpc_answers_only_to_the_token(
        self, registry: ModelRegistry, connect: Callable[[str], grpc.Channel], path: str
    ) -> None:
        with serving(registry, token=TOKEN) as server:
            call = unary(connect(server.grpc_address), path)
            assert status(lambda: call(b"", timeout=WAIT_S)) == "UNAUTHENTICATED"
            wrong = (("authorization", "Bearer x"),)
            assert status(lambda: call(b"", timeout=WAIT_S, metadata=wrong)) == "UNAUTHENTICATED"
            if path == LIVE:
                right = (("authorization", f"Bearer {TOKEN}"),)
                assert status(lambda: call(b"", timeout=WAIT_S, metadata=right)) == "OK"

    def test_other_hosts_need_one_and_get_no_shared_memory(self, registry: ModelRegistry) -> None:
        with pytest.raises(UsageError, match=r"0\.0\.0\.0: that needs a token"):
            ServerOptions(host="0.0.0.0")
        with serving(registry, host="0.0.0.0", token=TOKEN) as server:
            header = {"Authorization": f"Bearer {TOKEN}"}
            about = requests.get(f"{server.rest_url}/v2", headers=header, timeout=30).json()
            assert "system_shared_memory" not in about["extensions"]
            status = f"{server.rest_url}/v2/systemsharedmemory/status"
            assert requests.get(status, headers=header, timeout=30).status_code == 501

    def test_what_is_not_safe_is_warned_of(
        self, registry: ModelRegistry, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert ServerOptions(token="0123456789abcdef").warnings == ()
        with serving(registry, host="0.0.0.0", token="x"):
            pass
        assert "The token has 1 characters and can be guessed" in caplog.text
        assert "on the way to 0.0.0.0 can read the token" in caplog.text

    def test_the_token_is_not_shown_by_accident(self) -> None:
        assert TOKEN not in repr(ServerOptions(token=TOKEN))


def test_names_may_be_allowed(registry: ModelRegistry) -> None:
    with serving(registry, allowed_hosts=("models.example",)) as server:
        url = f"{server.rest_url}/v2/health/live"
        for name, code in (("models.example", 200), ("Models.Example:80", 200), ("other", 403)):
            assert requests.get(url, headers={"Host": name}, timeout=30).status_code == code


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


class TestTls:
    def test_both_ports_speak_it(self, registry: ModelRegistry, files: tuple[Path, Path]) -> None:
        certificate, key = files
        with serving(registry, certificate=certificate, private_key=key) as server:
            assert server.rest_url.startswith("https://127.0.0.1:")
            live = f"{server.rest_url}/v2/health/live"
            assert requests.get(live, verify=str(certificate), timeout=30).ok
            trust = grpc.ssl_channel_credentials(certificate.read_bytes())
            with grpc.secure_channel(server.grpc_address, trust) as channel:
                assert status(lambda: unary(channel, LIVE)(b"", timeout=WAIT_S)) == "OK"
            with pytest.raises(requests.ConnectionError):
                requests.get(live.replace("https", "http"), timeout=30)

    @pytest.mark.parametrize("port", [rest_address, grpc_address])
    def test_handshakes_that_stop_keep_nobody_out(
        self,
        registry: ModelRegistry,
        files: tuple[Path, Path],
        port: Callable[[EmbeddedServer], tuple[str, int]],
    ) -> None:
        certificate, key = files
        trust = grpc.ssl_channel_credentials(certificate.read_bytes())
        hello = b"\x16\x03\x01\x02\x00\x01"
        with (
            serving(registry, certificate=certificate, private_key=key) as server,
            Crowd(port(server), 300, lambda number: hello[: number % len(hello)]),
        ):
            live = f"{server.rest_url}/v2/health/live"
            assert requests.get(live, verify=str(certificate), timeout=WAIT_S).ok
            with grpc.secure_channel(server.grpc_address, trust) as channel:
                call = unary(channel, LIVE)
                assert status(lambda: call(b"", timeout=WAIT_S, wait_for_ready=True)) == "OK"

    @pytest.mark.parametrize("port", [rest_address, grpc_address])
    def test_a_handshake_that_stops_is_ended(
        self,
        registry: ModelRegistry,
        files: tuple[Path, Path],
        port: Callable[[EmbeddedServer], tuple[str, int]],
    ) -> None:
        certificate, key = files
        timeouts = Timeouts(handshake_s=0.2)
        options = {"certificate": certificate, "private_key": key, "timeouts": timeouts}
        with (
            serving(registry, **options) as server,
            socket.create_connection(port(server), WAIT_S) as stopped,
        ):
            assert stopped.recv(1) == b""

    def test_files_that_do_not_fit_are_said_at_the_start(
        self, registry: ModelRegistry, files: tuple[Path, Path], tmp_path: Path
    ) -> None:
        certificate, _ = files
        for key in (certificate, tmp_path / "absent"):
            options = ServerOptions(certificate=certificate, private_key=key)
            server = EmbeddedServer(registry, options)
            with pytest.raises(UsageError, match="TLS cannot be offered"):
                server.start()
            assert not server.running


class TestLimits:
    @pytest.mark.parametrize("wrong", [0, -1, 1 << 31])
    def test_a_limit_that_cannot_be_is_a_usage_error(self, wrong: int) -> None:
        with pytest.raises(UsageError, match="limit of tensors"):
            Limits(tensors=wrong)

    def test_tensors_and_nesting(
        self, registry: ModelRegistry, connect: Callable[[str], grpc.Channel]
    ) -> None:
        with serving(registry, limits=Limits(tensors=2, nesting=5)) as server:
            url = f"{server.rest_url}/v2/models/identity/infer"

            def post(body: object) -> str:
                reply = requests.post(url, data=json.dumps(body), timeout=30)
                return f"{reply.status_code} {reply.text}"

            assert post(infer_body()).startswith("200")
            assert "400" in post(infer_body(3))
            assert "3 inputs; at most 2 are taken" in post(infer_body(3))
            outputs = infer_body() | {"outputs": [{"name": "OUTPUT0"}] * 3}
            assert "3 outputs; at most 2 are taken" in post(outputs)
            assert "nested deeper than 5" in post(infer_body() | {"x": [[[[[[]]]]]]})
            deep = requests.post(
                f"{server.rest_url}/predict?model=identity",
                data='{"input": [[[[[[1]]]]]]}',
                timeout=30,
            )
            assert (deep.status_code, "nested deeper than 5" in deep.text) == (400, True)
            tensor = request([1]).inputs[0]
            many = oip_grpc.encode_request(
                type(request([1]))("identity", (tensor, tensor, tensor)), raw=True
            )
            call = unary(connect(server.grpc_address), oip_grpc.MODEL_INFER)
            assert status(lambda: call(many, timeout=WAIT_S)) == "INVALID_ARGUMENT"

    def test_decompressed_bodies(self, registry: ModelRegistry) -> None:
        with serving(registry, limits=Limits(decompressed_bytes=1000)) as server:
            url = f"{server.rest_url}/v2/models/identity/infer"
            header = {"Content-Encoding": "gzip"}
            small = gzip.compress(json.dumps(infer_body()).encode())
            assert requests.post(url, data=small, headers=header, timeout=30).ok
            bomb = gzip.compress(b" " * 1_000_000)
            reply = requests.post(url, data=bomb, headers=header, timeout=30)
            assert reply.status_code == 413

    def test_headers(self, registry: ModelRegistry) -> None:
        with serving(registry, limits=Limits(header_bytes=2000, headers=20)) as server:
            url = f"{server.rest_url}/v2/health/live"
            assert requests.get(url, timeout=30).ok
            for headers in ({"X": "y" * 2000}, {f"X-{n}": "y" for n in range(20)}):
                assert requests.get(url, headers=headers, timeout=30).status_code == 400

    def test_metadata(
        self, registry: ModelRegistry, connect: Callable[[str], grpc.Channel]
    ) -> None:
        with serving(registry, limits=Limits(header_bytes=2000)) as server:
            call = unary(connect(server.grpc_address), LIVE)
            large = (("x", "y" * 5000),)
            assert status(lambda: call(b"", timeout=WAIT_S, metadata=large)) == "RESOURCE_EXHAUSTED"
            assert status(lambda: call(b"", timeout=WAIT_S)) == "OK"

    def test_connections(self, registry: ModelRegistry) -> None:
        with serving(registry, limits=Limits(connections=3)) as server:
            host, port = server.rest_url.removeprefix("http://").split(":")
            held = [socket.create_connection((host, int(port)), WAIT_S) for _ in range(3)]
            assert requests.get(f"{server.rest_url}/v2", timeout=WAIT_S).ok
            # The oldest of those that have asked for nothing made room.
            assert held[0].recv(1) == b""
            for one in held:
                one.close()

    def test_calls(
        self,
        registry: ModelRegistry,
        gated: Gated,
        connect: Callable[[str], grpc.Channel],
    ) -> None:
        with serving(registry, limits=Limits(calls=1)) as server:
            channel = connect(server.grpc_address)
            message = oip_grpc.encode_request(request([1], "gated"), raw=True)
            first = unary(channel, oip_grpc.MODEL_INFER).future(message, timeout=WAIT_S)
            assert gated.entered.acquire(timeout=WAIT_S)
            call = unary(channel, LIVE)
            assert status(lambda: call(b"", timeout=WAIT_S)) == "RESOURCE_EXHAUSTED"
            gated.gate.set()
            first.result()

    @pytest.mark.skipif(not can_make_room(), reason="descriptors cannot be listed here")
    def test_grpc_connections(self, registry: ModelRegistry) -> None:
        with serving(registry, limits=Limits(connections=3)) as server:
            host, _, port = server.grpc_address.rpartition(":")
            held = []
            for _ in range(4):
                held.append(socket.create_connection((host, int(port)), WAIT_S))
                assert held[-1].recv(1)  # the server speaks first
            # One of those that have asked for nothing made room.
            assert select.select(held, [], [], WAIT_S)[0]
            with grpc.insecure_channel(server.grpc_address) as channel:
                assert status(lambda: unary(channel, LIVE)(b"", timeout=WAIT_S)) == "OK"
            for connection in held:
                connection.close()


class TestDraining:
    def test_what_runs_is_finished_and_nothing_new_is_taken(
        self, registry: ModelRegistry, gated: Gated, connect: Callable[[str], grpc.Channel]
    ) -> None:
        server = EmbeddedServer(registry, ServerOptions())
        server.start()
        channel = connect(server.grpc_address)
        path = oip_grpc.MODEL_INFER
        messages = [oip_grpc.encode_request(request([n], "gated"), raw=True) for n in range(2)]
        calls = [unary(channel, path).future(message, timeout=WAIT_S) for message in messages]
        url, answers = server.rest_url, []
        body = json.dumps(infer_body())

        def ask() -> None:
            answers.append(requests.post(f"{url}/v2/models/gated/infer", body, timeout=WAIT_S))

        asking = threading.Thread(target=ask)
        asking.start()
        gauge = 'nv_inference_pending_request_count{model="gated",version="1"} 3.0'
        wait_for(lambda: gauge in requests.get(f"{url}/metrics", timeout=30).text)
        ended: list[bool] = []
        stopping = threading.Thread(target=lambda: ended.append(server.stop(drain_s=WAIT_S)))
        stopping.start()

        def refused() -> bool:
            try:
                requests.get(f"{url}/v2/health/ready", timeout=WAIT_S)
            except requests.ConnectionError:
                # One that got in at the very moment of closing is never read, only closed.
                return True
            return False

        wait_for(refused)
        gated.gate.set()
        stopping.join(WAIT_S)
        asking.join(WAIT_S)
        assert ended == [True]
        assert [call.code().name for call in calls] == ["OK", "OK"]
        assert [answer.status_code for answer in answers] == [200]

    def test_what_takes_too_long_is_broken_off(
        self, registry: ModelRegistry, gated: Gated, connect: Callable[[str], grpc.Channel]
    ) -> None:
        server = EmbeddedServer(registry, ServerOptions())
        server.start()
        message = oip_grpc.encode_request(request([1], "gated"), raw=True)
        call = unary(connect(server.grpc_address), oip_grpc.MODEL_INFER)
        running = call.future(message, timeout=WAIT_S)
        assert gated.entered.acquire(timeout=WAIT_S)
        assert not server.stop(0.5, drain_s=0.3)
        assert running.code().name in ("CANCELLED", "UNAVAILABLE")
        gated.gate.set()
