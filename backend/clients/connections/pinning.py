"""gRPC without verification, which its Python library does not offer.

The certificate that the server shows is taken as the only one trusted, under the name that it is
for. That is what an unverified connection means: whoever answers is believed. Dates are still
checked by gRPC: a certificate out of its time has to go another way (`connections.tls_relay`).
"""

from __future__ import annotations

import ssl
import time

from backend.clients.addresses import ServerAddress
from backend.clients.faults import words as faults
from backend.clients.faults.diagnosis import find_fault
from backend.clients.security import HTTP2, fetch_certificate, names_of, read_facts
from backend.core.target import Tls

_LEAST_S = 0.3


def pinned(address: ServerAddress, tls: Tls, timeout_s: float) -> tuple[bytes, str] | None:
    """The server's certificate in PEM and a name that it is for, None for one out of its time.

    Raises TargetError. Takes `timeout_s` at most, about.
    """
    host, port = address.host, address.port
    end = time.monotonic() + timeout_s
    try:
        der = fetch_certificate(host, port, tls, HTTP2, timeout_s)
    except (OSError, ValueError) as error:
        os_error = error if isinstance(error, OSError) else OSError(str(error))
        raise find_fault(address, max(_LEAST_S, end - time.monotonic())) or faults.not_connected(
            address.at, os_error, grpc=True
        ) from None
    facts = read_facts(host, port, tls, HTTP2, max(_LEAST_S, end - time.monotonic()))
    if facts is not None and (facts.expired or facts.early):
        return None
    names = names_of(facts) if facts is not None else ()
    return ssl.DER_cert_to_PEM_cert(der).encode(), next(iter(names), tls.server_name)
