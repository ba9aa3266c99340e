"""A line of text that gives way where there is no room for all of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy


class ElidedLabel(QLabel):
    """A name and what follows it; the name loses its middle where there is no room for both.

    It asks for no width, and a tip has all of it then.
    """

    def __init__(self, role: str) -> None:
        super().__init__()
        self._name = self._rest = ""
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def full(self) -> str:
        """All of it."""
        return f"{self._name}{self._rest}"

    def say(self, name: str, rest: str = "") -> None:
        """Say something else."""
        if (name, rest) != (self._name, self._rest):
            self._name, self._rest = name, rest
            self.setAccessibleName(self.full)
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More, or less, of it."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.ensurePolished()
        metrics, width = self.fontMetrics(), self.contentsRect().width()
        left = width - metrics.horizontalAdvance(self._rest)
        name = metrics.elidedText(self._name, Qt.TextElideMode.ElideMiddle, left)
        shown = metrics.elidedText(f"{name}{self._rest}", Qt.TextElideMode.ElideRight, width)
        self.setText(shown)
        self.setToolTip(self.full if shown != self.full else "")
