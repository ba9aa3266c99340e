"""What a target's TLS means to Python's ssl and to gRPC."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from backend.core.errors import UsageError
from backend.core.target import Tls

HTTP, HTTP2 = "http/1.1", "h2"
"""The protocols by the names that TLS has for them."""


def context_of(tls: Tls, protocols: Sequence[str] = ()) -> ssl.SSLContext:
    """The context of a client; raises UsageError for files that cannot be used."""
    context = ssl.create_default_context()
    # Stricter by default since Python 3.13: many private authorities would not pass any more.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if tls.ca_file:
        context = _trusting(tls.ca_file)
    elif not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.certificate_file or tls.key_file:
        _show_certificate(context, tls)
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


def grpc_credentials(tls: Tls, pinned: bytes = b"") -> Any:
    """Credentials of a gRPC channel; `pinned` is a certificate in PEM that alone is trusted.

    Raises UsageError for files that cannot be used.
    """
    context_of(tls)  # gRPC does not say which file is wrong, this does
    roots = pinned or (_read(tls.ca_file) if tls.ca_file else _system_roots())
    key = _read(tls.key_file or tls.certificate_file) if tls.certificate_file else None
    chain = _read(tls.certificate_file) if tls.certificate_file else None
    return grpc.ssl_channel_credentials(roots or None, key, chain)


def _trusting(ca_file: str) -> ssl.SSLContext:
    """A context that trusts this file only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"{ca_file} cannot be used as authority: {_why(error)}.",
            hint="Choose a file with certificates in PEM form.",
        ) from None
    return context


def _show_certificate(context: ssl.SSLContext, tls: Tls) -> None:
    if not tls.certificate_file:
        raise UsageError("A key without its certificate is given.", hint="Choose both files.")
    try:
        # A key with a password would be asked for on the terminal.
        context.load_cert_chain(tls.certificate_file, tls.key_file or None, password="")
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"{tls.certificate_file} and {tls.key_file or 'the key in it'} cannot be used: "
            f"{_why(error)}.",
            hint="Choose a certificate and its key, without password, in PEM form.",
        ) from None


def _system_roots() -> bytes:
    """The system's authorities in PEM, which gRPC would not look for; b'' if none are listed."""
    found = ssl.create_default_context().get_ca_certs(binary_form=True)
    return "".join(ssl.DER_cert_to_PEM_cert(one) for one in found).encode()


def _read(path: str) -> bytes:
    return Path(path).read_bytes()


def _why(error: OSError) -> str:
    return error.strerror or str(error)
