"""What a server's certificate says of itself, also when it is not believed.

The ssl module tells nothing about a certificate that it did not verify. So the certificate is
fetched without verification, and then verified with itself as the only authority and without
regard to dates, which it always passes.
"""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any

from backend.clients.security.tls import context_of
from backend.core.errors import CertificateFacts
from backend.core.target import Tls

_PARTIAL_CHAIN, _NO_CHECK_TIME = 0x80000, 0x200000
"""Flags of OpenSSL's X509_VERIFY_PARAM_set_flags; Python has a name for the first since 3.10."""


def fetch_certificate(host: str, port: int, tls: Tls, protocol: str, timeout_s: float) -> bytes:
    """The server's certificate in DER, not verified; raises OSError."""
    unverified = Tls(verify=False, certificate_file=tls.certificate_file, key_file=tls.key_file)
    context = context_of(unverified, (protocol,))
    with _shaken(context, host, port, tls, timeout_s) as talk:
        return talk.getpeercert(binary_form=True) or b""


def read_facts(
    host: str, port: int, tls: Tls, protocol: str, timeout_s: float
) -> CertificateFacts | None:
    """Subject, issuer, dates and names of the server's certificate; None if it cannot be had."""
    end = time.monotonic() + timeout_s
    try:
        der = fetch_certificate(host, port, tls, protocol, timeout_s)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_flags = ssl.VerifyFlags(_PARTIAL_CHAIN | _NO_CHECK_TIME)
        context.load_verify_locations(cadata=der)
        context.set_alpn_protocols([protocol])
        with _shaken(context, host, port, tls, max(0.05, end - time.monotonic())) as talk:
            return _facts(talk.getpeercert() or {})
    except (OSError, ValueError):
        return None


def names_of(facts: CertificateFacts) -> tuple[str, ...]:
    """Names that the certificate is for; its common name if it lists none."""
    if facts.names:
        return facts.names
    parts = [part for part in facts.subject.split(", ") if part.startswith("CN=")]
    return tuple(part.removeprefix("CN=") for part in parts)


def _shaken(
    context: ssl.SSLContext, host: str, port: int, tls: Tls, timeout_s: float
) -> ssl.SSLSocket:
    plain = socket.create_connection((host, port), timeout=timeout_s)
    try:
        return context.wrap_socket(plain, server_hostname=tls.server_name or host)
    except BaseException:
        plain.close()
        raise


def _facts(shown: Any) -> CertificateFacts:
    return CertificateFacts(
        subject=_name(shown.get("subject", ())),
        issuer=_name(shown.get("issuer", ())),
        not_before=_day(shown.get("notBefore", "")),
        not_after=_day(shown.get("notAfter", "")),
        names=tuple(value for _, value in shown.get("subjectAltName", ())),
        expired=_past(shown.get("notAfter", "")),
        early=_future(shown.get("notBefore", "")),
    )


_SHORT = {
    "commonName": "CN",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "countryName": "C",
    "localityName": "L",
    "stateOrProvinceName": "ST",
}


def _name(parts: Any) -> str:
    return ", ".join(f"{_SHORT.get(key, key)}={value}" for part in parts for key, value in part)


def _day(text: str) -> str:
    """2026-11-22 18:20 UTC for `Nov 22 18:20:00 2026 GMT`."""
    if not text:
        return "?"
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(ssl.cert_time_to_seconds(text)))


def _past(text: str) -> bool:
    return bool(text) and ssl.cert_time_to_seconds(text) < time.time()


def _future(text: str) -> bool:
    return bool(text) and ssl.cert_time_to_seconds(text) > time.time()
