"""TLS, certificates and credentials against real servers, over both doors."""

from __future__ import annotations

import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import grpc
import pytest

from backend.clients.codecs.calls import RestCall
from backend.clients.connections.grpc import GrpcConnection
from backend.clients.connections.rest import RestConnection
from backend.core.choices import Compression
from backend.core.errors import (
    CertificateRefused,
    ConsoleError,
    SignInNeeded,
    TargetFault,
    TargetUnreachable,
    UsageError,
)
from backend.core.target import Credentials, Target, Tls
from backend.core.worker import Worker
from backend.wire.oip.grpc import SERVICE
from tests.certificates import Authority, Pair
from tests.clients.conftest import secure_server, target_of

TOKEN = "s3cret-t0ken"


def ask_rest(target: Target) -> int:
    channel = RestConnection(target)
    try:
        return channel.send(RestCall("/v2", {}, b"", "GET"), deadline_s=30).status
    finally:
        channel.close()


def ask_grpc(target: Target) -> int:
    channel = GrpcConnection(target)
    try:
        channel.unary(
            f"/{SERVICE}/ServerMetadata", b"", deadline_s=30, compression=Compression.NONE
        )
        return 200
    finally:
        channel.close()


ASKS = [pytest.param(ask_rest, id="rest"), pytest.param(ask_grpc, id="grpc")]
Ask = Callable[[Target], int]


def trusting(authority: Authority, **more: str) -> Tls:
    return Tls(ca_file=str(authority.ca), **more)  # type: ignore[arg-type]


def test_a_trusted_certificate_lets_both_doors_speak(authority: Authority, good: Pair) -> None:
    with secure_server(good) as server:
        target = target_of(server, tls=trusting(authority))
        assert ask_rest(target) == ask_grpc(target) == 200


@pytest.mark.parametrize("ask", ASKS)
def test_a_stranger_is_not_trusted_and_shown(ask: Ask, stranger: Authority, good: Pair) -> None:
    with secure_server(good) as server, pytest.raises(CertificateRefused) as caught:
        ask(target_of(server, tls=trusting(stranger)))
    assert caught.value.fault is TargetFault.NOT_TRUSTED
    facts = caught.value.certificate
    assert facts is not None
    assert facts.subject == "O=Lab, CN=good"
    assert facts.issuer == "CN=Test authority"
    assert facts.names == ("localhost", "127.0.0.1")
    assert facts.not_after in caught.value.hint


@pytest.mark.parametrize("ask", ASKS)
def test_a_certificate_for_another_name(ask: Ask, authority: Authority, elsewhere: Pair) -> None:
    with secure_server(elsewhere) as server:
        with pytest.raises(CertificateRefused) as caught:
            ask(target_of(server, tls=trusting(authority)))
        assert caught.value.fault is TargetFault.WRONG_NAME
        assert caught.value.expected_name == "127.0.0.1"
        assert "models.example" in caught.value.hint
        named = trusting(authority, server_name="models.example")
        assert ask(target_of(server, tls=named)) == 200


class Tunnel(socketserver.BaseRequestHandler):
    """A proxy that leads wherever it is asked to, on this machine."""

    def handle(self) -> None:
        asked = self.request.recv(65_536)
        port = int(asked.split()[1].rpartition(b":")[2])
        with socket.create_connection(("127.0.0.1", port)) as server:
            self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            ends = {server: self.request, self.request: server}
            while True:
                for end in select.select(list(ends), [], [], 10)[0]:
                    data = end.recv(65_536)
                    if not data:
                        return
                    ends[end].sendall(data)


def test_tls_through_a_proxy_trusts_the_targets_authority(
    authority: Authority, elsewhere: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    with (
        secure_server(elsewhere) as server,
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as proxy,
    ):
        serving = Worker("proxy", lambda _: proxy.serve_forever(0.05)).start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.server_address[1]}")
        port = server.rest_url.rpartition(":")[2]
        far = Target("far", f"https://models.example:{port}", tls=trusting(authority))
        assert ask_rest(far) == 403  # spoken to: our server has no business under that name
        proxy.shutdown()
        assert serving.join(30)


