"""What a probe says of right and wrong targets, and how it would mend the wrong ones."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from backend.clients.connections.rest import RestConnection
from backend.clients.dialects.rules import AddressKind
from backend.clients.faults.preflight import Speech
from backend.clients.probe.fingerprints import recognise
from backend.clients.probe.fixes import fixes_for
from backend.clients.probe.probing import probe
from backend.clients.probe.questions import AddressFacts
from backend.clients.probe.report import AddressReport, ProbeReport
from backend.core.errors import SignInNeeded, TargetError, TargetFault, TargetUnreachable
from backend.core.target import Credentials, Dialect, Target, Tls
from tests.certificates import Authority, Pair
from tests.clients.conftest import secure_server, target_of
from tests.clients.replay import capture_of, replaying
from tests.real_sources import free_port
from tests.waiting import WAIT_S


def fault_of(door: AddressReport | None) -> TargetFault | None:
    """What is wrong with a door."""
    assert door is not None
    assert isinstance(door.fault, TargetError)
    return door.fault.fault


def mended(report: ProbeReport, title: str) -> Target:
    """The target that a mend offers."""
    found = [mend.target for mend in report.fixes if title in mend.title]
    assert found, [mend.title for mend in report.fixes]
    return found[0]


def ask(target: Target) -> ProbeReport:
    """What is there, however long the server takes on a loaded machine."""
    return probe(target, timeout_s=WAIT_S)


def test_our_own_server_is_known(target: Target) -> None:
    report = ask(target)
    assert report.sentence == "Inferdeck 0.1, OIP + extensions, 8 models, reflection"
    assert (report.dialect, report.binary, report.reflection, report.health) == (
        Dialect.OIP,
        True,
        True,
        True,
    )
    assert report.fixes == ()
    assert all(door is not None and door.answers and door.tls is False for door in doors(report))


def doors(report: ProbeReport) -> tuple[AddressReport | None, AddressReport | None]:
    return report.rest, report.grpc


def test_swapped_addresses_are_swapped_back(target: Target) -> None:
    swapped = replace(
        target, rest=f"http://{target.grpc}", grpc=target.rest.removeprefix("http://")
    )
    report = ask(swapped)
    assert fault_of(report.rest) is TargetFault.GRPC_PORT
    assert fault_of(report.grpc) is TargetFault.HTTP_PORT
    assert not report.answers
    assert mended(report, "Swap the addresses") == target


def test_addresses_of_ipv6_keep_their_brackets() -> None:
    swapped = Target("six", "http://[::1]:8001", "[::1]:8000")
    fault = TargetUnreachable("")
    found = {
        AddressKind.REST: AddressFacts(
            AddressReport(swapped.rest, Speech.GRPC, tls=False, fault=fault)
        ),
        AddressKind.GRPC: AddressFacts(
            AddressReport(swapped.grpc, Speech.HTTP, tls=False, fault=fault)
        ),
    }
    (mend,) = fixes_for(swapped, found)
    assert mend.target == Target("six", "http://[::1]:8000", "[::1]:8001")


def test_a_grpc_port_given_for_rest_alone_is_used_as_one(target: Target) -> None:
    report = ask(replace(target, rest=f"http://{target.grpc}", grpc=""))
    assert fault_of(report.rest) is TargetFault.GRPC_PORT
    assert mended(report, "Use it as gRPC") == replace(target, rest="")


def test_nothing_there_is_said_of_each_door() -> None:
    report = ask(Target("none", f"http://127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"))
    assert fault_of(report.rest) is fault_of(report.grpc) is TargetFault.REFUSED
    assert "Nothing answers at" in report.sentence
    assert report.models is None


def test_one_closed_door_leaves_what_the_other_says(target: Target) -> None:
    report = ask(replace(target, rest=f"http://127.0.0.1:{free_port()}"))
    assert report.answers
    assert report.sentence.startswith("Inferdeck 0.1, OIP + extensions, 8 models, reflection; ")
    assert "Nothing answers" in report.sentence


def test_tls_to_plaintext_is_turned_off(target: Target) -> None:
    report = ask(replace(target, rest=target.rest.replace("http:", "https:"), tls=Tls()))
    assert fault_of(report.rest) is fault_of(report.grpc) is TargetFault.SPEAKS_PLAINTEXT
    assert mended(report, "Turn TLS off") == target


def test_plaintext_to_tls_is_turned_on(good: Pair) -> None:
    with secure_server(good) as server:
        secure = target_of(server, tls=Tls())
        report = ask(replace(secure, rest=secure.rest.replace("https:", "http:"), tls=None))
    assert fault_of(report.rest) is fault_of(report.grpc) is TargetFault.SPEAKS_TLS
    assert mended(report, "Turn TLS on") == secure


def test_a_certificate_that_is_not_trusted_is_told_from_one_that_is(
    good: Pair, authority: Authority
) -> None:
    with secure_server(good) as server:
        trusted = ask(target_of(server, tls=Tls(ca_file=str(authority.ca))))
        unknown = ask(target_of(server, tls=Tls()))
    assert trusted.sentence.startswith("Inferdeck")
    assert all(door is not None and door.tls for door in doors(trusted))
    assert fault_of(unknown.rest) is fault_of(unknown.grpc) is TargetFault.NOT_TRUSTED
    assert mended(unknown, "verification off").tls == Tls(verify=False)


def test_a_server_that_wants_a_sign_in_is_not_taken_for_another_kind(good: Pair) -> None:
    with secure_server(good, token="s3cret") as server:
        tls = Tls(verify=False)
        outside = ask(target_of(server, tls=tls))
        inside = ask(target_of(server, tls=tls, credentials=Credentials("s3cret")))
    assert outside.rest is not None
    assert isinstance(outside.rest.fault, SignInNeeded)
    assert fault_of(outside.grpc) is TargetFault.SIGN_IN
    assert inside.answers


def test_what_is_no_address_is_said() -> None:
    report = ask(Target("typo", "http://127.0.0.1:99999", "localhost"))
    assert fault_of(report.rest) is TargetFault.BAD_ADDRESS


def test_silence_does_not_hold_the_probe_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        at = f"127.0.0.1:{silent.getsockname()[1]}"
        report = probe(Target("silent", f"http://{at}", at))  # which is silent for ever
    assert fault_of(report.rest) in (TargetFault.SILENT, TargetFault.NO_ANSWER)
    assert fault_of(report.grpc) in (TargetFault.SILENT, TargetFault.NO_ANSWER)


class _Pages(BaseHTTPRequestHandler):
    """Serves one page at one path."""

    path_served = ""
    page = b""

    def do_GET(self) -> None:
        found = self.path == self.path_served
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(self.page) if found else 0))
        self.end_headers()
        self.wfile.write(self.page if found else b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def website(path: str, page: bytes) -> Iterator[Target]:
    """An HTTP server with one page."""
    handler = type("Pages", (_Pages,), {"path_served": path, "page": page})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        http.daemon_threads = True
        thread = threading.Thread(target=http.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield Target("site", f"http://127.0.0.1:{http.server_port}")
        finally:
            http.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("path", "page", "name"),
    [
        ("/ping", b'{"status": "Healthy"}', "TorchServe"),
        ("/-/routes", b'{"/": "app"}', "Ray Serve"),
        ("/schema.json", b'{"name": "svc", "routes": []}', "BentoML"),
        ("/v1/models", b'{"models": ["m"]}', "KServe with version 1"),
        ("/info", b'{"model": null, "server": {"devices": []}}', "LitServe"),
        ("/metrics", b"# HELP x y\n", "metrics port"),
        ("/", b"<html>", ""),
    ],
)
def test_other_http_servers_are_named(path: str, page: bytes, name: str) -> None:
    with website(path, page) as site:
        report = ask(site)
    assert not report.answers
    assert name in report.sentence
    assert name in report.server_name
    assert "no Open Inference Protocol" in report.sentence


def test_a_page_in_the_place_of_the_protocol_is_no_server_of_it() -> None:
    with website("/v2", b"<html>It works!</html>") as target:
        door, _ = doors(ask(target))
    assert door is not None
    assert door.fault is not None
    assert "answers HTTP, but has no Open Inference Protocol at /v2" in door.fault.message
    assert "not JSON" in door.fault.hint


def test_a_slow_server_is_asked_who_it_is_only_while_there_is_time() -> None:
    with website("/ping", b'{"status": "Healthy"}') as site:
        channel = RestConnection(site)
        assert recognise(channel, time.monotonic() + 10) == "TorchServe"
        assert recognise(channel, time.monotonic() - 1) == ""
        channel.close()


def test_a_wrong_dialect_is_set_right() -> None:
    with replaying(capture_of("mlserver")) as target:
        report = ask(replace(target, dialect=Dialect.TRITON))
    assert report.sentence.startswith("MLServer")
    assert mended(report, "as to MLServer").dialect is Dialect.MLSERVER


def test_a_file_that_cannot_be_read_is_said(good: Pair) -> None:
    with secure_server(good) as server:
        report = ask(target_of(server, tls=Tls(ca_file="nowhere.pem")))
    assert not report.answers
    assert "nowhere.pem" in report.sentence


def test_a_server_that_stalls_later_is_known_all_the_same() -> None:
    release = threading.Event()

    class Stalling(_Pages):
        path_served = "/v2"
        page = b'{"name": "triton", "version": "2.51.0"}'

        def do_POST(self) -> None:
            release.wait(30)

    with ThreadingHTTPServer(("127.0.0.1", 0), Stalling) as http:
        http.daemon_threads = True
        thread = threading.Thread(target=http.serve_forever, args=(0.02,))
        thread.start()
        try:
            report = probe(Target("slow", f"http://127.0.0.1:{http.server_port}"), timeout_s=3.0)
        finally:
            release.set()
            http.shutdown()
            thread.join()
    assert report.answers
    assert report.sentence == "Triton 2.51, OIP"
    assert report.models is None


def test_an_address_without_its_scheme_is_said() -> None:
    report = ask(Target("bare", "localhost:8000", "http://localhost:8001"))
    assert fault_of(report.rest) is fault_of(report.grpc) is TargetFault.BAD_ADDRESS
    assert mended(report, "Write http://localhost:8000") == Target(
        "bare", "http://localhost:8000", "localhost:8001"
    )
