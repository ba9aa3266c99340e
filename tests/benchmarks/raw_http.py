"""The barest HTTP client: one request's bytes over and over, so that what differs is the server."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from backend.clients.codecs.calls import RestCall

_HEADERS = 64 * 1024


class RawHttp:
    """One kept-alive connection that sends the same request again and again."""

    def __init__(self, url: str, call: RestCall) -> None:
        parts = urlsplit(url)
        lines = [f"{call.method} {call.path} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in call.headers.items()]
        lines += [f"Content-Length: {len(call.body)}", "", ""]
        self._head = "\r\n".join(lines).encode()
        self._body = call.body
        self._socket = socket.create_connection((parts.hostname, parts.port), 10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reply = bytearray(len(call.body) + _HEADERS)

    def __enter__(self) -> RawHttp:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self) -> tuple[int, bytes]:
        """Status of the reply, and its first bytes; all of it has been received."""
        if len(self._body) < _HEADERS:
            self._socket.sendall(self._head + self._body)
        else:
            self._socket.sendall(self._head)
            self._socket.sendall(self._body)
        view, filled, end = memoryview(self._reply), 0, -1
        while end < 0:
            filled += self._more(view[filled:])
            end = self._reply.find(b"\r\n\r\n", 0, filled)
        head = bytes(view[:end]).lower()
        length = int(head.split(b"\r\ncontent-length:", 1)[1].split(b"\r\n", 1)[0])
        whole = end + 4 + length
        if whole > len(self._reply):
            self._reply, old = bytearray(whole), self._reply
            self._reply[:filled] = old[:filled]
            view = memoryview(self._reply)
        while filled < whole:
            filled += self._more(view[filled:])
        return int(head.split(b" ", 2)[1]), bytes(view[end + 4 : end + 104])

    def _more(self, place: memoryview) -> int:
        size = self._socket.recv_into(place)
        if not size:
            raise ConnectionError("the server closed the connection")
        return size
