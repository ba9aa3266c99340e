"""The button that starts and stops a run."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QPushButton

from gui.widgets.icons import tinted
from gui.widgets.language import tr
from gui.widgets.theme import BODY_PX, CONTROL_HEIGHT, Palette, sized

_WIDTH = 128
_EDGES = 40
"""What its icon and its padding take."""
_STATES = ((False, False), (True, False), (True, True))


class StartButton(QPushButton):
    """As wide as the longest of its texts, so that nothing moves when it changes."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._running = False
        self.setProperty("role", "primary")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedSize(self._width(), CONTROL_HEIGHT + 6)
        self.show_run(running=False)

    def show_run(self, *, running: bool, stopping: bool = False, blocked: str = "") -> None:
        """Turn Start into Stop and back; a reason greys it."""
        self._running = running
        name, text, tip = _texts(running=running, stopping=stopping)
        self.setText(text)
        self.setAccessibleName(name)
        self.setEnabled(not blocked and not stopping)
        self.setToolTip(blocked or tip)
        role = "" if running else "primary"
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)
        self._tint()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self._tint()

    def _width(self) -> int:
        """Room for the longest of its texts with its icon, in bold."""
        metrics = QFontMetrics(sized(self.font(), BODY_PX, bold=True))
        texts = [_texts(running=run, stopping=stop)[1] for run, stop in _STATES]
        return max(_WIDTH, *(metrics.horizontalAdvance(text) + _EDGES for text in texts))

    def _tint(self) -> None:
        role = "text" if self._running else "on_accent"
        icon = "stop" if self._running else "play"
        self.setIcon(tinted(icon, self._roles.color(role), self._roles.text_muted))


def _texts(*, running: bool, stopping: bool) -> tuple[str, str, str]:
    """Name, text and tooltip."""
    if stopping:
        return tr("Stopping"), tr("Stopping"), tr("Streaming stops")
    if running:
        return tr("Stop"), tr("Stop   Space"), tr("Stop streaming (Space)")
    return tr("Start"), tr("Start   Space"), tr("Start streaming (Space)")
