"""What a collection's menu does with its files: folders, names, copies, deleting, their text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QInputDialog

from backend.core.status import Notice, Severity
from backend.inspector.collections import (
    Collection,
    Deleted,
    check_text,
    checks_to_begin_with,
    delete,
    duplicate,
    file_text,
    make_folder,
    move,
    move_folder,
    put_back,
    rename,
    variables_file,
    write_text,
)
from gui.inspect.saved.menu import Act
from gui.inspect.saved.text_dialog import FileTextDialog
from gui.inspect.saved.tree import SavedTree
from gui.widgets.dialog_buttons import plain_buttons
from gui.widgets.language import count, tr
from gui.workspace.notices import ToastAction
from gui.workspace.pages import PageHost

_ROOM_FOR_TITLE = 420
"""With the program's name behind it and a frame's buttons."""
_NEW_VARIABLES = "version = 1\n\n[variables]\n"


def ask_name(
    tree: SavedTree, title: str, words: str, name: str, use: Callable[[str], object]
) -> None:
    """Ask for the name of a file or folder; returns at once."""
    dialog = QInputDialog(tree)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    dialog.setMinimumWidth(_ROOM_FOR_TITLE)
    dialog.setLabelText(words)
    dialog.setTextValue(name)
    dialog.textValueSelected.connect(use)
    dialog.open()
    plain_buttons(dialog)


class SavedChanges(QObject):
    """Every change is made off the window's thread; `changed` tells that the folder is another."""

    changed = Signal(object)
    """The path within the collection that is to be chosen, None for what is chosen already."""

    def __init__(self, host: PageHost, tree: SavedTree, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self._tree = tree

    def act(self, act: Act, collection: Collection) -> None:
        """Do this with the chosen row."""
        match act:
            case Act.NEW_FOLDER:
                self._new_folder(collection)
            case Act.RENAME:
                self._rename(collection)
            case Act.DUPLICATE:
                self._duplicate(collection)
            case Act.DELETE:
                self._delete(collection)
            case Act.EDIT if (entry := self._tree.entry()) is not None:
                file = entry.file
                self._edit(collection, lambda: file)
            case Act.CHECKS if (entry := self._tree.entry()) is not None:
                rest = entry.request is not None and " " in entry.request.method
                file, checks = entry.file, checks_to_begin_with(rest=rest)
                self._edit(collection, lambda: file, more=checks)
            case Act.VARIABLES:
                name = self._environment(collection)
                self._edit(collection, lambda: variables_file(collection.folder, name))
            case Act.NEW_ENVIRONMENT:
                self._new_environment(collection)
            case Act.COPY_PATH:
                QGuiApplication.clipboard().setText(str(self._chosen(collection)))

    def move(
        self, collection: Collection, paths: Sequence[PurePosixPath], into: PurePosixPath
    ) -> None:
        """Put requests and folders into a folder."""
        entries = [entry for entry in collection.entries if entry.path in paths]
        folders = [path for path in paths if path in collection.folders]
        place = collection.folder / into

        def work() -> None:
            move(collection, entries, place)
            for folder in folders:
                move_folder(collection.folder / folder, place)

        self._start(work, lambda _: self.changed.emit(into / paths[0].name))

    def _chosen(self, collection: Collection) -> Path:
        entry = self._tree.entry()
        return entry.file if entry is not None else collection.folder / self._tree.folder()

    def _new_folder(self, collection: Collection) -> None:
        parent = collection.folder / self._tree.folder()

        def made(folder: Path) -> None:
            self.changed.emit(_within(collection, folder))

        ask_name(
            self._tree,
            tr("New folder"),
            tr("Its name"),
            "",
            lambda name: self._start(lambda: make_folder(parent, name), made),
        )

    def _rename(self, collection: Collection) -> None:
        path = self._chosen(collection)
        if path == collection.folder:
            return

        def renamed(new: Path) -> None:
            self.changed.emit(_within(collection, new))

        ask_name(
            self._tree,
            tr("Rename"),
            tr("Its name, which the file will have"),
            path.name if path.is_dir() else path.stem,
            lambda name: self._start(lambda: rename(path, name), renamed),
        )

    def _duplicate(self, collection: Collection) -> None:
        entry = self._tree.entry()
        if entry is not None:
            self._start(
                lambda: duplicate(entry), lambda new: self.changed.emit(_within(collection, new))
            )

    def _delete(self, collection: Collection) -> None:
        path, entries = self._chosen(collection), self._tree.chosen()
        folder = path if path.is_dir() else None
        if folder == collection.folder:
            return

        def deleted(gone: Deleted) -> None:
            self.changed.emit(None)
            words = path.stem if folder is None else _many(path.name, len(entries))
            self._host.notifier.show_notice(
                Notice(Severity.INFO, tr("Deleted"), words),
                (ToastAction(tr("Undo"), partial(self._undo, gone)),),
            )

        self._start(lambda: delete(collection, entries, folder), deleted)

    def _undo(self, gone: Deleted) -> None:
        self._start(lambda: put_back(gone), lambda _: self.changed.emit(None))

    def _new_environment(self, collection: Collection) -> None:
        """It begins with what the one in use says."""
        like = variables_file(collection.folder, self._environment(collection))

        def named(name: str) -> None:
            self._edit(collection, lambda: variables_file(collection.folder, name), like)

        ask_name(
            self._tree, tr("New environment"), tr("Its name, which the file will have"), "", named
        )

    def _environment(self, collection: Collection) -> str:
        name = self._host.store.current.environment
        return name if name in collection.environments else ""

    def _edit(
        self,
        collection: Collection,
        place: Callable[[], Path],
        like: Path | None = None,
        more: str = "",
    ) -> None:
        """Show a file's text; one that is not there begins with that of `like`, if that is.

        `more` is a table that is put to the end if there is none of its name.
        """

        def read() -> tuple[Path, str, str]:
            file = place()
            before = file_text(file)
            text = before or (file_text(like) if like else "") or _NEW_VARIABLES
            head = more.partition("\n")[0]
            added = f"\n{more}" if more and head not in text.splitlines() else ""
            return file, before, text + added

        self._start(read, lambda found: self._show_text(collection, *found))

    def _show_text(self, collection: Collection, file: Path, before: str, text: str) -> None:
        def save(text: str) -> None:
            text = text.rstrip("\n") + "\n"
            self._start(
                lambda: write_text(file, text, before), lambda _: written(), dialog.complain
            )

        def written() -> None:
            dialog.saved()
            self.changed.emit(None)

        dialog = FileTextDialog(
            self._tree,
            self._host.palette_roles,
            str(file.relative_to(collection.folder)),
            text,
            lambda text: check_text(collection.folder, file, text),
            save,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _start(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        self._host.tasks.start("collection", work, done, failed or self._host.notifier.show_error)


def _many(name: str, requests: int) -> str:
    words = count(requests, "{n} request", "{n} requests")
    return f"{name}, {words}"


def _within(collection: Collection, path: Path) -> PurePosixPath:
    inner = path.with_suffix("") if path.is_file() else path
    return PurePosixPath(inner.relative_to(collection.folder).as_posix())
