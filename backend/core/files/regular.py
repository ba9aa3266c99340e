"""Reading files of unknown origin: only regular ones, never waiting, never more than a bound."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_OPENING = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # the open of a pipe waits for a writer otherwise
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_regular(path: Path, most: int) -> bytes:
    """The content of a regular file of at most `most` bytes.

    Raises what `open_regular` raises, and OSError for a file that is longer.
    """
    with open_regular(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it is over {most:,} bytes", str(path))
    return data


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file to read it, without ever waiting; links are followed.

    Raises OSError with a `strerror` for people: for what cannot be opened, and for a pipe, device,
    socket or folder. These are not even opened, since that may have effects on a device.
    """
    check_regular(path)
    descriptor = os.open(path, _OPENING)
    try:
        # It may have been replaced since it was looked at.
        _check(os.fstat(descriptor), path)
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def check_regular(path: Path) -> None:
    """Raise OSError, as `open_regular` does, for what is there but no regular file, or not there.

    For files that a library opens by name.
    """
    _check(path.stat(), path)


def _check(status: os.stat_result, path: Path) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    kind = next((word for is_kind, word in _KINDS if is_kind(status.st_mode)), "no file")
    raise OSError(errno.EINVAL, f"it is {kind}, where a regular file is expected", str(path))
