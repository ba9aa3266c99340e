"""What went wrong with an HTTP camera, told apart: address, sign-in, TLS, silence, contents."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPException, IncompleteRead

from requests import RequestException
from urllib3.exceptions import NameResolutionError
from urllib3.exceptions import TimeoutError as TransferTimeout

from backend.core.errors import SourceError, SourceFault
from backend.core.wording import Wording
from backend.sources.network.address import CameraAddress


def connection_fault(address: CameraAddress, error: BaseException) -> SourceError:
    """The reason for a connection that was not made, or broke, from the chain of its causes."""
    causes = list(_causes(error))
    for kinds, describe in _CLASSES:
        for cause in causes:
            if isinstance(cause, kinds):
                return describe(address, cause)
    return SourceError(
        SourceFault.LOST,
        Wording("The connection to {place} broke.", place=address.place),
        hint=Wording("It is tried again."),
    )


def status_fault(address: CameraAddress, status: int) -> SourceError:
    """What an HTTP or RTSP status other than 200 means for a camera."""
    if status in (401, 403):
        return sign_in_fault(address, status)
    if status in (404, 410):
        return SourceError(
            SourceFault.ABSENT,
            Wording(
                "{place} answers, but there is nothing at {address} ({status}).",
                place=address.place,
                address=address.shown,
                status=status,
            ),
            hint=Wording("Check the path; the camera's manual names it."),
        )
    if status in (453, 503):
        return SourceError(
            SourceFault.BUSY,
            Wording(
                "{place} is too busy for another viewer ({status}).",
                place=address.place,
                status=status,
            ),
            hint=Wording("Close other programs that show this camera."),
        )
    return SourceError(
        SourceFault.UNREADABLE,
        Wording(
            "{place} answered {address} with status {status}.",
            place=address.place,
            address=address.shown,
            status=status,
        ),
    )


def sign_in_fault(address: CameraAddress, status: int) -> SourceError:
    """The camera wants a user and password, or others than were given."""
    if address.user:
        return SourceError(
            SourceFault.REFUSED,
            Wording(
                "{place} does not accept this user and password ({status}).",
                place=address.place,
                status=status,
            ),
            hint=Wording(
                "Check both; special characters in an address are written as %40 and the like."
            ),
        )
    return SourceError(
        SourceFault.REFUSED,
        Wording(
            "{place} asks for a user and password ({status}).", place=address.place, status=status
        ),
        hint=f"Write them in the address: {address.scheme}://user:password@{address.place}/...",
    )


def contents_fault(address: CameraAddress, found: str) -> SourceError:
    """The address answers, but not with pictures that can be decoded."""
    return SourceError(
        SourceFault.UNREADABLE,
        f"{address.shown} answers with {found}, not with video that can be decoded.",
        hint=Wording("Motion JPEG over HTTP and H.264 or JPEG over RTSP are understood."),
    )


def refused_fault(address: CameraAddress) -> SourceError:
    """No program listens at the port."""
    return SourceError(
        SourceFault.ABSENT,
        Wording("Nothing answers at {place}: the connection was refused.", place=address.place),
        hint=Wording("Is the camera on, and the port right?"),
    )


def timeout_fault(address: CameraAddress) -> SourceError:
    """No answer, or no more pictures, in time."""
    return SourceError(
        SourceFault.SILENT,
        Wording("{place} has sent nothing for {seconds} s.", place=address.place, seconds=3),
        hint=Wording("Is the camera on, and reachable from here?"),
    )


def _unknown_name(address: CameraAddress) -> SourceError:
    return SourceError(
        SourceFault.ABSENT,
        Wording("The name {host} is not known here.", host=address.host),
        hint=Wording("Check its spelling, or use the camera's number address."),
    )


def _certificate(address: CameraAddress, cause: BaseException) -> SourceError:
    reason = getattr(cause, "verify_message", "") or str(cause)
    return SourceError(
        SourceFault.REFUSED,
        Wording(
            "The certificate of {place} is not trusted: {reason}.",
            place=address.place,
            reason=reason,
        ),
        hint=Wording("Use http:// if the network is yours, or install the camera's certificate."),
    )


def _handshake(address: CameraAddress, cause: BaseException) -> SourceError:
    return SourceError(
        SourceFault.REFUSED,
        f"{address.place} does not speak TLS as expected "
        f"({getattr(cause, 'reason', None) or 'handshake failed'}).",
        hint=Wording("Try http:// instead of https://."),
    )


def _not_http(address: CameraAddress) -> SourceError:
    return contents_fault(address, "something that is not HTTP")


def _unreachable(address: CameraAddress, cause: BaseException) -> SourceError:
    return SourceError(
        SourceFault.ABSENT,
        Wording(
            "{place} cannot be reached: {reason}.",
            place=address.place,
            reason=str(getattr(cause, "strerror", "") or cause),
        ),
        hint=Wording("Check the network and the address."),
    )


_CLASSES = (
    ((ssl.SSLCertVerificationError,), _certificate),
    ((ssl.SSLError,), _handshake),
    ((ConnectionRefusedError,), lambda address, _: refused_fault(address)),
    ((socket.gaierror, NameResolutionError), lambda address, _: _unknown_name(address)),
    ((TransferTimeout, TimeoutError), lambda address, _: timeout_fault(address)),
    (
        (ConnectionResetError, BrokenPipeError, IncompleteRead),
        lambda address, _: lost_fault(address),
    ),
    ((HTTPException,), lambda address, _: _not_http(address)),
    ((OSError,), _unreachable),
)
"""Which cause, anywhere in the chain, decides; the first class that is found wins."""


def lost_fault(address: CameraAddress) -> SourceError:
    """A connection that was up was cut."""
    return SourceError(
        SourceFault.LOST,
        Wording("The connection to {place} was cut.", place=address.place),
        hint=Wording("It is tried again."),
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what caused it, and what it carries in its arguments."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        # requests' own errors are OSErrors that say nothing; what they wrap does.
        if not isinstance(one, RequestException):
            yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
