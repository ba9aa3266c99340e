"""What pip is at, from what it prints and how its files grow: which package, how large, how far."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

_NAME = re.compile(r"(.+?)-\d")
_RETRY = re.compile(r"Retrying \(Retry\(total=(\d+)")
_QUIET_S = 10.0
"""Where a line cannot be written over, one comes this often."""


class Progress:
    """Follows pip through its lines (`line`) and the clock (`tick`, about once a second).

    `pins` counts what the lock file names; what is for other systems or there already is taken off
    as pip says so. Downloads appear below `downloads`, packages in one of the folders `installed`.
    """

    def __init__(self, pins: int, downloads: Path, installed: tuple[Path, ...]) -> None:
        self._pins = pins
        self._downloads, self._installed = downloads, installed
        self._began = time.monotonic()
        self._collected = 0
        self._package = self._size = self._file = self._trouble = ""
        self._unpacking = self._unpacked = 0
        self._before = 0
        self._anew = sys.stdout.isatty()
        self._said_at = 0.0

    def line(self, text: str) -> None:
        """A line of pip's."""
        words = text.split()
        retry = _RETRY.search(text)
        if retry:
            self._trouble = f"no answer, {retry[1]} more tries"
        elif words[:1] in (["Ignoring"], ["Requirement"]):  # not for this system, or there already
            self._pins -= 1
        elif words and words[0] in ("Collecting", "Processing"):
            # A wheel that lies in a folder is processed, one from an index collected.
            self._collected += 1
            self._trouble = self._size = self._file = ""
            self._package = _package(words[1])
            self._say()
        elif words[:1] in (["Downloading"], ["Using"]) and text.endswith(")"):
            self._trouble = ""
            self._file = Path(words[-3]).name
            self._size = text[text.rindex("(") + 1 : -1]
            self._say()
        elif words[:2] == ["Installing", "collected"]:
            self._unpacking = text.count(",") + 1
            self._before = self._in_place()
            self._say()

    def tick(self) -> None:
        """Some time has passed."""
        self._say()

    def done(self) -> None:
        """All is installed."""
        self._write(f"  {self._collected} packages in {self._elapsed()}", final=True)

    def ended(self) -> None:
        """It went wrong: the last words stay."""
        if self._anew and self._said_at:
            print(flush=True)

    def _say(self) -> None:
        now = time.monotonic()
        if not self._anew and now - self._said_at < _QUIET_S:
            return
        self._said_at = now
        self._write(f"  {self._now()}   {self._elapsed()}")

    def _now(self) -> str:
        if self._unpacking:
            # A package that is replaced is away for a moment.
            self._unpacked = max(self._unpacked, self._in_place() - self._before)
            return f"unpacking {min(self._unpacked, self._unpacking)} of {self._unpacking}"
        if not self._collected:
            return self._trouble or "asking the package index"
        parts = [f"{self._collected} of {max(self._pins, self._collected)}: {self._package}"]
        if self._size:
            arrived = self._arrived() / 1e6 if self._size.endswith("MB") else 0.0
            parts.append(f"{arrived:.1f} of {self._size}" if arrived else self._size)
        return ", ".join((*parts, self._trouble) if self._trouble else parts)

    def _elapsed(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        return f"{minutes}:{seconds:02}"

    def _arrived(self) -> int:
        """Bytes of the file that is being downloaded."""
        try:
            return max(path.stat().st_size for path in self._downloads.rglob(self._file))
        except (OSError, ValueError):
            return 0

    def _in_place(self) -> int:
        return sum(1 for folder in self._installed for _ in folder.glob("*.dist-info/RECORD"))

    def _write(self, text: str, *, final: bool = False) -> None:
        if self._anew:
            print(f"\r\033[K{text}", end="\n" if final else "", flush=True)
        else:
            print(text, flush=True)


def _package(requirement: str) -> str:
    """`numpy` of `numpy==2.4.0` and of `/a/folder/numpy-2.4.0-cp311.whl`."""
    name = Path(requirement).name
    wheel = _NAME.match(name) if name.endswith(".whl") else None
    return wheel[1] if wheel else name.partition("==")[0]
