"""The smallest recorder there can be: a reader of a run in one file."""

from __future__ import annotations

import threading
from pathlib import Path

from backend.core.samples import Frame
from backend.core.status import Result
from backend.session.sinks import FRAMES, RESULTS, Item


class Recorder:
    """Writes a line for every frame and every answer; `resume` is an event it waits for first."""

    topics = (FRAMES, RESULTS)

    def __init__(self, path: Path, resume: threading.Event | None = None) -> None:
        self._file = path.open("w")
        self._resume = resume

    def write(self, item: Item) -> None:
        """One line."""
        if self._resume is not None:
            self._resume.wait()
        match item:
            case Frame():
                self._file.write(f"frame {item.seq}\n")
            case Result():
                self._file.write(f"result {item.seq}\n")

    def close(self) -> None:
        """The file is whole."""
        self._file.write("end\n")
        self._file.close()
