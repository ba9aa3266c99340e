"""What can be wrong between us and a server, in words, each with what to do about it."""

from __future__ import annotations

import re
import socket

from backend.core.errors import (
    CertificateFacts,
    CertificateRefused,
    ConsoleError,
    DeadlineExceeded,
    SignInNeeded,
    StreamBroken,
    TargetError,
    TargetFault,
    TargetUnreachable,
    Unsupported,
)

_RESTRICTED = re.compile(
    r"this (?:api|protocol) is restricted(?:, expecting header '[^']*')?", re.IGNORECASE
)

_PROTOCOLS = {True: "gRPC", False: "REST"}
_OTHERS = {True: "HTTP", False: "gRPC"}


def refused(at: str, *, grpc: bool) -> TargetError:
    """Nobody listens at the port."""
    return TargetUnreachable(
        f"Nothing answers at {at}.",
        hint=f"Is the server running, and is this its {_PROTOCOLS[grpc]} port?",
        fault=TargetFault.REFUSED,
    )


def not_connected(at: str, error: OSError, *, grpc: bool) -> TargetError:
    """A TCP connection that could not be made."""
    if isinstance(error, ConnectionRefusedError):
        return refused(at, grpc=grpc)
    if isinstance(error, socket.gaierror):
        return unknown_host(at)
    if isinstance(error, TimeoutError):
        return no_answer(at)
    return TargetUnreachable(f"{at} cannot be reached.", hint=f"{error.strerror or error}.")


def unknown_host(at: str) -> TargetError:
    """The host's name leads nowhere."""
    return TargetUnreachable(
        f"The host of {at} is not known.",
        hint="Is the name right, and this computer online?",
        fault=TargetFault.UNKNOWN_HOST,
    )


def no_answer(at: str) -> TargetError:
    """The network swallowed the attempt to connect."""
    return TargetUnreachable(
        f"{at} does not answer.", hint="Is the address right, is it reachable?"
    )


def silent(at: str) -> TargetError:
    """Connected, and nothing came back."""
    return TargetUnreachable(
        f"{at} takes connections but says nothing.",
        hint="The server may be stuck, or something between cuts the connection without a word.",
        fault=TargetFault.SILENT,
    )


def wrong_port(at: str, *, grpc: bool) -> TargetError:
    """The other protocol's port."""
    return TargetUnreachable(
        f"{at} is the {_OTHERS[grpc]} port, not the {'gRPC' if grpc else 'HTTP'} one.",
        hint="Swap the two addresses.",
        fault=TargetFault.HTTP_PORT if grpc else TargetFault.GRPC_PORT,
    )


def other_protocol(at: str, *, grpc: bool) -> TargetError:
    """Something that is no model server."""
    return TargetUnreachable(
        f"{at} does not speak {'gRPC' if grpc else 'HTTP'}.",
        hint="Is that a model server's port?",
        fault=TargetFault.OTHER_PROTOCOL,
    )


def speaks_plaintext(at: str) -> TargetError:
    """We came with TLS."""
    return TargetUnreachable(
        f"{at} speaks plaintext, not TLS.",
        hint="Turn TLS off for this target.",
        fault=TargetFault.SPEAKS_PLAINTEXT,
    )


def speaks_tls(at: str) -> TargetError:
    """We came without."""
    return TargetUnreachable(
        f"{at} speaks TLS, not plaintext.",
        hint="Turn TLS on for this target.",
        fault=TargetFault.SPEAKS_TLS,
    )


_CERTIFICATE = {
    TargetFault.EXPIRED: (
        "The certificate of {at} has expired.",
        "The server needs a new one.",
    ),
    TargetFault.NOT_YET_VALID: (
        "The certificate of {at} is not valid yet.",
        "Is this computer's clock right?",
    ),
    TargetFault.WRONG_NAME: (
        "The certificate of {at} is not for {name}.",
        "Use one of its names, or set the server name of this target.",
    ),
    TargetFault.NOT_TRUSTED: (
        "The certificate of {at} is not trusted.",
        "Choose the file of the authority that issued it.",
    ),
}


