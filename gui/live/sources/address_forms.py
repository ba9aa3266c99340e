"""Two small questions: another server's address, and the address of a network camera."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from backend.sources.network import NETWORK_CAMERA
from gui.widgets.dialog_buttons import use_and_cancel
from gui.widgets.language import tr
from gui.widgets.theme import GAP, GAP_LARGE

_WIDTH = 460


class _Form(QDialog):
    """Fields with labels, a line for what is wrong, and two buttons."""

    def __init__(self, window: QWidget, title: str, help_text: str) -> None:
        super().__init__(window)
        self.setWindowTitle(title)
        heading = QLabel(title)
        heading.setProperty("role", "title")
        words = QLabel(help_text)
        words.setProperty("role", "muted")
        words.setWordWrap(True)
        words.setFixedWidth(_WIDTH)
        self.fields = QFormLayout()
        self.fields.setSpacing(GAP)
        self.wrong = QLabel()
        self.wrong.setProperty("role", "error")
        self.wrong.setWordWrap(True)
        self.wrong.setFixedWidth(_WIDTH)
        self.wrong.hide()
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        column.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        column.setSpacing(GAP)
        for widget in (heading, words):
            column.addWidget(widget)
        column.addLayout(self.fields)
        column.addWidget(self.wrong)
        column.addSpacing(GAP)
        column.addWidget(use_and_cancel(self))

    def add_field(self, label: str, placeholder: str) -> QLineEdit:
        """A text field with its label."""
        field = QLineEdit()
        field.setPlaceholderText(placeholder)
        field.setAccessibleName(label)
        self.fields.addRow(label, field)
        return field

    def showEvent(self, event: QShowEvent) -> None:
        """The first field has the cursor; Qt would give it to the button."""
        super().showEvent(event)
        first = self.findChild(QLineEdit)
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    def complain(self, text: str) -> None:
        """Say what is wrong and stay open."""
        self.wrong.setText(text)
        self.wrong.show()


class AddressForm(_Form):
    """The URL of a network camera or of a file on the web."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(
            window,
            tr("Open address"),
            tr(
                "A network camera: http:// or https:// with MJPEG or a video, or rtsp://. "
                "A name and password in the address are never shown or logged."
            ),
        )
        self.address = self.add_field(tr("Address"), "http://camera.local/video.mjpg")
        self.url = ""

    def accept(self) -> None:
        """Take the address if it has a scheme that we read."""
        url = self.address.text().strip()
        if not NETWORK_CAMERA.matches(url):
            self.complain(tr("An address starts with http://, https://, rtsp:// or rtsps://."))
            return
        self.url = url
        super().accept()
