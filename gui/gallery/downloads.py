"""Downloads off the window's thread: two at once, the others wait their turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import QObject, Qt, Signal, Slot

from backend.gallery import (
    Cancellation,
    DownloadError,
    DownloadFault,
    Gallery,
    GalleryRow,
    Progress,
)
from gui.state.tasks import Tasks

MOST_AT_ONCE = 2

OpenGallery: TypeAlias = Callable[[str, Path | None], Gallery]
"""The gallery that fetches from a mirror ('' for none) or from a folder alone; may block.

Raises UsageError for a catalogue that cannot be read, and a mirror that cannot be used."""


@dataclass(slots=True)
class _Job:
    name: str
    mirror: str
    folder: Path | None
    cancellation: Cancellation
    progress: Progress | None = None
    begun: bool = False


class Downloads(QObject):
    """What is being got; every signal is emitted on the window's thread."""

    progressed = Signal(str)
    """A model began to wait, or is further."""
    finished = Signal(str, object)
    """A model is installed; its GalleryRow."""
    failed = Signal(str, object)
    """A model was not got; the exception."""
    cancelled = Signal(str)
    """A download was ended by `cancel`; what has come is kept."""

    _reported = Signal(object)

    def __init__(
        self, tasks: Tasks, open_gallery: OpenGallery, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._open_gallery = open_gallery
        self._jobs: dict[str, _Job] = {}
        self._open = True
        self._reported.connect(self._hear, Qt.ConnectionType.QueuedConnection)

    def __contains__(self, name: str) -> bool:
        """Whether a download of that model waits or is under way."""
        return name in self._jobs

    @property
    def names(self) -> tuple[str, ...]:
        """The models that are being got, in the order in which they were asked for."""
        return tuple(self._jobs)

    def progress(self, name: str) -> Progress | None:
        """How far a download is, None before it has begun."""
        job = self._jobs.get(name)
        return job.progress if job is not None else None

    def get(self, name: str, mirror: str = "", folder: Path | None = None) -> None:
        """Begin, or wait for a turn; one that is under way already goes on."""
        if self._open and name not in self._jobs:
            self._jobs[name] = _Job(name, mirror, folder, Cancellation())
            self.progressed.emit(name)
            self._begin_next()

    def cancel(self, name: str) -> None:
        """End a download; returns at once, `cancelled` follows."""
        job = self._jobs.get(name)
        if job is None:
            return
        if job.begun:
            job.cancellation.cancel()
        else:
            del self._jobs[name]
            self.cancelled.emit(name)

    def close(self) -> None:
        """End everything without waiting; what has come stays for the next time."""
        self._open = False
        for job in self._jobs.values():
            job.cancellation.cancel()
        self._jobs.clear()

    def _begin_next(self) -> None:
        begun = sum(job.begun for job in self._jobs.values())
        for job in list(self._jobs.values()):
            if begun >= MOST_AT_ONCE:
                return
            if not job.begun:
                job.begun = True
                begun += 1
                self._begin(job)

    def _begin(self, job: _Job) -> None:
        def work() -> GalleryRow:
            gallery = self._open_gallery(job.mirror, job.folder)
            return gallery.get(job.name, self._report, job.cancellation)

        self._tasks.start(
            f"gallery-{job.name}", work, partial(self._done, job), partial(self._undone, job)
        )

    def _report(self, progress: Progress) -> None:
        """On the thread that fetches."""
        if self._open:
            self._reported.emit(progress)

    @Slot(object)
    def _hear(self, progress: Progress) -> None:
        job = self._jobs.get(progress.model)
        if job is not None:
            job.progress = progress
            self.progressed.emit(job.name)

    def _done(self, job: _Job, row: GalleryRow) -> None:
        if self._forget(job):
            self.finished.emit(job.name, row)
            self._begin_next()

    def _undone(self, job: _Job, error: Exception) -> None:
        if not self._forget(job):
            return
        if isinstance(error, DownloadError) and error.fault is DownloadFault.CANCELLED:
            self.cancelled.emit(job.name)
        else:
            self.failed.emit(job.name, error)
        self._begin_next()

    def _forget(self, job: _Job) -> bool:
        """Whether it was still wanted."""
        if self._jobs.get(job.name) is not job:
            return False
        del self._jobs[job.name]
        return True
