"""Model files of the user that come into the embedded server: checked, copied, loaded."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.core.errors import NotReady
from backend.models.repository import (
    Adopted,
    Adoption,
    AdoptionProgress,
    ModelState,
    remove_adopted,
)
from gui.state.models.repositories import RepositoryControl
from gui.state.models.rows import ModelRepositories
from gui.state.server_control import ServerControl, ServerState
from gui.widgets.language import tr

_LOOK_MS = 250


@dataclass(frozen=True, slots=True)
class AddedModel:
    """A model that is served now.

    `alone` says that its repository is known to the server for its sake.
    """

    adopted: Adopted
    file: Path
    alone: bool = False

    @property
    def name(self) -> str:
        """What the server calls it."""
        return self.adopted.name


class ModelAdoption(QObject):
    """Takes model files into one repository and serves them, one after the other.

    It waits for the server, which it starts if need be: names must differ from those of its models.
    A file that cannot be served, and one that was cancelled, leaves nothing behind.
    """

    changed = Signal()
    """`file`, `waiting` or `progress` is another."""
    added = Signal(object)
    """An AddedModel; it is loaded."""
    failed = Signal(object, object)
    """The Path of a file, and the exception that kept it from being served."""
    cancelled = Signal(object)
    """The Path of a file that was given up."""
    taken_back = Signal(object)
    """An AddedModel that is no longer there."""

    def __init__(
        self,
        repositories: RepositoryControl,
        server: ServerControl,
        root: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._repositories = repositories
        self._server = server
        self._root = root
        self._files: deque[Path] = deque()
        self._adoption: Adoption | None = None
        self._shown = AdoptionProgress()
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._look)
        server.ready.connect(self._next)
        server.failed.connect(self._server_failed)

    @property
    def file(self) -> Path | None:
        """What is on its way in, None if nothing is."""
        return self._files[0] if self._files else None

    @property
    def waiting(self) -> int:
        """How many files come after it."""
        return max(0, len(self._files) - 1)

    @property
    def progress(self) -> AdoptionProgress | None:
        """How far `file` is, None while the server is waited for."""
        return self._adoption.progress if self._adoption is not None else None

    def add(self, files: Sequence[Path]) -> None:
        """Take these in after those that are on their way; starts the server if it is stopped."""
        self._files += [file for file in files if file not in self._files]
        if self._server.state in (ServerState.STOPPED, ServerState.FAILED):
            self._server.start()
        self.changed.emit()
        self._next()

    @Slot()
    def cancel(self) -> None:
        """Give up every file that is not in yet."""
        files, self._files = tuple(self._files), deque()
        if self._adoption is not None:
            self._adoption.cancel()
        self._adoption = None
        self._timer.stop()
        self.changed.emit()
        for file in files:
            self.cancelled.emit(file)

    def take_back(self, added: AddedModel) -> None:
        """Unload a model and remove exactly what was made for it."""

        def done(empty: bool) -> None:
            if empty and added.alone:
                self._repositories.forget(self._root)
            self.taken_back.emit(added)

        self._repositories.change(
            added.name,
            partial(_remove, added=added, root=self._root),
            done,
            self._repositories.failed.emit,
        )

    @Slot()
    def _next(self) -> None:
        if self._adoption is not None or not self._files:
            return
        if self._server.state is not ServerState.RUNNING:
            return
        file, adoption = self._files[0], Adoption()
        self._adoption = adoption
        self._timer.start()
        self.changed.emit()
        self._repositories.change(
            str(file),
            partial(_adopt, file=file, root=self._root, adoption=adoption),
            partial(self._done, adoption),
            partial(self._failed, adoption, file),
        )

    def _done(self, adoption: Adoption, added: AddedModel) -> None:
        adopted = added.adopted
        added = replace(added, alone=self._repositories.remember(self._root))
        if adoption is not self._adoption:  # cancelled when it was as good as done
            if not adopted.reused:
                self.take_back(added)
            return
        if added.alone:  # what else is there is served from now on, not only at the next start
            self._repositories.add(self._root)
        self._over()
        self.added.emit(added)
        self._next()

    def _failed(self, adoption: Adoption, file: Path, error: Exception) -> None:
        if adoption is not self._adoption:
            return
        self._over()
        self.failed.emit(file, error)
        self._next()

    def _over(self) -> None:
        self._adoption = None
        self._timer.stop()
        self._files.popleft()
        self.changed.emit()

    @Slot()
    def _look(self) -> None:
        if self.progress is not None and self.progress != self._shown:
            self._shown = self.progress
            self.changed.emit()

    @Slot(object)
    def _server_failed(self, error: Exception) -> None:
        """What waits for a server that does not start waits in vain."""
        if self._server.state is ServerState.RUNNING or self._adoption is not None:
            return
        files, self._files = tuple(self._files), deque()
        self.changed.emit()
        why = NotReady(tr("The local server does not run. {reason}", reason=str(error)))
        for file in files:
            self.failed.emit(file, why)


def _adopt(models: ModelRepositories, file: Path, root: Path, adoption: Adoption) -> AddedModel:
    """Off the window's thread: copy the file and load the model, or leave nothing."""
    adopted = models.adopt(file, root, adoption)
    known = root.resolve() in dict(models.repositories())
    try:
        models.add_repository(root)
        if not _is_ready(models, adopted.name):
            models.load(adopted.name)
        adoption.check()
    except Exception:
        if not adopted.reused:
            models.unload(adopted.name)
            remove_adopted(adopted)
        if not known:
            models.remove_repository(root)
        raise
    return AddedModel(adopted, file)


def _is_ready(models: ModelRepositories, name: str) -> bool:
    return any(row.name == name and row.state is ModelState.READY for row in models.index())


def _remove(models: ModelRepositories, added: AddedModel, root: Path) -> bool:
    """Off the window's thread: whether the repository has no models left."""
    models.unload(added.name)
    remove_adopted(added.adopted)
    empty = not dict(models.repositories()).get(root.resolve())
    if empty and added.alone:
        models.remove_repository(root)
        with contextlib.suppress(OSError):
            root.rmdir()
    return empty
