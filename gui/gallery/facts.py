"""What is known of a model, as a list of facts and a list of files with their checksums."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from backend.gallery import GalleryEntry, GalleryFile
from gui.gallery.item import Item
from gui.gallery.words import speed_details, speed_text, task_title
from gui.widgets.language import byte_size, grouped, tr
from gui.widgets.selectable_label import SelectableLabel
from gui.widgets.theme import CAPTION_PX, GAP, GAP_SMALL, sized

_HALF = 32
"""Digits of a SHA-256 in one line."""


class FactList(QWidget):
    """A line for each fact; those that are not known are left out."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, tuple[QLabel, QLabel]] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(GAP_SMALL)
        self._grid.setColumnStretch(1, 1)

    def show_item(self, item: Item) -> None:
        """The facts of a model."""
        for title, value in _facts(item).items():
            if title not in self._lines:
                self._add(title)
            for label in self._lines[title]:
                label.setVisible(bool(value))
            self._lines[title][1].setText(value)

    def texts(self) -> dict[str, str]:
        """What can be read."""
        return {title: value.text() for title, (_, value) in self._lines.items() if value.text()}

    def _add(self, title: str) -> None:
        caption, value = QLabel(title), SelectableLabel("")
        caption.setProperty("role", "muted")
        top = Qt.AlignmentFlag.AlignTop
        row = len(self._lines)
        self._grid.addWidget(caption, row, 0, top)
        self._grid.addWidget(value, row, 1, top)
        self._lines[title] = (caption, value)


class FileList(QWidget):
    """Path, size, origin and SHA-256 of each file; the last can be copied."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP)
        self._shown: list[QWidget] = []
        self.copies: tuple[QPushButton, ...] = ()
        """The buttons, in the order of the files."""

    def show_entry(self, entry: GalleryEntry) -> None:
        """The files of a model."""
        for widget in self._shown:
            self._column.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self.copies = tuple(_copy_button(file) for file in entry.files)
        self._shown = [_file(*each) for each in zip(entry.files, self.copies, strict=True)]
        if entry.beside:
            names = ", ".join(name for name, _ in entry.beside)
            self._shown.append(
                SelectableLabel("muted", tr("With Inferdeck comes {names}.", names=names))
            )
        for widget in self._shown:
            self._column.addWidget(widget)


def _facts(item: Item) -> dict[str, str]:
    entry, speed = item.entry, item.row.speed
    size = byte_size(item.row.size)
    if item.row.traffic != item.row.size:
        size = tr("{size}, {traffic} to fetch", size=size, traffic=byte_size(item.row.traffic))
    return {
        tr("Name"): entry.name,
        tr("Task"): task_title(entry.task),
        tr("Licence"): entry.licence,
        tr("Size"): size,
        tr("Origin"): "\n".join(item.row.origins),
        tr("Speed"): f"{speed_text(item)}\n{speed_details(speed)}" if speed is not None else "",
        tr("Folder"): str(item.row.folder),
    }


def _copy_button(file: GalleryFile) -> QPushButton:
    copy = QPushButton(tr("Copy SHA-256"))
    copy.setProperty("role", "link")
    copy.setAccessibleName(tr("Copy the SHA-256 of {file}", file=file.path))
    copy.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    copy.clicked.connect(partial(_copy, file.sha256))
    return copy


def _file(file: GalleryFile, copy: QPushButton) -> QWidget:
    shown = QWidget()
    column = QVBoxLayout(shown)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    head = QHBoxLayout()
    head.setSpacing(GAP_SMALL)
    head.addWidget(SelectableLabel("", file.path), 1)
    head.addWidget(copy)
    digest = SelectableLabel("caption", f"{file.sha256[:_HALF]}\n{file.sha256[_HALF:]}")
    digest.setFont(sized(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont), CAPTION_PX))
    digest.setAccessibleName(tr("SHA-256 of {file}", file=file.path))
    column.addLayout(head)
    column.addWidget(SelectableLabel("muted", tr("{size} bytes", size=grouped(file.size))))
    for source in file.sources:
        column.addWidget(SelectableLabel("muted", f"{source.path}, {source.origin}"))
    column.addWidget(digest)
    return shown


def _copy(text: str, *_: object) -> None:
    QGuiApplication.clipboard().setText(text)
