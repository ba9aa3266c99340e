"""HTTP that two readers could read differently, and names that are no paths."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from backend.server.lifecycle.embedded import EmbeddedServer
from tests.attacks.growth import assert_linear
from tests.attacks.raw_clients import Address, answer_to, connected, heard, rest_address, serving

TOKEN = "s3cret"
BODY = b'{"inputs":[{"name":"INPUT0","shape":[1],"datatype":"UINT8","data":[1]}]}'
INFER = b"POST /v2/models/identity/infer HTTP/1.1\r\n"
HOST = b"Host: 127.0.0.1\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with serving() as server:
        yield server


@pytest.fixture
def address(server: EmbeddedServer) -> Address:
    return rest_address(server)


def statuses(reply: bytes) -> list[int]:
    """Of every answer in what was heard on a connection."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) \w", reply)]


def reason(reply: bytes) -> str:
    """The error in the last answer."""
    return str(json.loads(reply.rpartition(b"\r\n\r\n")[2])["error"])


class TestHost:
    @pytest.mark.parametrize(
        ("hosts", "shown"),
        [
            (b"", "got none"),
            (HOST + HOST, "got '127.0.0.1', '127.0.0.1'"),
            (HOST + b"host: evil.example\r\n", "got '127.0.0.1', 'evil.example'"),
            (b"Host:\r\n", "got ''"),
        ],
    )
    def test_there_is_exactly_one(self, address: Address, hosts: bytes, shown: str) -> None:
        reply = answer_to(address, INFER + hosts + LENGTH + b"\r\n" + BODY)
        assert statuses(reply) == [400]
        assert shown in reason(reply)

    def test_http_1_0_needs_none_but_may_not_bring_a_foreign_one(self, address: Address) -> None:
        ask = b"GET /v2/health/live HTTP/1.0\r\n"
        assert statuses(answer_to(address, ask + b"\r\n")) == [200]
        assert statuses(answer_to(address, ask + b"Host: evil.example\r\n\r\n")) == [403]
        assert statuses(answer_to(address, ask + HOST + HOST + b"\r\n")) == [400]

    def test_a_whole_address_names_the_same_server(self, address: Address) -> None:
        for target, host, status in (
            (b"http://127.0.0.1/v2", b"127.0.0.1", 200),
            (b"http://127.0.0.1:80/v2", b"127.0.0.1:80", 200),
            (b"http://evil.example/v2", b"127.0.0.1", 400),
            (b"http://evil.example/v2", b"evil.example", 403),
        ):
            ask = b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (target, host)
            assert statuses(answer_to(address, ask)) == [status]


class TestWhiteSpace:
    @pytest.mark.parametrize("blank", [b"", b" ", b"\t", b" \t \t"])
    def test_around_a_value_it_is_no_part_of_it(self, blank: bytes) -> None:
        raw = b"\x01\x02"
        lines = (
            (b"Host", b"localhost"),
            (b"Authorization", b"Bearer " + TOKEN.encode()),
            (b"Content-Type", b"application/octet-stream"),
            (b"Content-Encoding", b"identity"),
            (b"Accept-Encoding", b"identity"),
            (b"Content-Length", b"%d" % len(raw)),
            (b"Inference-Header-Content-Length", b"0"),
        )
        head = b"".join(name + b":" + blank + value + blank + b"\r\n" for name, value in lines)
        with serving(token=TOKEN) as server:
            reply = answer_to(rest_address(server), INFER + head + b"\r\n" + raw)
        assert statuses(reply) == [200]
        assert reply.endswith(raw)

    def test_of_a_large_body_s_length_as_well(self, address: Address) -> None:
        raw = bytes(range(256)) * 1024
        head = b"Content-Length: %d\t\r\nInference-Header-Content-Length: 0 \r\n\r\n" % len(raw)
        assert answer_to(address, INFER + HOST + head + raw).endswith(raw)


class TestPaths:
    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("/v2/models/identity%2Finfer", "identity/infer"),
            ("/v2/models/identity%2fversions%2f1/ready", "identity/versions/1"),
            ("/v2/models%2Fidentity/ready", "models/identity"),
            ("/v2%2Fhealth%2Flive", "v2/health/live"),
            ("/v2/models/a%2Fb", "a/b"),
            ("/v2/models/..%2F..%2Fetc%2Fpasswd/config", "../../etc/passwd"),
        ],
    )
    def test_an_encoded_slash_separates_nothing(
        self, address: Address, path: str, name: str
    ) -> None:
        for verb in ("GET", "POST"):
            ask = f"{verb} {path} HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 0\r\n\r\n".encode()
            reply = answer_to(address, ask)
            assert statuses(reply) == [404]
            assert f"'{name}'" in reason(reply)

    @pytest.mark.parametrize(
        "path",
        [
            "//v2/health/live",
            "/v2//health/live",
            "/v2/health/live/",
            "/v2/./health/live",
            "/v2/models/../health/live",
            "/v2/models/%2e%2e/health/live",
            "/v2/models/..",
            "/v2/models/%2E%2E/ready",
            "/v2/models/identity%252Fready",
            "/v2/models/%FF%FE/ready",
            "/v2/models/identity%00/ready",
            "/v2/health/live%0D%0AX:%20y",
            "/v2/models/" + "a" * 60_000,
        ],
    )
    def test_a_path_is_taken_as_it_is_written(self, address: Address, path: str) -> None:
        ask = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        assert statuses(answer_to(address, ask)) == [404]

    def test_a_name_may_have_other_encoded_letters(self, address: Address) -> None:
        ask = b"GET /v2/models/%69dentit%79/ready HTTP/1.1\r\n" + HOST + b"\r\n"
        assert statuses(answer_to(address, ask)) == [200]

    @pytest.mark.parametrize("path", ["v2", "evil:80", "/a b", "/\u00e4"])
    def test_what_is_no_path_is_refused(self, address: Address, path: str) -> None:
        ask = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        assert statuses(answer_to(address, ask)) == [400]


