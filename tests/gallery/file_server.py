"""A web server of files on this machine, which can go wrong in every way that servers do."""

from __future__ import annotations

import hashlib
import re
import ssl
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

from tests.certificates import Pair

Fault: TypeAlias = Callable[["Request", bytes], None]
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


class Request(BaseHTTPRequestHandler):
    """One request; faults answer it by hand."""

    files: FileServer
    timeout = 30
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer as the next fault says, or as a good server does."""
        self.files.requests.append((self.path, dict(self.headers)))
        self.close_connection = True
        data = self.files.contents.get(self.path)
        fault = self.files.next_fault()
        try:
            if fault is not None:
                fault(self, data or b"")
            elif data is None:
                self.start(404, 0)
            else:
                self.good(data)
        except OSError:  # the client has gone
            return

    def good(self, data: bytes, *, ranges: bool = True, etag: str = "") -> None:
        """The file, or the part of it that is asked for."""
        tag = etag or f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        found = _RANGE.fullmatch(self.headers.get("Range", "")) if ranges else None
        if found and self.headers.get("If-Range", tag) == tag:
            first, last = int(found[1]), min(int(found[2]), len(data) - 1)
            if first >= len(data):
                self.start(416, 0)
                return
            place = {"Content-Range": f"bytes {first}-{last}/{len(data)}", "ETag": tag}
            self.start(206, last + 1 - first, place)
            self.send(data[first : last + 1])
            return
        self.start(200, len(data), {"ETag": tag})
        self.send(data)

    def start(self, status: int, length: int | None, headers: dict[str, str] | None = None) -> None:
        """The status line and headers; a length of None leaves it open."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()

    def send(self, data: bytes) -> None:
        """Bytes of the body; all that ever went out are counted."""
        self.files.sent += len(data)
        self.wfile.write(data)

    def log_message(self, *_arguments: Any) -> None:
        """Stay silent."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def handle_error(self, *_arguments: Any) -> None:
        """A client that breaks off is no news."""


class FileServer:
    """Serves `contents` by path; `faults` answer the next requests instead, one each.

    `gate` is what faults wait on; it opens when the server closes.
    """

    def __init__(self, pair: Pair | None = None) -> None:
        handler = type("Handler", (Request,), {"files": self})
        self.contents: dict[str, bytes] = {}
        self.faults: deque[Fault] = deque()
        self.always: Fault | None = None
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.sent = 0
        self.gate = threading.Event()
        self.reached = threading.Event()
        """Set by faults that have come to where they wait."""
        self._server = _Server(("127.0.0.1", 0), handler)
        scheme = "http"
        if pair is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pair.certificate, pair.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def next_fault(self) -> Fault | None:
        """How the next request is answered; None as it should be."""
        return self.faults.popleft() if self.faults else self.always

    def ranges(self) -> list[str]:
        """What was asked for, '' for the whole file."""
        return [headers.get("Range", "") for _, headers in self.requests]

    def close(self) -> None:
        """End every request and the server."""
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def cut_after(count: int) -> Fault:
    """Break the connection after so many bytes of the body."""

    def fault(request: Request, data: bytes) -> None:
        found = _RANGE.fullmatch(request.headers.get("Range", ""))
        tag = {"ETag": f'"{hashlib.sha256(data).hexdigest()[:16]}"'}
        if found:
            first, last = int(found[1]), int(found[2])
            tag["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
            data = data[first : last + 1]
            request.start(206, len(data), tag)
        else:
            request.start(200, len(data), tag)
        request.send(data[:count])

    return fault


def held_after(count: int) -> Fault:
    """Send so many bytes, then nothing until the gate opens."""

    def fault(request: Request, data: bytes) -> None:
        request.start(200, len(data), {"ETag": f'"{hashlib.sha256(data).hexdigest()[:16]}"'})
        request.send(data[:count])
        request.wfile.flush()
        request.files.reached.set()
        request.files.gate.wait()

    return fault


def silent(request: Request, _data: bytes) -> None:
    """Say nothing at all until the gate opens."""
    request.files.reached.set()
    request.files.gate.wait()


def dripping(pause_s: float) -> Fault:
    """Send one byte after the other."""

    def fault(request: Request, data: bytes) -> None:
        request.start(200, len(data))
        for index in range(len(data)):
            if request.files.gate.wait(pause_s):
                return
            request.send(data[index : index + 1])
            request.wfile.flush()

    return fault


def status(code: int) -> Fault:
    """Answer with an error."""
    return lambda request, _data: request.start(code, 0)


def page(request: Request, _data: bytes) -> None:
    """Answer with a web page, as the gate of a hotel's network does."""
    text = b"<html><title>Sign in</title></html>"
    request.start(200, len(text), {"Content-Type": "text/html; charset=utf-8"})
    request.send(text)


def redirect(target: str) -> Fault:
    """Lead elsewhere."""
    return lambda request, _data: request.start(302, 0, {"Location": target})


def without_ranges(request: Request, data: bytes) -> None:
    """Send all of it, whatever part is asked for."""
    request.good(data, ranges=False)


def endless(request: Request, data: bytes) -> None:
    """Send the file, of no declared length, and go on with zeros until the client has gone."""
    request.start(200, None)
    request.send(data)
    while not request.files.gate.is_set():
        request.send(bytes(64 * 1024))