@pytest.mark.parametrize("ask", ASKS)
def test_an_expired_certificate(ask: Ask, authority: Authority, expired: Pair) -> None:
    with secure_server(expired) as server, pytest.raises(CertificateRefused) as caught:
        ask(target_of(server, tls=trusting(authority)))
    assert caught.value.fault is TargetFault.EXPIRED
    assert caught.value.certificate is not None
    assert caught.value.certificate.expired


@pytest.mark.parametrize("ask", ASKS)
def test_verification_can_be_off(ask: Ask, elsewhere: Pair) -> None:
    with secure_server(elsewhere) as server:
        assert ask(target_of(server, tls=Tls(verify=False))) == 200


def test_closing_does_not_wait_for_the_certificate_of_a_silent_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        at = f"127.0.0.1:{silent.getsockname()[1]}"
        target = Target("t", grpc=at, tls=Tls(verify=False), connect_timeout_s=60)
        channel = GrpcConnection(target)
        asking = Worker("asking", lambda _: channel.wait_ready(60)).start()
        peer, _ = silent.accept()
        closing = Worker("closing", lambda _: channel.close()).start()
        assert closing.join(30)
        assert asking.alive
    peer.close()
    assert asking.join(30)
    assert isinstance(asking.error, TargetUnreachable)


@pytest.mark.parametrize("ask", ASKS)
def test_without_verification_dates_do_not_matter(ask: Ask, expired: Pair) -> None:
    with secure_server(expired) as server:
        assert ask(target_of(server, tls=Tls(verify=False))) == 200


@pytest.mark.parametrize("ask", ASKS)
def test_plaintext_to_a_tls_port(ask: Ask, good: Pair) -> None:
    with secure_server(good) as server:
        plain = Target("lab", server.rest_url.replace("https", "http"), server.grpc_address)
        with pytest.raises(TargetUnreachable) as caught:
            ask(plain)
    assert caught.value.fault is TargetFault.SPEAKS_TLS


@pytest.mark.parametrize("ask", ASKS)
def test_tls_to_a_plaintext_port(ask: Ask, target: Target) -> None:
    secure = Target("lab", target.rest.replace("http", "https"), target.grpc, tls=Tls())
    with pytest.raises(TargetUnreachable) as caught:
        ask(secure)
    assert caught.value.fault is TargetFault.SPEAKS_PLAINTEXT


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("tls", [False, True])
def test_swapped_ports(ask: Ask, tls: bool, authority: Authority, good: Pair) -> None:
    with secure_server(good) as server:
        swapped = Target(
            "lab",
            f"https://{server.grpc_address}",
            server.rest_url.removeprefix("https://"),
            tls=trusting(authority),
        )
        with pytest.raises(TargetUnreachable) as caught:
            ask(swapped)
    wrong = TargetFault.GRPC_PORT if ask is ask_rest else TargetFault.HTTP_PORT
    assert caught.value.fault is wrong


@pytest.mark.parametrize("ask", ASKS)
def test_swapped_plaintext_ports(ask: Ask, target: Target) -> None:
    swapped = Target("lab", f"http://{target.grpc}", target.rest.removeprefix("http://"))
    with pytest.raises(TargetUnreachable) as caught:
        ask(swapped)
    wrong = TargetFault.GRPC_PORT if ask is ask_rest else TargetFault.HTTP_PORT
    assert caught.value.fault is wrong


def test_the_token_opens_both_doors_and_a_wrong_one_is_said(
    authority: Authority, good: Pair
) -> None:
    with secure_server(good, TOKEN) as server:
        tls = trusting(authority)
        right = target_of(server, tls=tls, credentials=Credentials(token=TOKEN))
        assert ask_rest(right) == ask_grpc(right) == 200
        by_header = Credentials(headers=(("Authorization", f"Bearer {TOKEN}"),))
        assert ask_grpc(target_of(server, tls=tls, credentials=by_header)) == 200
        wrong = target_of(server, tls=tls, credentials=Credentials(token="wrong-one"))
        assert ask_rest(wrong) == 401
        with pytest.raises(SignInNeeded) as caught:
            ask_grpc(wrong)
        assert caught.value.fault is TargetFault.SIGN_IN
        assert "wrong-one" not in str(caught.value)
        assert TOKEN not in repr(right)


