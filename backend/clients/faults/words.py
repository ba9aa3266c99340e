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
from backend.core.wording import Wording, joined, unfilled

_RESTRICTED = re.compile(
    r"this (?:api|protocol) is restricted(?:, expecting header '[^']*')?", re.IGNORECASE
)

_PROTOCOLS = {True: "gRPC", False: "REST"}
_OTHERS = {True: "HTTP", False: "gRPC"}


def refused(at: str, *, grpc: bool) -> TargetError:
    """Nobody listens at the port."""
    return TargetUnreachable(
        Wording("Nothing answers at {at}.", at=at),
        hint=Wording(
            "Is the server running, and is this its {protocol} port?", protocol=_PROTOCOLS[grpc]
        ),
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
    return TargetUnreachable(
        Wording("{at} cannot be reached.", at=at), hint=f"{error.strerror or error}."
    )


def unknown_host(at: str) -> TargetError:
    """The host's name leads nowhere."""
    return TargetUnreachable(
        Wording("The host of {at} is not known.", at=at),
        hint=Wording("Is the name right, and this computer online?"),
        fault=TargetFault.UNKNOWN_HOST,
    )


def no_answer(at: str) -> TargetError:
    """The network swallowed the attempt to connect."""
    return TargetUnreachable(
        Wording("{at} does not answer.", at=at),
        hint=Wording("Is the address right, is it reachable?"),
    )


def silent(at: str) -> TargetError:
    """Connected, and nothing came back."""
    return TargetUnreachable(
        Wording("{at} takes connections but says nothing.", at=at),
        hint=Wording(
            "The server may be stuck, or something between cuts the connection without a word."
        ),
        fault=TargetFault.SILENT,
    )


def wrong_port(at: str, *, grpc: bool) -> TargetError:
    """The other protocol's port."""
    return TargetUnreachable(
        Wording(
            "{at} is the {spoken} port, not the {wanted} one.",
            at=at,
            spoken=_OTHERS[grpc],
            wanted="gRPC" if grpc else "HTTP",
        ),
        hint=Wording("Swap the two addresses."),
        fault=TargetFault.HTTP_PORT if grpc else TargetFault.GRPC_PORT,
    )


def other_protocol(at: str, *, grpc: bool) -> TargetError:
    """Something that is no model server."""
    return TargetUnreachable(
        Wording("{at} does not speak {protocol}.", at=at, protocol="gRPC" if grpc else "HTTP"),
        hint=Wording("Is that a model server's port?"),
        fault=TargetFault.OTHER_PROTOCOL,
    )


def speaks_plaintext(at: str) -> TargetError:
    """We came with TLS."""
    return TargetUnreachable(
        Wording("{at} speaks plaintext, not TLS.", at=at),
        hint=Wording("Turn TLS off for this target."),
        fault=TargetFault.SPEAKS_PLAINTEXT,
    )


def speaks_tls(at: str) -> TargetError:
    """We came without."""
    return TargetUnreachable(
        Wording("{at} speaks TLS, not plaintext.", at=at),
        hint=Wording("Turn TLS on for this target."),
        fault=TargetFault.SPEAKS_TLS,
    )


_CERTIFICATE = {
    TargetFault.EXPIRED: (
        unfilled("The certificate of {at} has expired."),
        unfilled("The server needs a new one."),
    ),
    TargetFault.NOT_YET_VALID: (
        unfilled("The certificate of {at} is not valid yet."),
        unfilled("Is this computer's clock right?"),
    ),
    TargetFault.WRONG_NAME: (
        unfilled("The certificate of {at} is not for {name}."),
        unfilled("Use one of its names, or set the server name of this target."),
    ),
    TargetFault.NOT_TRUSTED: (
        unfilled("The certificate of {at} is not trusted."),
        unfilled("Choose the file of the authority that issued it."),
    ),
}


def certificate(
    at: str, fault: TargetFault, facts: CertificateFacts | None, expected_name: str
) -> CertificateRefused:
    """A certificate that does not prove who the server is, with what it says of itself."""
    message, hint = _CERTIFICATE[fault]
    advice: str = Wording(hint)
    if facts is not None:
        advice = Wording(
            "{facts} Expected name: {name}. {advice}",
            facts=str(facts),
            name=expected_name,
            advice=advice,
        )
    return CertificateRefused(
        Wording(message, at=at, name=expected_name),
        hint=advice,
        fault=fault,
        certificate=facts,
        expected_name=expected_name,
    )


def client_certificate(at: str, *, shown: bool) -> TargetError:
    """The server wants to know us by a certificate."""
    return TargetUnreachable(
        Wording("{at} ends the connection: it does not accept the client certificate.", at=at)
        if shown
        else Wording("{at} ends the connection: it seems to want a client certificate.", at=at),
        hint=Wording("Choose a client certificate and its key that the server's owner gave you."),
        fault=TargetFault.CLIENT_CERTIFICATE,
    )


def sign_in(at: str, text: str, *, forbidden: bool) -> SignInNeeded:
    """401, 403 and gRPC's words for them, with the server's own."""
    said = text.rstrip(".")
    if forbidden:
        return SignInNeeded(
            Wording("{at} does not let you do that.", at=at),
            hint=_answered(said, Wording("Another token or header may be needed.")),
            fault=TargetFault.FORBIDDEN,
        )
    return SignInNeeded(
        Wording("{at} wants a sign-in.", at=at),
        hint=_answered(said, Wording("Set the token or headers of this target.")),
    )


def _answered(said: str, hint: Wording) -> Wording:
    """A hint after what the server said, if that is anything."""
    return Wording("Server: {said}. {hint}", said=said, hint=hint) if said else hint


def no_stream(at: str, text: str) -> Unsupported:
    """The server has the service, but not its stream."""
    error = Unsupported(
        Wording("{at} has no such stream: {said}", at=at, said=text)
        if text
        else Wording("{at} has no such stream.", at=at),
        hint=Wording("Use gRPC without a stream."),
    )
    error.fault = TargetFault.NO_STREAM
    return error


def deadline(at: str, seconds: float | None = None) -> TargetError:
    """No reply in time."""
    return DeadlineExceeded(
        Wording("No reply from {at} in time.", at=at)
        if seconds is None
        else _no_reply(at, seconds),
        hint=Wording("The server may still be computing; raise the deadline if it needs longer."),
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
        _no_reply(at, deadline_s),
        hint=joined(error.message, error.hint) if error.hint else error.message,
    )


def _no_reply(at: str, seconds: float) -> Wording:
    return Wording("No reply from {at} in {seconds} s.", at=at, seconds=float(seconds))


def went_silent(at: str) -> TargetError:
    """A connection that was up and carries nothing any more."""
    return StreamBroken(
        Wording("The connection to {at} is dead: nothing comes back.", at=at),
        hint=Wording("The server's machine or the network between is gone; no end was announced."),
        fault=TargetFault.SILENT,
    )


def lost(at: str, detail: str = "") -> TargetError:
    """A connection that ended."""
    return StreamBroken(Wording("The connection to {at} was lost.", at=at), hint=detail)


def closed() -> TargetError:
    """We ended it ourselves."""
    return StreamBroken(Wording("The connection was closed."))


def of_restriction(error: ConsoleError) -> ConsoleError:
    """Unsupported with the server's words for a restricted interface; any other error as it is.

    Over REST they come with status 403, over gRPC with UNAVAILABLE: neither means what it says.
    """
    found = _RESTRICTED.search(str(error))
    if found is None:
        return error
    closed = Unsupported(
        Wording("Not available: {what}.", what=found[0]),
        hint=Wording("The server was started with this interface closed; a header may open it."),
    )
    closed.fault = TargetFault.RESTRICTED
    return closed
