"""Find out why a server cannot be spoken to, by a look of our own beside the failed attempt."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field

from backend.clients.faults import words as faults
from backend.clients.faults.preflight import Speech, preflight_grpc, preflight_http
from backend.clients.security import HTTP, HTTP2, context_of, read_facts
from backend.core.addresses import host_port
from backend.core.errors import TargetError, TargetFault
from backend.core.target import Tls

_ONE_LOOK_S = 0.8
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"

_VERIFY_FAULTS = {
    9: TargetFault.NOT_YET_VALID,
    10: TargetFault.EXPIRED,
    62: TargetFault.WRONG_NAME,
    64: TargetFault.WRONG_NAME,
}
"""OpenSSL's X509_V_ERR_*: not yet valid, expired, host name and IP address mismatch."""

_ALERTS_ON_OURS = (
    "CERTIFICATE_REQUIRED",
    "BAD_CERTIFICATE",
    "ALERT_UNKNOWN_CA",
    "HANDSHAKE_FAILURE",
    "CERTIFICATE_UNKNOWN",
    "CERTIFICATE_EXPIRED",
)


@dataclass(frozen=True, slots=True)
class ProbedAddress:
    """An address, the protocol that should be spoken there, and how."""

    host: str
    port: int
    tls: Tls | None
    grpc: bool = field(kw_only=True)

    @property
    def at(self) -> str:
        """host:port."""
        return host_port(self.host, self.port)


def find_fault(door: ProbedAddress, timeout_s: float) -> TargetError | None:
    """What is wrong there; None if nothing is to be seen. Takes `timeout_s` at most, about."""
    end = time.monotonic() + timeout_s
    try:
        socket.create_connection((door.host, door.port), timeout=_left(end)).close()
    except (OSError, UnicodeError) as error:
        as_os = error if isinstance(error, OSError) else socket.gaierror(str(error))
        return faults.not_connected(door.at, as_os, grpc=door.grpc)
    if door.tls is not None:
        return _look_with_tls(door, door.tls, end)
    return _look_plainly(door, end)


def _look_plainly(door: ProbedAddress, end: float) -> TargetError | None:
    right, other = (
        (preflight_grpc, preflight_http) if door.grpc else (preflight_http, preflight_grpc)
    )
    wanted, unwanted = _speeches(door)
    heard = right(door.host, door.port, _left(end), tls=False).speech
    if heard is wanted:
        return None
    if heard is Speech.SILENCE:
        return faults.silent(door.at)
    if heard is unwanted:
        return faults.wrong_port(door.at, grpc=door.grpc)
    if heard is Speech.TLS or _does_tls(door, end):
        return faults.speaks_tls(door.at)
    if other(door.host, door.port, _left(end), tls=False).speech is unwanted:
        return faults.wrong_port(door.at, grpc=door.grpc)
    if heard is Speech.OTHER:
        return faults.other_protocol(door.at, grpc=door.grpc)
    return None


def _look_with_tls(door: ProbedAddress, tls: Tls, end: float) -> TargetError | None:
    context = context_of(tls, (_protocol(door),))
    try:
        plain = socket.create_connection((door.host, door.port), timeout=_left(end))
        with (
            plain,
            context.wrap_socket(plain, server_hostname=tls.server_name or door.host) as talk,
        ):
            return _greet(door, tls, talk, end)
    except ssl.SSLCertVerificationError as error:
        fault = _VERIFY_FAULTS.get(error.verify_code, TargetFault.NOT_TRUSTED)
        facts = read_facts(door.host, door.port, tls, _protocol(door), _left(end))
        return faults.certificate(door.at, fault, facts, tls.server_name or door.host)
    except (OSError, ValueError) as error:
        return _after_handshake_failed(door, tls, error, end)


def _greet(door: ProbedAddress, tls: Tls, talk: ssl.SSLSocket, end: float) -> TargetError | None:
    """The first words inside TLS: a server refuses a client's certificate only after them."""
    words = _GREETING if door.grpc else f"GET / HTTP/1.1\r\nHost: {door.at}\r\n\r\n".encode()
    talk.settimeout(_left(end))
    with suppress(OSError):
        talk.sendall(words)  # where that fails, an alert that says why may wait to be read
    try:
        heard = talk.recv(64)
    except ssl.SSLEOFError:
        heard = b""
    except ssl.SSLError as error:
        return _about_ours(door, tls, error)
    except TimeoutError:
        return faults.silent(door.at)
    except OSError:
        heard = b""
    if heard.startswith(b"HTTP/1."):
        return faults.wrong_port(door.at, grpc=True) if door.grpc else None
    if len(heard) > 8 and heard[3] in (4, 7):
        return None if door.grpc else faults.wrong_port(door.at, grpc=False)
    other = preflight_http if door.grpc else preflight_grpc
    if other(door.host, door.port, _left(end), tls=True).speech is _speeches(door)[1]:
        return faults.wrong_port(door.at, grpc=door.grpc)
    if heard:
        return faults.other_protocol(door.at, grpc=door.grpc)
    # gRPC's servers end the connection without an alert when they miss a certificate.
    return faults.client_certificate(door.at, shown=bool(tls.certificate_file))


def _after_handshake_failed(
    door: ProbedAddress, tls: Tls, error: Exception, end: float
) -> TargetError | None:
    if isinstance(error, ssl.SSLError) and (fault := _about_ours(door, tls, error)) is not None:
        return fault
    for preflight in (
        (preflight_grpc, preflight_http) if door.grpc else (preflight_http, preflight_grpc)
    ):
        if preflight(door.host, door.port, _left(end), tls=False).speech in (
            Speech.GRPC,
            Speech.HTTP,
        ):
            return faults.speaks_plaintext(door.at)
    if isinstance(error, TimeoutError):
        return faults.silent(door.at)
    return faults.other_protocol(door.at, grpc=door.grpc)


def _about_ours(door: ProbedAddress, tls: Tls, error: ssl.SSLError) -> TargetError | None:
    reason = str(error.reason or error)
    if not any(sign in reason for sign in _ALERTS_ON_OURS):
        return None
    return faults.client_certificate(door.at, shown=bool(tls.certificate_file))


def _does_tls(door: ProbedAddress, end: float) -> bool:
    context = context_of(Tls(verify=False), (HTTP2, HTTP))
    try:
        plain = socket.create_connection((door.host, door.port), timeout=_left(end))
        with plain, context.wrap_socket(plain, server_hostname=door.host):
            return True
    except (OSError, ValueError):
        return False


def _speeches(door: ProbedAddress) -> tuple[Speech, Speech]:
    """What should be heard, and what would be heard at the other port."""
    return (Speech.GRPC, Speech.HTTP) if door.grpc else (Speech.HTTP, Speech.GRPC)


def _protocol(door: ProbedAddress) -> str:
    return HTTP2 if door.grpc else HTTP


def _left(end: float) -> float:
    return min(_ONE_LOOK_S, max(0.05, end - time.monotonic()))
