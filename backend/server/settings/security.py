"""What lets callers in: TLS with the certificate and key that were given, and the token."""

from __future__ import annotations

import hmac
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from backend.core.errors import UsageError
from backend.server.settings.options import ServerOptions

if TYPE_CHECKING:
    import grpc

ASK_FOR_IT = "This server answers only to its token: send it as 'Authorization: Bearer TOKEN'."

_SCHEME = "bearer"


def check_tls(options: ServerOptions) -> None:
    """Raise UsageError unless the files, if given, are a certificate and its key."""
    if options.certificate is None or options.private_key is None:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # A key with a password would be asked for on the terminal.
        context.load_cert_chain(options.certificate, options.private_key, password="")
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"TLS cannot be offered with {options.certificate} and {options.private_key}: "
            f"{error.strerror or error}.",
            hint="Give a certificate and its key, without password, in PEM form.",
        ) from None


def grpc_credentials(options: ServerOptions) -> grpc.ServerCredentials | None:
    """gRPC's credentials, None without TLS; raises what `check_tls` raises."""
    check_tls(options)
    if options.certificate is None or options.private_key is None:
        return None
    import grpc

    return grpc.ssl_server_credentials([(_read(options.private_key), _read(options.certificate))])


def _read(path: Path) -> bytes:
    return path.read_bytes()


def shows_token(authorization: str, token: str) -> bool:
    """Whether an Authorization header holds the token; takes as long for every wrong one."""
    scheme, _, shown = authorization.partition(" ")
    return scheme.lower() == _SCHEME and hmac.compare_digest(
        shown.strip().encode("utf-8", "surrogateescape"), token.encode()
    )