def certificate(
    at: str, fault: TargetFault, facts: CertificateFacts | None, expected_name: str
) -> CertificateRefused:
    """A certificate that does not prove who the server is, with what it says of itself."""
    message, hint = _CERTIFICATE[fault]
    shown = f"{facts} Expected name: {expected_name}. " if facts is not None else ""
    return CertificateRefused(
        message.format(at=at, name=expected_name),
        hint=shown + hint,
        fault=fault,
        certificate=facts,
        expected_name=expected_name,
    )


def client_certificate(at: str, *, shown: bool) -> TargetError:
    """The server wants to know us by a certificate."""
    return TargetUnreachable(
        f"{at} ends the connection: it does not accept the client certificate."
        if shown
        else f"{at} ends the connection: it seems to want a client certificate.",
        hint="Choose a client certificate and its key that the server's owner gave you.",
        fault=TargetFault.CLIENT_CERTIFICATE,
    )


def sign_in(at: str, text: str, *, forbidden: bool) -> SignInNeeded:
    """401, 403 and gRPC's words for them, with the server's own."""
    answer = f"Server: {text.rstrip('.')}. " if text else ""
    if forbidden:
        return SignInNeeded(
            f"{at} does not let you do that.",
            hint=f"{answer}Another token or header may be needed.",
            fault=TargetFault.FORBIDDEN,
        )
    return SignInNeeded(
        f"{at} wants a sign-in.", hint=f"{answer}Set the token or headers of this target."
    )


def no_stream(at: str, text: str) -> Unsupported:
    """The server has the service, but not its stream."""
    error = Unsupported(
        f"{at} has no such stream{f': {text}' if text else '.'}",
        hint="Use gRPC without a stream.",
    )
    error.fault = TargetFault.NO_STREAM
    return error


def deadline(at: str, seconds: float | None = None) -> TargetError:
    """No reply in time."""
    within = "in time" if seconds is None else f"in {seconds:g} s"
    return DeadlineExceeded(
        f"No reply from {at} {within}.",
        hint="The server may still be computing; raise the deadline if it needs longer.",
    )


_NEARLY = 0.8
"""An examination ends within the limit that it shares, not on it."""


def at_deadline(
    error: ConsoleError, at: str, deadline_s: float | None, elapsed_s: float
) -> ConsoleError:
    """Silence until the caller's own limit is a passed deadline: the server may just be slow."""
    silence = getattr(error, "fault", None) is TargetFault.SILENT
    if (
        not silence
        or isinstance(error, DeadlineExceeded)
        or deadline_s is None
        or elapsed_s < _NEARLY * deadline_s
    ):
        return error
    return DeadlineExceeded(
        f"No reply from {at} in {deadline_s:g} s.", hint=f"{error.message} {error.hint}".strip()
    )


def went_silent(at: str) -> TargetError:
    """A connection that was up and carries nothing any more."""
    return StreamBroken(
        f"The connection to {at} is dead: nothing comes back.",
        hint="The server's machine or the network between is gone; no end was announced.",
        fault=TargetFault.SILENT,
    )


def lost(at: str, detail: str = "") -> TargetError:
    """A connection that ended."""
    return StreamBroken(f"The connection to {at} was lost.", hint=detail)


def closed() -> TargetError:
    """We ended it ourselves."""
    return StreamBroken("The connection was closed.")


def of_restriction(error: ConsoleError) -> ConsoleError:
    """Unsupported with the server's words for a restricted interface; any other error as it is.

    Over REST they come with status 403, over gRPC with UNAVAILABLE: neither means what it says.
    """
    found = _RESTRICTED.search(str(error))
    if found is None:
        return error
    closed = Unsupported(
        f"Not available: {found[0]}.",
        hint="The server was started with this interface closed; a header may open it.",
    )
    closed.fault = TargetFault.RESTRICTED
    return closed
