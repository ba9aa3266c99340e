"""Memory that a very large message took is given back."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psutil
import pytest

from backend.clients.codecs.calls import RestCall
from backend.clients.connections.rest import RestConnection
from backend.core.errors import PayloadTooLarge
from backend.core.process import trim_memory
from backend.core.target import Target
from backend.core.trimming import LARGE_MESSAGE, received
from backend.inspector.calls.caller import Caller
from backend.inspector.calls.exchange import MethodKind, Request

_MIB = 1 << 20
_REPLY = 160 * _MIB
_LIMIT = 150 * _MIB


class _Endless(BaseHTTPRequestHandler):
    """Answers with more than is taken, without saying so first."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(_REPLY // _MIB):
                self.wfile.write(bytes(_MIB))
        except ConnectionError:
            pass

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Endless) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _gather_in_vain(into: list[bytearray]) -> None:
    with received() as body:
        into.append(body)
        body.extend(bytes(100))
        raise ValueError("enough")


def test_what_was_gathered_in_vain_is_let_go() -> None:
    gathered: list[bytearray] = []
    with pytest.raises(ValueError, match="enough"):
        _gather_in_vain(gathered)
    assert gathered == [b""]


def _by_a_run(url: str) -> None:
    connection = RestConnection(Target("t", rest=url), message_limit=_LIMIT)
    with pytest.raises(PayloadTooLarge):
        connection.send(RestCall("/", {}, b"", method="GET"), deadline_s=60.0)
    connection.close()


def _by_hand(url: str) -> None:
    request = Request("t", MethodKind.REST, "/", verb="GET", message_limit=_LIMIT)
    with Caller(Target("t", rest=url)) as caller:
        exchange = caller.call(request)
    assert exchange.fault is not None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is told to keep memory")
@pytest.mark.parametrize("ask", [_by_a_run, _by_hand])
def test_a_reply_that_is_refused_takes_no_memory_for_long(
    url: str, ask: Callable[[str], None]
) -> None:
    trim_memory()
    process = psutil.Process()
    before = process.memory_info().rss
    ask(url)
    while process.memory_info().rss > before + 2 * LARGE_MESSAGE:  # the time limit of tests ends it
        time.sleep(0.05)
