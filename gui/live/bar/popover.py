"""A panel that opens under a button, and closes with Esc or a click elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from gui.widgets.theme import GAP, GAP_LARGE


class Popover(QFrame):
    """As large as its content, whatever that changes to while it is open."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popover")
        self.setAccessibleName(title)
        # Else a click on the button that has opened it would close it and open it again.
        self.setAttribute(Qt.WidgetAttribute.WA_NoMouseReplay)
        heading = QLabel(title)
        heading.setProperty("role", "title")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(GAP_LARGE, GAP + 4, GAP_LARGE, GAP_LARGE)
        self._column.setSpacing(GAP + 4)
        self._column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        self._column.addWidget(heading)

    def hold(self, content: QWidget) -> None:
        """Take up what is to be shown."""
        self._column.addWidget(content)
        content.show()

    def open_under(self, button: QWidget, first: QWidget) -> None:
        """Open with the keys in `first`, within the window's edges."""
        self.open_at(button, QPoint(0, button.height() + 4), first)

    def open_at(self, widget: QWidget, at: QPoint, first: QWidget) -> None:
        """Open at a place of a widget, or as near to it as the window's edges allow."""
        self.ensurePolished()
        self._column.activate()
        self.adjustSize()
        window = widget.window()
        place = widget.mapToGlobal(at)
        end = window.mapToGlobal(QPoint(window.width() - GAP, window.height() - GAP))
        left = window.mapToGlobal(QPoint(GAP, 0)).x()
        place.setX(max(left, min(place.x(), end.x() - self.width())))
        place.setY(min(place.y(), end.y() - self.height()))
        self.move(place)
        self.show()
        first.setFocus(Qt.FocusReason.PopupFocusReason)