def test_the_token_is_carried_in_every_kind_of_call(authority: Authority, good: Pair) -> None:
    with secure_server(good, TOKEN) as server:
        channel = GrpcConnection(
            target_of(server, tls=trusting(authority), credentials=Credentials(token=TOKEN))
        )
        try:
            path, stream = f"/{SERVICE}/ServerMetadata", f"/{SERVICE}/ModelStreamInfer"
            assert list(channel.stream(path, b"", timeout_s=30))
            replies = channel.stream(stream, iter(()), timeout_s=30)
            assert list(replies) == []
        finally:
            channel.close()


@contextmanager
def demanding_grpc(authority: Authority, pair: Pair) -> Iterator[str]:
    """A gRPC server that lets in who has a certificate of the authority."""
    credentials = grpc.ssl_server_credentials(
        [(pair.key.read_bytes(), pair.certificate.read_bytes())],
        authority.ca.read_bytes(),
        require_client_auth=True,
    )
    answer = grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"")
    handlers = grpc.method_handlers_generic_handler(SERVICE, {"ServerMetadata": answer})
    with futures.ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool)
        server.add_generic_rpc_handlers((handlers,))
        port = server.add_secure_port("127.0.0.1:0", credentials)
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(0).wait(30)


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class _Quiet(HTTPServer):
    def handle_error(self, *_: object) -> None:
        pass


@contextmanager
def demanding_rest(authority: Authority, pair: Pair) -> Iterator[str]:
    """The same over https."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    context.load_verify_locations(authority.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    server = _Quiet(("127.0.0.1", 0), _Answering)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


def test_a_certificate_of_ours_is_shown_where_one_is_wanted(
    authority: Authority, good: Pair
) -> None:
    bare = trusting(authority)
    ours = trusting(authority, certificate_file=str(good.certificate), key_file=str(good.key))
    with demanding_grpc(authority, good) as address:
        assert ask_grpc(Target("lab", grpc=address, tls=ours)) == 200
        _wants_certificate(ask_grpc, Target("lab", grpc=address, tls=bare))
    with demanding_rest(authority, good) as url:
        assert ask_rest(Target("lab", url, tls=ours)) == 200
        _wants_certificate(ask_rest, Target("lab", url, tls=bare))


def _wants_certificate(ask: Ask, target: Target) -> None:
    with pytest.raises(TargetUnreachable) as caught:
        ask(target)
    assert caught.value.fault is TargetFault.CLIENT_CERTIFICATE


@pytest.mark.parametrize("ask", ASKS)
def test_files_that_cannot_be_used_are_named(ask: Ask, good: Pair, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("no certificate")
    for tls in (
        Tls(ca_file=str(nothing)),
        Tls(ca_file=str(tmp_path / "absent.pem")),
        Tls(certificate_file=str(good.certificate), key_file=str(nothing)),
        Tls(key_file=str(good.key)),
    ):
        with pytest.raises(UsageError):
            ask(Target("lab", "https://127.0.0.1:9", "127.0.0.1:9", tls=tls))


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials(token="two words"),
        Credentials(token="hunter2\n"),
        Credentials(headers=(("X-Key", "hunter2\n"),)),
        Credentials(token="${UNKNOWN}"),
        Credentials(headers=(("bad name", "x"),)),
        Credentials(headers=(("X-Key", "sécret"),)),
    ],
)
def test_credentials_that_cannot_be_sent_are_refused_without_showing_them(
    credentials: Credentials,
) -> None:
    for channel in (RestConnection, GrpcConnection):
        with pytest.raises(ConsoleError) as caught:
            channel(Target("lab", "http://127.0.0.1:9", "127.0.0.1:9", credentials=credentials))
        assert "sécret" not in str(caught.value)
        assert "two words" not in str(caught.value)
        assert "hunter2" not in str(caught.value)
