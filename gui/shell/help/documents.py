"""The project's documents, read in the window."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QImage, QTextBlock, QTextCursor, QTextDocument
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QTextBrowser,
    QWidget,
)

from backend.core.release import PROGRAM
from gui.widgets.dialog_sizes import open_as_large_as
from gui.widgets.language import tr
from gui.widgets.theme import GAP, GAP_LARGE

_SIZE = QSize(980, 680)
_LIST_WIDTH = 250
_FIRST, _LAST = "README.md", ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
_HEADING = re.compile(r"^# +(.+)$", re.MULTILINE)
_PATH = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Document:
    """A Markdown file with its first heading."""

    path: Path
    title: str
    text: str


def read_documents(root: Path = PROGRAM.parent) -> tuple[Document, ...]:
    """The README, everything in docs and beside it; files that are not there are left out."""
    paths = [root / _FIRST, *sorted((root / "docs").glob("*.md")), *map(root.joinpath, _LAST)]
    found = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            continue
        heading = _HEADING.search(text)
        found.append(Document(path, (heading[1] if heading else path.stem).replace("`", ""), text))
    return tuple(found)


def slug(heading: str) -> str:
    """The anchor of a heading, as links to it are written."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.replace(" ", "-")


class DocumentView(QTextBrowser):
    """One document; pictures are never wider than the view."""

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """A picture of the documents, in the size that there is room for."""
        name = QUrl(name)
        if kind != QTextDocument.ResourceType.ImageResource.value or not name.isRelative():
            return super().loadResource(kind, name)
        folders = map(Path, self.searchPaths())
        paths = [folder / name.path() for folder in folders]
        path = next((path for path in paths if path.is_file()), None)
        image = QImage(str(path)) if path is not None else QImage()
        room = max(200, self.viewport().width() - 6 * GAP)
        if image.width() > room:
            image = image.scaledToWidth(room, Qt.TransformationMode.SmoothTransformation)
        return image

    def show_text(self, markdown: str) -> None:
        """Qt sets paragraphs of Markdown without any space between them."""
        self.setMarkdown(markdown)
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        block = self.document().begin()
        while block.isValid():
            form = block.blockFormat()
            following = block.next()
            code = form.nonBreakableLines()
            if not code or not following.blockFormat().nonBreakableLines():
                form.setBottomMargin(GAP)
            if form.headingLevel():
                form.setTopMargin(GAP_LARGE)
            cursor.setPosition(block.position())
            if cursor.currentTable() is None and block.textList() is None:
                cursor.setBlockFormat(form)
            block = following
        cursor.endEditBlock()

    def go_to(self, anchor: str) -> None:
        """Show the heading with that anchor at the top, or the beginning without one."""
        block: QTextBlock = self.document().begin()
        while anchor and block.isValid():
            if block.blockFormat().headingLevel() and slug(block.text()) == anchor:
                cursor = QTextCursor(block)
                self.moveCursor(QTextCursor.MoveOperation.End)  # so that it is scrolled up to
                self.setTextCursor(cursor)
                self.ensureCursorVisible()
                return
            block = block.next()
        self.moveCursor(QTextCursor.MoveOperation.Start)


class DocumentsDialog(QDialog):
    """A list of documents and the one that is read; links between them stay in here."""

    def __init__(self, window: QWidget, documents: tuple[Document, ...]) -> None:
        super().__init__(window)
        self.setWindowTitle(tr("Documentation"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._documents = {document.path: document for document in documents}
        self.list = QListWidget(self)
        self.list.ensurePolished()  # rows are measured as soon as there is a current one
        self.list.setAccessibleName(tr("Documents"))
        self.list.setFixedWidth(_LIST_WIDTH)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for document in documents:
            item = QListWidgetItem(document.title, self.list)
            item.setData(_PATH, str(document.path))
            item.setToolTip(document.title)
        self.view = DocumentView()
        self.view.setAccessibleName(tr("Document"))
        self.view.document().setDocumentMargin(2 * GAP)
        self.view.setOpenLinks(False)
        self.view.anchorClicked.connect(self._follow)
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP, GAP, GAP, GAP)
        row.setSpacing(GAP)
        row.addWidget(self.list)
        row.addWidget(self.view, 1)
        if documents:
            self.list.currentItemChanged.connect(self._chosen)
            self.list.setCurrentRow(0)
        self.list.setFocus()
        open_as_large_as(self, _SIZE)

    def show_document(self, path: Path, anchor: str = "") -> None:
        """Read this one, from a heading on."""
        for row in range(self.list.count()):
            if self.list.item(row).data(_PATH) == str(path):
                self.list.setCurrentRow(row)
        self.view.go_to(anchor)

    @Slot()
    def _chosen(self) -> None:
        document = self._documents[Path(self.list.currentItem().data(_PATH))]
        self.view.setSearchPaths([str(document.path.parent)])
        self.view.show_text(document.text)
        self.view.go_to("")

    @Slot(QUrl)
    def _follow(self, link: QUrl) -> None:
        """Another document here; anything else is opened by what the system has for it."""
        if not link.isRelative():
            QDesktopServices.openUrl(link)
            return
        here = Path(self.list.currentItem().data(_PATH))
        path = (here.parent / link.path()).resolve() if link.path() else here
        if path in self._documents:
            self.show_document(path, link.fragment())
        elif path.exists():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
