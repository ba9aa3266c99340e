"""Tells when other programs change a collection: an editor, version control, another window."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal, Slot

from backend.inspector.collections import Collection

_SETTLE_MS = 200
_MOST_FILES = 500
"""Of more, only their folders are watched: what is written in place is seen when the page opens."""


class FolderWatch(QObject):
    """Watches folders for files that come, go and are replaced, and files for what is written."""

    changed = Signal()
    """Some time after the last change."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._watcher = QFileSystemWatcher(self)
        self._settled = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settled.timeout.connect(self.changed)
        self._watcher.directoryChanged.connect(self._touched)
        self._watcher.fileChanged.connect(self._touched)

    def follow(self, collection: Collection) -> None:
        """Watch all of it from now on, and nothing else."""
        folder = collection.folder
        files = [*(entry.file for entry in collection.entries), *collection.variable_files]
        folders = [folder, *(folder / each for each in collection.folders)]
        folders += {file.parent for file in collection.variable_files} - {folder}
        self._watch([*folders, *(files if len(files) <= _MOST_FILES else ())])

    def close(self) -> None:
        """Watch nothing."""
        self._settled.stop()
        self._watch(())

    def _watch(self, paths: Iterable[Path]) -> None:
        wanted = {str(path) for path in paths}
        known = {*self._watcher.directories(), *self._watcher.files()}
        if gone := known - wanted:
            self._watcher.removePaths(sorted(gone))
        if new := wanted - known:
            self._watcher.addPaths(sorted(new))

    @Slot()
    def _touched(self) -> None:
        self._settled.start()
