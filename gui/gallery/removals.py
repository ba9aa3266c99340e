"""Models on their way out: they can be had back for a moment, and are deleted after it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from gui.gallery.downloads import OpenGallery
from gui.state.tasks import Tasks

UNDO_MS = 10_000


class Removals(QObject):
    """Deletes models off the window's thread, a while after they were removed by the user."""

    removed = Signal(str, object)
    """A model's files are gone; its GalleryRow."""
    failed = Signal(str, object)
    """A model could not be deleted; the exception."""

    def __init__(
        self,
        tasks: Tasks,
        open_gallery: OpenGallery,
        parent: QObject | None = None,
        undo_ms: int = UNDO_MS,
    ) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._open_gallery = open_gallery
        self._undo_ms = undo_ms
        self._waiting: dict[str, QTimer] = {}
        self._going: set[str] = set()

    def __contains__(self, name: str) -> bool:
        """Whether a model is to be deleted, or is being deleted."""
        return name in self._waiting or name in self._going

    def begin(self, name: str) -> None:
        """Delete a model later, unless `undo` comes first."""
        if name in self:
            return
        timer = QTimer(self, singleShot=True, interval=self._undo_ms)
        timer.timeout.connect(partial(self._delete, name))
        self._waiting[name] = timer
        timer.start()

    def undo(self, name: str) -> bool:
        """Keep a model after all; False if it is too late."""
        timer = self._waiting.pop(name, None)
        if timer is None:
            return False
        timer.stop()
        timer.deleteLater()
        return True

    def close(self) -> None:
        """Delete now what waits for it."""
        for name in tuple(self._waiting):
            self._delete(name)

    def _delete(self, name: str) -> None:
        if not self.undo(name):
            return
        self._going.add(name)

        def work() -> object:
            gallery = self._open_gallery("", None)
            gallery.remove(name)
            return gallery.row(name)

        def done(row: object) -> None:
            self._going.discard(name)
            self.removed.emit(name, row)

        def undone(error: Exception) -> None:
            self._going.discard(name)
            self.failed.emit(name, error)

        self._tasks.start("gallery-remove", work, done, undone)
