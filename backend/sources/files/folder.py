"""The pictures of a folder, in the order a person would count them."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

from backend.core.errors import SourceError, SourceFault
from backend.core.flow import DrainLog
from backend.core.samples import Frame, MediaKind
from backend.core.status import Notice, Severity, SourceInfo
from backend.sources.files.image import PICTURES_PER_SECOND, read_picture
from backend.sources.files.kinds import (
    FORMATS,
    FileKind,
    PathKind,
    file_error,
    kind_of_file,
)
from backend.sources.kind import Pace
from backend.sources.pacing import Pacer
from backend.sources.source import EndOfSource

_LISTED = 20


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts `photo2` before `photo10`, and regardless of case."""
    parts = re.split(r"(\d+)", name.lower())
    return tuple((1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts)


class FolderSource:
    """Every picture directly in a folder, naturally sorted, at two per second.

    Files that are no pictures are listed in one notice when the folder is opened; a picture that
    turns out to be damaged is reported when its turn comes. Both are passed over.
    """

    def __init__(
        self, folder: Path, *, loop: bool, pace: Pace = Pace.OWN, speed: float = 1.0
    ) -> None:
        self._folder = folder
        self._loop = loop
        self._pacer = Pacer(pace, speed=speed)
        self._paths: list[Path] = []
        self._at = 0
        self._seq = 0
        self._good_in_pass = 0
        self._reported: set[Path] = set()
        self._notices: DrainLog[Notice] = DrainLog(capacity=100)
        self._info = SourceInfo(MediaKind.IMAGE, folder.name, live=False, rate=PICTURES_PER_SECOND)

    @property
    def info(self) -> SourceInfo:
        """The folder's name and, once open, the number of its pictures."""
        return self._info

    @property
    def notices(self) -> DrainLog[Notice]:
        """Files that were passed over, with the reasons."""
        return self._notices

    def open(self, stop: threading.Event) -> SourceInfo:
        """List the folder; raises SourceError if there is no picture in it."""
        self._paths, others = self._list(stop)
        if not self._paths and not stop.is_set():
            raise SourceError(
                SourceFault.UNREADABLE,
                f"There is no picture in the folder {self._folder.name}; "
                f"{len(others)} other files were found.",
                hint=FORMATS[FileKind.PICTURE],
            )
        self._report_others(others)
        self._at = self._seq = self._good_in_pass = 0
        self._pacer.restart()
        self._info = SourceInfo(
            MediaKind.IMAGE,
            self._folder.name,
            live=False,
            rate=PICTURES_PER_SECOND,
            items=len(self._paths),
        )
        return self._info

    def read(self, stop: threading.Event) -> Frame | None:
        """The next picture that can be read, in its own time.

        Raises EndOfSource after the last, and SourceError if none of them could be read.
        """
        if not self._pacer.wait(self._seq / PICTURES_PER_SECOND, stop):
            return None
        while not stop.is_set():
            if self._at >= len(self._paths):
                self._end_of_pass()
            path = self._paths[self._at]
            self._at += 1
            frame = self._try(path)
            if frame is not None:
                return frame
        return None

    def close(self) -> None:
        """Nothing is held open between pictures."""

    def _list(self, stop: threading.Event) -> tuple[list[Path], list[str]]:
        pictures, others = [], []
        try:
            entries = sorted(self._folder.iterdir(), key=lambda path: natural_key(path.name))
        except OSError as error:
            raise file_error(self._folder, error) from error
        for path in entries:
            if stop.is_set():
                break
            if path.name.startswith(".") or not path.is_file():
                continue
            reason = _why_no_picture(path)
            if reason:
                others.append(f"{path.name}: {reason}")
            else:
                pictures.append(path)
        return pictures, others

    def _end_of_pass(self) -> None:
        if not self._good_in_pass:
            raise SourceError(
                SourceFault.UNREADABLE,
                f"None of the {len(self._paths)} pictures in {self._folder.name} can be read.",
            )
        if not self._loop:
            raise EndOfSource
        self._at = self._good_in_pass = 0

    def _try(self, path: Path) -> Frame | None:
        try:
            pixels = read_picture(path)
        except SourceError as error:
            if path not in self._reported:
                self._reported.add(path)
                self._notices.put(Notice(Severity.WARNING, f"{path.name} was skipped", str(error)))
            return None
        frame = Frame(self._seq, time.monotonic_ns(), pixels, name=path.name)
        self._seq += 1
        self._good_in_pass += 1
        return frame

    def _report_others(self, others: list[str]) -> None:
        if not others:
            return
        listed = others[:_LISTED]
        if len(others) > _LISTED:
            listed.append(f"and {len(others) - _LISTED} more")
        count = f"{len(others)} files were" if len(others) > 1 else "1 file was"
        self._notices.put(Notice(Severity.INFO, f"{count} left out", "\n".join(listed)))


def _why_no_picture(path: Path) -> str:
    try:
        kind = kind_of_file(path)
    except SourceError as error:
        return error.message
    return "" if kind is FileKind.PICTURE else f"it is {kind}, open it by itself."


FOLDER = PathKind("folder", lambda path, _head: path.is_dir(), FolderSource)
