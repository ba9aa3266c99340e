"""What stands behind a TCP address: nothing, silence, HTTP/1, gRPC, either of them in TLS.

Each preflight opens one connection, sends the first bytes of one protocol and reads the first that
come back. Nothing is asked of the server.
"""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass
from enum import StrEnum

from backend.core.addresses import host_port

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_EMPTY_SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
_FRAME_HEAD = 9
_SETTINGS, _GOAWAY = 4, 7
_TLS_ALERT = b"\x15\x03"
_ENOUGH = 64


class Speech(StrEnum):
    """What the first bytes showed."""

    NOTHING = "nothing"
    """Nobody listens there, or the host is not known."""
    SILENCE = "silence"
    """A connection was made, and not a byte came."""
    HTTP = "http"
    GRPC = "grpc"
    """HTTP/2 without the web's upgrade, which is what gRPC speaks."""
    TLS = "tls"
    """TLS was asked for, in answer to plain words."""
    CLOSED = "closed"
    """The connection was closed without a word."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Preflight:
    """What one preflight found; `latency_ms` is the time to connect, in TLS with its handshake."""

    speech: Speech
    latency_ms: float | None = None
    detail: str = ""


def preflight_http(host: str, port: int, timeout_s: float, *, tls: bool) -> Preflight:
    """Ask for `/v2` as HTTP/1.1 does; the reply is not read to its end."""
    at = host_port(host, port)
    words = f"GET /v2 HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n".encode()
    return _preflight(host, port, timeout_s, words, alpn="http/1.1" if tls else "")


def preflight_grpc(host: str, port: int, timeout_s: float, *, tls: bool) -> Preflight:
    """Greet as HTTP/2 does; a gRPC server answers with its settings."""
    words = _PREFACE + _EMPTY_SETTINGS
    return _preflight(host, port, timeout_s, words, alpn="h2" if tls else "")


def _preflight(
    host: str,
    port: int,
    timeout_s: float,
    words: bytes,
    *,
    alpn: str,
) -> Preflight:
    start = time.monotonic()
    end = start + timeout_s
    try:
        plain = socket.create_connection((host, port), timeout=timeout_s)
    except (OSError, UnicodeError) as error:
        return Preflight(Speech.NOTHING, detail=_reason(error))
    try:
        connection = _secured(plain, host, alpn) if alpn else plain
    except (OSError, ValueError) as error:
        plain.close()
        speech = Speech.SILENCE if isinstance(error, TimeoutError) else Speech.OTHER
        return Preflight(speech, detail=_reason(error))
    latency_ms = (time.monotonic() - start) * 1e3
    with connection:
        return Preflight(*_conversation(connection, words, end, latency_ms))


def _conversation(
    connection: socket.socket, words: bytes, end: float, latency: float
) -> tuple[Speech, float, str]:
    received = b""
    try:
        connection.sendall(words)
        while len(received) < _ENOUGH:
            connection.settimeout(max(0.01, end - time.monotonic()))
            piece = connection.recv(_ENOUGH)
            if not piece:
                break
            received += piece
            if (speech := _spoken(received)) is not Speech.OTHER:
                return speech, latency, ""
    except TimeoutError:
        return (_spoken(received) if received else Speech.SILENCE), latency, ""
    except OSError as error:
        return (_spoken(received) if received else Speech.CLOSED), latency, _reason(error)
    return (_spoken(received) if received else Speech.CLOSED), latency, ""


def _secured(plain: socket.socket, host: str, alpn: str) -> ssl.SSLSocket:
    """The connection in TLS, whoever the certificate is of: only the protocol is of interest."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([alpn])
    return context.wrap_socket(plain, server_hostname=host)


def _spoken(received: bytes) -> Speech:
    if received.startswith(b"HTTP/1."):
        return Speech.HTTP
    if received.startswith(_TLS_ALERT):
        return Speech.TLS
    if len(received) >= _FRAME_HEAD and _is_frame(received):
        return Speech.GRPC
    return Speech.OTHER


def _is_frame(received: bytes) -> bool:
    """Whether the bytes begin with an HTTP/2 frame of settings or farewell on stream 0."""
    return received[3] in (_SETTINGS, _GOAWAY) and received[5:_FRAME_HEAD] == bytes(4)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:200]
