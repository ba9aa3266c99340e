"""Files dragged over the window: a dashed frame says what becomes of them, anywhere will do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui.widgets.theme import DISPLAY_PX, GAP_LARGE, Palette, sized


class DropTaker(Protocol):
    """Takes paths and URLs, as text."""

    def take(self, specs: Sequence[str]) -> None:
        """Use what was dropped."""
        ...

    def describe(self, specs: Sequence[str], show: Callable[[str], None]) -> None:
        """Show in lines what `take` would do; at once, and again when more is known."""
        ...


class DropOverlay(QWidget):
    """Covers the window, which tells it, while something that can be dropped is over it."""

    def __init__(self, window: QWidget, palette: Palette, drops: DropTaker) -> None:
        super().__init__(window)
        self._window = window
        self._roles = palette
        self._drops = drops
        self._dragged: list[str] = []
        self.text = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        window.setAcceptDrops(True)
        self.hide()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette

    def enter(self, event: QDragEnterEvent) -> None:
        """Take what is dragged onto the window."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            self._describe(dropped_specs(event.mimeData()))
            self.setGeometry(self._window.rect())
            self.show()
            self.raise_()

    def leave(self) -> None:
        """It is dragged away again."""
        self._end()

    def drop(self, event: QDropEvent) -> None:
        """Use it."""
        self._end()
        event.acceptProposedAction()
        self._drops.take(dropped_specs(event.mimeData()))

    def _describe(self, specs: list[str]) -> None:
        self._dragged = specs

        def show(text: str) -> None:
            if self._dragged is specs:  # and not what was dragged before
                self.text = text
                self.setAccessibleName(text)
                self.update()

        self._drops.describe(specs, show)

    def _end(self) -> None:
        self._dragged = []
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A dashed frame and what would happen."""
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
        room = self.rect().adjusted(2 * inset, 2 * inset, -2 * inset, -2 * inset)
        metrics = painter.fontMetrics()
        lines = (
            metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, room.width())
            for line in self.text.splitlines()
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, "\n".join(lines))


def dropped_specs(data: QMimeData) -> list[str]:
    """Local files as paths, everything else as URLs."""
    return [
        str(Path(url.toLocalFile())) if url.isLocalFile() else url.toString() for url in data.urls()
    ]
