"""The button that starts and stops a run."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QPushButton

from gui.widgets.icons import tinted
from gui.widgets.language import tr
from gui.widgets.theme import BODY_PX, CONTROL_HEIGHT, Palette, sized

_WIDTH = 128
_EDGES = 44
"""What its icon and its padding take."""
_STATES = ((False, False, False), (False, False, True), (True, False, False), (True, True, False))


class StartButton(QPushButton):
    """As wide as the longest of its texts, so that nothing moves when it changes."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._running = self._again = self._played = False
        self.setProperty("role", "primary")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedSize(self._width(), CONTROL_HEIGHT + 6)
        self.show_run(running=False)

    def show_run(self, *, running: bool, stopping: bool = False, blocked: str = "") -> None:
        """Turn Start into Stop and back; a reason greys it."""
        self._running = running
        name, text, tip = _texts(running=running, stopping=stopping, again=self._again)
        if self._played and running:  # there Space pauses
            text = name
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

    def set_source(self, *, played: bool, recorded: bool) -> None:
        """Whether the chosen source is a file that Space pauses, and one with answers of its own,
        which is run again."""
        if (played, recorded) != (self._played, self._again):
            self._played, self._again = played, recorded
            self.show_run(running=self._running)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self._tint()

    def _width(self) -> int:
        """Room for the longest of its texts with its icon, in bold."""
        metrics = QFontMetrics(sized(self.font(), BODY_PX, bold=True))
        texts = [_texts(running=run, stopping=stop, again=again)[1] for run, stop, again in _STATES]
        return max(_WIDTH, *(metrics.horizontalAdvance(text) + _EDGES for text in texts))

    def _tint(self) -> None:
        role = "text" if self._running else "on_accent"
        icon = "stop" if self._running else "play"
        self.setIcon(tinted(icon, self._roles.color(role), self._roles.text_muted))


def _texts(*, running: bool, stopping: bool, again: bool) -> tuple[str, str, str]:
    """Name, text and tooltip."""
    if stopping:
        return tr("Stopping"), tr("Stopping"), tr("Streaming stops")
    if running:
        return tr("Stop"), tr("Stop   Space"), tr("Stop streaming (Space)")
    if again:
        tip = tr("Send the recorded samples to this target and model")
        return tr("Run again"), tr("Run again"), tip
    return tr("Start"), tr("Start   Space"), tr("Start streaming (Space)")
