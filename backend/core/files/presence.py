"""Processes of this program that use the same folder: each tells the others that it runs.

A record is a file that its process keeps locked. The system lets go of the lock when the process
ends, however that happens, and the next one that looks removes what was left behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from backend.core.errors import UsageError
from backend.core.files.json import json_object
from backend.core.files.private import locked, try_lock

_FOLDER = "running"
_LARGEST = 4096


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """Another process: its number, since when it runs, and the ports its server listens on.

    A number of 0 stands for one whose record cannot be read.
    """

    pid: int
    since: str = ""
    ports: tuple[int, ...] = ()


class Presence:
    """The record of this process, from `announce` to `close`; safe to use from any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _FOLDER
        self._own = self._folder / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.json"
        self._record = RunningProcess(
            os.getpid(), datetime.now().astimezone().isoformat(timespec="seconds")
        )
        self._file = -1

    def announce(self, ports: tuple[int, ...] = ()) -> None:
        """Tell the others of this process and its server's ports; raises FileUnusable, OSError."""
        record = replace(self._record, ports=ports)
        with locked(self._folder):
            if self._file < 0:
                self._file = os.open(self._own, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
                try_lock(self._file)
            os.lseek(self._file, 0, os.SEEK_SET)
            os.write(self._file, json.dumps(asdict(record)).encode().ljust(_LARGEST))

    def others(self) -> tuple[RunningProcess, ...]:
        """Every other process that runs now; raises FileUnusable, OSError."""
        with locked(self._folder):
            paths = [path for path in sorted(self._folder.glob("*.json")) if path != self._own]
            found = [_running(path) for path in paths]
        return tuple(record for record in found if record is not None)

    def close(self) -> None:
        """Take the record away."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            with contextlib.suppress(OSError):
                self._own.unlink()


def _running(path: Path) -> RunningProcess | None:
    """What a record says, None if its process has ended."""
    try:
        number = os.open(path, os.O_RDWR | getattr(os, "O_NONBLOCK", 0))
    except OSError:  # a folder, or somebody else's
        return None
    try:
        ended = try_lock(number)
        data = b"" if ended else os.read(number, _LARGEST)
    finally:
        os.close(number)
    if ended:
        with contextlib.suppress(OSError):
            path.unlink()
        return None
    return _record(data)


def _record(data: bytes) -> RunningProcess:
    try:
        value = json_object(data, "the record")
        ports = tuple(int(port) for port in value["ports"])
        return RunningProcess(int(value["pid"]), str(value["since"]), ports)
    except (UsageError, KeyError, TypeError, ValueError, OverflowError):
        return RunningProcess(0)
