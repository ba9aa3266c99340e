"""Files dragged over the window: a dashed frame says where they go, anywhere will do."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui.widgets.language import tr
from gui.widgets.theme import DISPLAY_PX, GAP_LARGE, Palette, sized


class DropOverlay(QWidget):
    """Covers the window while something that can be dropped is over it."""

    dropped = Signal(list)
    """Paths and URLs as text."""

    def __init__(self, window: QWidget, palette: Palette) -> None:
        super().__init__(window)
        self._window = window
        self._roles = palette
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(tr("Drop to stream"))
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        self.hide()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is dragged onto the window."""
        if watched is not self._window:
            return False
        if isinstance(event, QDragEnterEvent) and event.mimeData().hasUrls():
            event.acceptProposedAction()
            self.setGeometry(self._window.rect())
            self.show()
            self.raise_()
            return True
        if event.type() is QEvent.Type.DragLeave:
            self.hide()
        elif isinstance(event, QDropEvent) and event.type() is QEvent.Type.Drop:
            self.hide()
            event.acceptProposedAction()
            self.dropped.emit(dropped_specs(event.mimeData()))
            return True
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A dashed frame and one line of text."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = self._roles.color("background")
        veil.setAlphaF(0.85)
        painter.fillRect(self.rect(), veil)
        pen = QPen(self._roles.color("accent"), 2, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        inset = GAP_LARGE
        painter.drawRoundedRect(self.rect().adjusted(inset, inset, -inset, -inset), 8, 8)
        painter.setPen(self._roles.color("text"))
        painter.setFont(sized(self.font(), DISPLAY_PX, bold=True))
        painter.drawText(
            self.rect(),
            Qt.AlignmentFlag.AlignCenter,
            tr("Drop an image, video, sound file or folder to stream it"),
        )


def dropped_specs(data: QMimeData) -> list[str]:
    """Local files as paths, everything else as URLs."""
    return [
        str(Path(url.toLocalFile())) if url.isLocalFile() else url.toString() for url in data.urls()
    ]
