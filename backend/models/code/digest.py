"""What tells whether the code of a model has changed: a digest of all that is in its folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from backend.core.files.regular import read_regular
from backend.models.servable import ModelLoadError

MOST_ENTRIES = 10_000
"""Files and folders below a model's folder; more are not looked through."""
_READ_BYTES = 16 << 20
"""A larger file (of weights, mostly) is known by its size, times and place on the disk."""
_READ_BYTES_IN_ALL = 256 << 20


def code_digest(folder: Path) -> str:
    """A text that changes with any file in a model's folder; links are followed.

    Not only with what ends in `.py`: a model may run whatever lies beside it, and read weights that
    hold code. Raises ModelLoadError for a folder that cannot be read, or holds too much.
    """
    whole = hashlib.sha256()
    left = _READ_BYTES_IN_ALL
    try:
        for name, path, status in _entries(folder):
            content = _identity(status)
            if stat.S_ISREG(status.st_mode) and status.st_size <= min(_READ_BYTES, left):
                left -= status.st_size
                content = hashlib.sha256(read_regular(path, _READ_BYTES)).hexdigest()
            whole.update(f"{len(name)}:{name}={content};".encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise ModelLoadError(
            f"its folder cannot be looked through: {error.filename}: {error.strerror}"
        ) from None
    return whole.hexdigest()


def _identity(status: os.stat_result) -> str:
    """What cannot be changed without a trace, even by who sets back the time of a file."""
    kind = stat.S_IFMT(status.st_mode)
    if not stat.S_ISREG(status.st_mode):
        return f"{kind}"
    return f"{kind} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def _entries(folder: Path) -> Iterator[tuple[str, Path, os.stat_result]]:
    """All that is below a folder, always in the same order: relative name, path and status."""
    left = MOST_ENTRIES
    seen: set[tuple[int, int]] = set()
    waiting = [("", folder)]
    while waiting:
        prefix, current = waiting.pop()
        here = current.stat()
        if (here.st_dev, here.st_ino) in seen:
            continue  # links that lead around in a circle, or to the same place twice
        seen.add((here.st_dev, here.st_ino))
        with os.scandir(current) as listing:
            names = sorted(entry.name for entry in islice(listing, left + 1))
        left -= len(names)
        if left < 0:
            raise ModelLoadError(
                f"its folder holds over {MOST_ENTRIES:,} files, too many to look through"
            )
        for name in names:
            path = current / name
            status = path.lstat()
            with contextlib.suppress(OSError):  # a link that leads nowhere is itself
                status = path.stat()
            if stat.S_ISDIR(status.st_mode):
                waiting.append((f"{prefix}{name}/", path))
            yield f"{prefix}{name}", path, status
