"""A line over the cards while nobody is reached, with the ways out."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from backend.core.errors import ConsoleError
from gui.widgets.icons import tinted_pixmap
from gui.widgets.language import tr
from gui.widgets.theme import GAP, Palette


class OfflineBar(QWidget):
    """Hidden while downloads reach somebody."""

    retry_wanted = Signal()
    mirror_wanted = Signal()
    folder_wanted = Signal()

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._icon = QLabel()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP, GAP, GAP, GAP)
        row.setSpacing(GAP)
        row.addWidget(self._icon)
        row.addWidget(self.words, 1)
        for text, signal in (
            (tr("Retry"), self.retry_wanted),
            (tr("Mirror..."), self.mirror_wanted),
            (tr("Install from folder..."), self.folder_wanted),
        ):
            button = QPushButton(text)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(signal)
            row.addWidget(button)
        self.set_palette_roles(palette)
        self.hide()

    def show_error(self, error: Exception | None) -> None:
        """Say who was not reached; None hides it."""
        if error is not None:
            message = error.message if isinstance(error, ConsoleError) else str(error)
            self.words.setText(tr("Offline. {reason}", reason=message))
            self.words.setToolTip(message)
        self.setVisible(error is not None)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._icon.setPixmap(tinted_pixmap("warning", palette.color("warning")))
