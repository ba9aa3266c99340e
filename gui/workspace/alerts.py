"""Alerts: conditions that are true now, by id, in a list that empties itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from backend.core.status import Alert, Severity
from gui.widgets.icons import tinted_pixmap
from gui.widgets.language import marked, tr
from gui.widgets.theme import GAP, GAP_SMALL, Palette
from gui.workspace.notices import ToastAction

_SEVERITIES = {
    Severity.INFO: marked("info"),
    Severity.WARNING: marked("warning"),
    Severity.ERROR: marked("error"),
}


class AlertsPanel(QScrollArea):
    """Shows the alerts of several origins together, each with buttons that `actions_for` gives."""

    count_changed = Signal(int)
    """How many alerts there are."""

    def __init__(
        self,
        palette: Palette,
        actions_for: Callable[[Alert], Sequence[ToastAction]] = lambda _alert: (),
    ) -> None:
        super().__init__()
        self._roles = palette
        self._actions_for = actions_for
        self._by_origin: dict[str, tuple[Alert, ...]] = {}
        self._shown: tuple[Alert, ...] = ()
        self._rows: dict[Alert, QWidget] = {}
        self.setWidgetResizable(True)
        self.setAccessibleName(tr("Alerts"))
        self._page = QWidget()
        self._page.setObjectName("panel")
        self._column = QVBoxLayout(self._page)
        self._column.setContentsMargins(GAP, GAP, GAP, GAP)
        self._column.setSpacing(GAP)
        self.setWidget(self._page)
        self._fill()

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """What is true now, errors first."""
        by_id = {alert.id: alert for alerts in self._by_origin.values() for alert in alerts}
        return tuple(sorted(by_id.values(), key=lambda a: a.severity is not Severity.ERROR))

    def set_alerts(self, origin: str, alerts: Sequence[Alert]) -> None:
        """Replace what one origin (the run, the server, ...) says is true."""
        self._by_origin[origin] = tuple(alerts)
        if self.alerts != self._shown:
            count_before = len(self._shown)
            self._shown = self.alerts
            self._fill()
            if len(self._shown) != count_before:
                self.count_changed.emit(len(self._shown))

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self._rows.clear()
        self._fill()

    def _fill(self) -> None:
        """Rows of alerts that are still true stay: a button of theirs may be held down just now."""
        kept = {alert: row for alert, row in self._rows.items() if alert in self._shown}
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget not in kept.values():
                widget.hide()
                widget.deleteLater()
        self._rows = {alert: kept.get(alert) or self._row(alert) for alert in self._shown}
        for row in self._rows.values():
            self._column.addWidget(row)
        if not self._shown:
            empty = QLabel(tr("Nothing is wrong. Conditions that need attention appear here."))
            empty.setProperty("role", "muted")
            empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self._column.addWidget(empty, 1)
        else:
            self._column.addStretch(1)

    def _row(self, alert: Alert) -> QWidget:
        row = QFrame()
        row.setObjectName("alert")
        row.setAccessibleName(f"{tr(_SEVERITIES[alert.severity])}: {alert.title}")
        icon = QLabel()
        role = "accent" if alert.severity is Severity.INFO else str(alert.severity)
        icon.setPixmap(tinted_pixmap(str(alert.severity), self._roles.color(role)))
        text = QVBoxLayout()
        text.setSpacing(GAP_SMALL)
        text.addWidget(_label(alert.title))
        if alert.body:
            body = _label(alert.body)
            body.setProperty("role", "muted")
            text.addWidget(body)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(0, 0, 0, 0)
        for action in self._actions_for(alert):
            button = QPushButton(action.title)
            button.setProperty("role", "link")
            button.clicked.connect(action.run)
            buttons.addWidget(button)
        if buttons.count():
            buttons.addStretch(1)
            text.addLayout(buttons)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(GAP, GAP, GAP, GAP)
        layout.setSpacing(GAP)
        layout.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(text, 1)
        return row


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
