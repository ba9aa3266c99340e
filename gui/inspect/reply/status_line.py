"""How an exchange ended, in one line: status, time, size; and under it why it failed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from backend.inspector.calls import Exchange
from gui.views.scales import milliseconds
from gui.widgets.language import byte_size, count, spoken, tr
from gui.widgets.theme import BODY_PX, GAP, GAP_SMALL, Palette, tabular


class StatusLine(QWidget):
    """The head of the reply: a dot and the status at the left, numbers at the right."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._level = "text_muted"
        self._dot = QLabel("\u25cf")
        self._status = QLabel()
        self._status.setAccessibleName(tr("Status"))
        self._status.setTextFormat(Qt.TextFormat.PlainText)
        self._numbers = QLabel()
        self._numbers.setFont(tabular(self._numbers.font(), BODY_PX))
        self._numbers.setProperty("role", "muted")
        self._why = QLabel()
        self._why.setTextFormat(Qt.TextFormat.PlainText)
        self._why.setWordWrap(True)
        self._why.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._why.setProperty("role", "error")
        self._hint = QLabel()
        self._hint.setTextFormat(Qt.TextFormat.PlainText)
        self._hint.setWordWrap(True)
        self._hint.setProperty("role", "muted")
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(self._dot)
        line.addWidget(self._status, 1)
        line.addWidget(self._numbers)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP_SMALL)
        column.addLayout(line)
        column.addWidget(self._why)
        column.addWidget(self._hint)
        self.show_nothing()

    def show_nothing(self) -> None:
        """Before the first reply."""
        self._say("text_muted", tr("No reply yet"), "", "", "")

    def show_waiting(self, text: str, numbers: str = "") -> None:
        """While a call is under way."""
        self._say("warning", text, numbers, "", "")

    def show_exchange(self, exchange: Exchange) -> None:
        """How it ended."""
        status, fault = exchange.status, exchange.fault
        text = status.text if status is not None and not exchange.ok else ""
        why = text or (spoken(fault.message) if fault is not None else "")
        hint = spoken(fault.hint) if fault is not None and fault.hint else ""
        level = "ok" if exchange.ok else "error"
        numbers = reply_numbers(exchange)
        self._say(level, status_words(exchange), numbers, why, hint if hint != why else "")

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self._tint()

    @property
    def text(self) -> str:
        """What it says."""
        parts = (self._status.text(), self._numbers.text(), self._why.text(), self._hint.text())
        return " ".join(part for part in parts if part)

    def _say(self, level: str, status: str, numbers: str, why: str, hint: str) -> None:
        self._level = level
        self._status.setText(status)
        self._numbers.setText(numbers)
        self._why.setText(why)
        self._why.setVisible(bool(why))
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._tint()

    def _tint(self) -> None:
        self._dot.setStyleSheet(f"color: {self._roles.color(self._level).name()};")


def status_words(exchange: Exchange) -> str:
    """The status by its code and name."""
    status = exchange.status
    return f"{status.code} {status.name}" if status is not None else tr("No answer")


def reply_numbers(exchange: Exchange) -> str:
    """How long it took, how much came back, and how many replies that were, if not one."""
    replies = len(exchange.replies) + exchange.replies_left_out
    parts = [milliseconds(exchange.total_ns / 1e6), byte_size(exchange.reply_size)]
    if exchange.request.kind.server_streams or replies > 1:
        parts.append(count(replies, "{n} reply", "{n} replies"))
    return "   ".join(parts)
