"""Find out why a server cannot be spoken to, by attempts of our own beside the failed one."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import suppress

from backend.clients.addresses import ServerAddress
from backend.clients.faults import words as faults
from backend.clients.faults.preflight import Speech, preflight_grpc, preflight_http
from backend.clients.security import HTTP, HTTP2, context_of, read_facts
from backend.core.errors import TargetError, TargetFault
from backend.core.target import Tls

_ATTEMPT_S = 0.8
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


def find_fault(address: ServerAddress, timeout_s: float) -> TargetError | None:
    """What is wrong there; None if nothing is to be seen. Takes `timeout_s` at most, about."""
    end = time.monotonic() + timeout_s
    try:
        socket.create_connection((address.host, address.port), timeout=_left(end)).close()
    except (OSError, UnicodeError) as error:
        as_os = error if isinstance(error, OSError) else socket.gaierror(str(error))
        return faults.not_connected(address.at, as_os, grpc=address.grpc)
    if address.tls is not None:
        return _examine_tls(address, address.tls, end)
    return _examine_plaintext(address, end)


def _examine_plaintext(address: ServerAddress, end: float) -> TargetError | None:
    right, other = (
        (preflight_grpc, preflight_http) if address.grpc else (preflight_http, preflight_grpc)
    )
    wanted, unwanted = _expected_speech(address)
    spoken = right(address.host, address.port, _left(end), tls=False).speech
    if spoken is wanted:
        return None
    if spoken is Speech.SILENCE:
        return faults.silent(address.at)
    if spoken is unwanted:
        return faults.wrong_port(address.at, grpc=address.grpc)
    if spoken is Speech.TLS or _does_tls(address, end):
        return faults.speaks_tls(address.at)
    if other(address.host, address.port, _left(end), tls=False).speech is unwanted:
        return faults.wrong_port(address.at, grpc=address.grpc)
    if spoken is Speech.OTHER:
        return faults.other_protocol(address.at, grpc=address.grpc)
    return None


def _examine_tls(address: ServerAddress, tls: Tls, end: float) -> TargetError | None:
    context = context_of(tls, (_protocol(address),))
    try:
        plain = socket.create_connection((address.host, address.port), timeout=_left(end))
        with (
            plain,
            context.wrap_socket(
                plain, server_hostname=tls.server_name or address.host
            ) as connection,
        ):
            return _greet(address, tls, connection, end)
    except ssl.SSLCertVerificationError as error:
        fault = _VERIFY_FAULTS.get(error.verify_code, TargetFault.NOT_TRUSTED)
        facts = read_facts(address.host, address.port, tls, _protocol(address), _left(end))
        return faults.certificate(address.at, fault, facts, tls.server_name or address.host)
    except (OSError, ValueError) as error:
        return _after_handshake_failed(address, tls, error, end)


def _greet(
    address: ServerAddress, tls: Tls, connection: ssl.SSLSocket, end: float
) -> TargetError | None:
    """The first words inside TLS: a server refuses a client's certificate only after them."""
    words = _GREETING if address.grpc else f"GET / HTTP/1.1\r\nHost: {address.at}\r\n\r\n".encode()
    connection.settimeout(_left(end))
    with suppress(OSError):
        connection.sendall(words)  # where that fails, an alert that says why may wait to be read
    try:
        spoken = connection.recv(64)
    except ssl.SSLEOFError:
        spoken = b""
    except ssl.SSLError as error:
        return _about_ours(address, tls, error)
    except TimeoutError:
        return faults.silent(address.at)
    except OSError:
        spoken = b""
    if spoken.startswith(b"HTTP/1."):
        return faults.wrong_port(address.at, grpc=True) if address.grpc else None
    if len(spoken) > 8 and spoken[3] in (4, 7):
        return None if address.grpc else faults.wrong_port(address.at, grpc=False)
    other = preflight_http if address.grpc else preflight_grpc
    if (
        other(address.host, address.port, _left(end), tls=True).speech
        is _expected_speech(address)[1]
    ):
        return faults.wrong_port(address.at, grpc=address.grpc)
    if spoken:
        return faults.other_protocol(address.at, grpc=address.grpc)
    # gRPC's servers end the connection without an alert when they miss a certificate.
    return faults.client_certificate(address.at, shown=bool(tls.certificate_file))


def _after_handshake_failed(
    address: ServerAddress, tls: Tls, error: Exception, end: float
) -> TargetError | None:
    if isinstance(error, ssl.SSLError) and (fault := _about_ours(address, tls, error)) is not None:
        return fault
    for preflight in (
        (preflight_grpc, preflight_http) if address.grpc else (preflight_http, preflight_grpc)
    ):
        if preflight(address.host, address.port, _left(end), tls=False).speech in (
            Speech.GRPC,
            Speech.HTTP,
        ):
            return faults.speaks_plaintext(address.at)
    if isinstance(error, TimeoutError):
        return faults.silent(address.at)
    return faults.other_protocol(address.at, grpc=address.grpc)


def _about_ours(address: ServerAddress, tls: Tls, error: ssl.SSLError) -> TargetError | None:
    reason = str(error.reason or error)
    if not any(sign in reason for sign in _ALERTS_ON_OURS):
        return None
    return faults.client_certificate(address.at, shown=bool(tls.certificate_file))


def _does_tls(address: ServerAddress, end: float) -> bool:
    context = context_of(Tls(verify=False), (HTTP2, HTTP))
    try:
        plain = socket.create_connection((address.host, address.port), timeout=_left(end))
        with plain, context.wrap_socket(plain, server_hostname=address.host):
            return True
    except (OSError, ValueError):
        return False


def _expected_speech(address: ServerAddress) -> tuple[Speech, Speech]:
    """What should be spoken, and what would be spoken at the other port."""
    return (Speech.GRPC, Speech.HTTP) if address.grpc else (Speech.HTTP, Speech.GRPC)


def _protocol(address: ServerAddress) -> str:
    return HTTP2 if address.grpc else HTTP


def _left(end: float) -> float:
    return min(_ATTEMPT_S, max(0.05, end - time.monotonic()))
