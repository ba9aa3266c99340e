"""A server on loopback that says exactly what a test wants."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager


class ScriptedServer:
    """Says the same to everybody who connects; `requests` are what they sent first."""

    def __init__(self, answers: list[bytes], *, hold: bool) -> None:
        self._answers = answers
        self._hold = hold
        self._closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._thread = threading.Thread(target=self._serve, name="scripted server")
        self.requests: list[bytes] = []
        self.port = int(self._listener.getsockname()[1])
        self._thread.start()

    def close(self) -> None:
        """Hang up on everybody."""
        self._closed.set()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        held = []
        while not self._closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            connection.settimeout(1.0)
            answer = self._answers[min(len(self.requests), len(self._answers) - 1)]
            try:
                self.requests.append(connection.recv(4096))
                connection.sendall(answer)
            except OSError:
                pass
            if self._hold:
                held.append(connection)
            else:
                connection.close()
        for connection in held:
            connection.close()


@contextmanager
def scripted_server(*answers: bytes, hold: bool = False) -> Iterator[ScriptedServer]:
    """A server that answers its n-th visitor with the n-th text, and the rest with the last."""
    with closing(ScriptedServer(list(answers), hold=hold)) as server:
        yield server


def http_reply(body: bytes, content_type: str, status: str = "200 OK", extra: str = "") -> bytes:
    """An HTTP reply whose body ends with the connection."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{extra}Connection: close\r\n\r\n"
    return head.encode() + body


def multipart(*parts: bytes, lengths: bool = True) -> bytes:
    """JPEG files as a multipart body with the boundary 'cut'."""
    body = b""
    for part in parts:
        length = f"Content-Length: {len(part)}\r\n" if lengths else ""
        body += f"--cut\r\nContent-Type: image/jpeg\r\n{length}\r\n".encode() + part + b"\r\n"
    return body
