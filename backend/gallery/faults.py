"""What can go wrong while a model is fetched, each with what to do about it."""

from __future__ import annotations

import errno
from enum import StrEnum
from pathlib import Path

from backend.core.errors import ConsoleError


class DownloadFault(StrEnum):
    """The ways in which a download ends without its model."""

    OFFLINE = "offline"
    """Nobody is reached: no network, no such name, refused, or a proxy that is not there."""
    TLS = "tls"
    REFUSED = "refused"
    """The server wants a sign-in, or forbids it."""
    NOT_FOUND = "not_found"
    SERVER = "server"
    REDIRECT = "redirect"
    STALLED = "stalled"
    CUT = "cut"
    PAGE = "page"
    """A web page came in the file's place."""
    WRONG_SIZE = "wrong_size"
    WRONG_CONTENT = "wrong_content"
    DISK_FULL = "disk_full"
    DISK = "disk"
    PIP = "pip"
    ABSENT = "absent"
    """The folder that was named does not hold the file."""
    CANCELLED = "cancelled"


_EXITS = {
    DownloadFault.OFFLINE: 3,
    DownloadFault.TLS: 3,
    DownloadFault.STALLED: 5,
    DownloadFault.DISK_FULL: 2,
    DownloadFault.DISK: 2,
    DownloadFault.ABSENT: 2,
}
PASSING = frozenset({DownloadFault.CUT, DownloadFault.STALLED, DownloadFault.SERVER})
"""Those that may be over when it is tried again."""
ELSEWHERE = frozenset(
    {
        DownloadFault.OFFLINE,
        DownloadFault.TLS,
        DownloadFault.REFUSED,
        DownloadFault.NOT_FOUND,
        DownloadFault.SERVER,
        DownloadFault.REDIRECT,
        DownloadFault.PAGE,
    }
)
"""Those after which the same file may be had from another place."""
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}


class DownloadError(ConsoleError):
    """A model was not fetched; what had come is kept, and the next attempt goes on from there."""

    def __init__(self, fault: DownloadFault, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.fault = fault
        self.exit_code = _EXITS.get(fault, 4)


def disk_error(error: OSError, path: Path) -> DownloadError:
    """What a failed write means: a full disk, or another reason."""
    if error.errno in _FULL:
        return DownloadError(
            DownloadFault.DISK_FULL,
            f"The disk that holds {path} is full.",
            hint="Free some space and try again; what has been fetched is kept.",
        )
    return DownloadError(
        DownloadFault.DISK, f"{path} cannot be written: {error.strerror or error}."
    )