SMUGGLED = b"GET /v2/repository HTTP/1.1\r\n" + HOST + b"\r\n"


class TestFraming:
    @pytest.mark.parametrize(
        ("headers", "body"),
        [
            (LENGTH + LENGTH, BODY),
            (LENGTH + b"Content-Length: 0\r\n", BODY),
            (LENGTH + b"Transfer-Encoding: chunked\r\n", CHUNKED),
            (b"Transfer-Encoding: chunked\r\n" + LENGTH, CHUNKED),
            (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", CHUNKED),
            (b"Transfer-Encoding: gzip, chunked\r\n", CHUNKED),
            (b"Transfer-Encoding: xchunked\r\n", CHUNKED),
            (b"Transfer-Encoding: identity\r\n", BODY),
            (b"Transfer-Encoding : chunked\r\n", CHUNKED),
            (b"Content-Length: +72\r\n", BODY),
            (b"Content-Length: 72, 72\r\n", BODY),
            (b"Content-Length: 0x48\r\n", BODY),
            (b"Content-Length: -1\r\n", BODY),
            (b"Content-Length: 99999999999999999999\r\n", BODY),
            (b"X: a\r\n folded\r\n" + LENGTH, BODY),
            (b"X: a\nY: b\r\n" + LENGTH, BODY),
            (b"X: a\x00b\r\n" + LENGTH, BODY),
            (b"X y: a\r\n" + LENGTH, BODY),
            (LENGTH + b"Connection: upgrade\r\nUpgrade: h2c\r\n", BODY),
            (b"Transfer-Encoding: chunked\r\n", b"zz\r\n" + CHUNKED),
        ],
    )
    def test_what_has_two_ends_is_refused_and_nothing_after_it_is_read(
        self, address: Address, headers: bytes, body: bytes
    ) -> None:
        reply = answer_to(address, INFER + HOST + headers + b"\r\n" + body + SMUGGLED)
        assert len(statuses(reply)) == 1
        assert statuses(reply)[0] in (400, 501)
        assert b"\r\nconnection: close\r\n" in reply
        assert reason(reply)

    @pytest.mark.parametrize(
        ("ask", "status"),
        [
            (b"GET /v2 HTTP/2.0\r\n" + HOST + b"\r\n", 505),
            (b"GET /v2\r\n\r\n", 505),
            (b"POST /v2 HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
            (b"CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example:80\r\n\r\n", 400),
            (b"\x16\x03\x01\x02\x00\x01", 400),
        ],
    )
    def test_other_protocols_are_told_so(self, address: Address, ask: bytes, status: int) -> None:
        reply = answer_to(address, ask)
        assert statuses(reply) == [status]
        assert reason(reply)

    def test_a_wrong_request_is_not_taken_for_the_answer_to_the_one_before(
        self, address: Address
    ) -> None:
        right = INFER + HOST + LENGTH + b"\r\n" + BODY
        # The second is read while the first is still being answered.
        assert statuses(answer_to(address, right + b"nonsense\r\n\r\n")) in ([], [200])

    def test_a_trailer_is_no_header(self, address: Address) -> None:
        body = CHUNKED[:-2] + b"Inference-Header-Content-Length: 0\r\nX: y\r\n\r\n"
        ask = INFER + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + body
        reply = answer_to(address, ask)
        assert statuses(reply) == [200]
        assert json.loads(reply.rpartition(b"\r\n\r\n")[2])["outputs"][0]["data"] == [1]

    def test_an_upgrade_that_is_not_wanted_loses_nothing(self, address: Address) -> None:
        upgrade = b"GET /v2 HTTP/1.1\r\n" + HOST + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n"
        last = b"GET /v2 HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
        with connected(address, upgrade + upgrade + last) as connection:
            assert statuses(heard(connection)) == [200, 200, 200]


def test_many_headers_cost_as_much_as_they_are_long() -> None:
    with serving() as server:
        address = rest_address(server)
        begin = b"GET /v2 HTTP/1.1\r\n" + HOST

        def asking(size: int) -> bytes:
            return answer_to(address, begin + b"X: y\r\n" * (size // 6) + b"\r\n")

        assert_linear(
            lambda size: lambda: asking(size), 1 << 20, seconds=5.0, peak_bytes_per_byte=4.0
        )
