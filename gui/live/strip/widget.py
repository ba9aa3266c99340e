"""The status strip: state, rates, age, drops, flight and bytes, each in a slot that never moves."""

from __future__ import annotations

import re

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from backend.core.status import Alert, RunStatus
from gui.live.strip.texts import SlotText, slot_texts, state_role
from gui.state.counters import Recent
from gui.state.preferences import Preferences
from gui.widgets.icons import tinted
from gui.widgets.language import number, percent, tr
from gui.widgets.theme import BODY_PX, GAP, Palette, tabular

HEIGHT = 30
_STATE_LEAST, _STATE_WHOLE, _STATE_MOST = 180, 380, 2000
"""Points of room: at any rate, before any slot that a narrow window leaves out, and at most."""
_NARROWEST = 480
_FIRST_OUT = ("flight", "bytes", "out", "in")
"""What a narrow window leaves out, in this order; age and drops always stay."""
_DIGITS = re.compile(r"\d")


def _slots() -> tuple[tuple[str, str, str], ...]:
    """Name, the longest text it is sized for, and the panel that a click opens."""
    rate = number(999.9, 1)
    share = percent(0.999)
    return (
        ("in", tr("in {rate}/{wanted} fps", rate=rate, wanted=rate), "throughput"),
        ("out", tr("out {rate}/s", rate=rate), "throughput"),
        ("age", tr("age {ms} ms", ms="9999"), "latency"),
        (
            "dropped",
            f"▲ {tr('dropped {lost} ({share})', lost='999999', share=share)}",
            "throughput",
        ),
        ("flight", tr("flight {flying}/{limit}", flying=64, limit=64), "latency"),
        ("bytes", f"↑ ≈{rate} MB/s ↓ {rate} MB/s", "throughput"),
    )


class StatusStrip(QWidget):
    """Fixed-width slots; a click on one opens its panel."""

    panel_wanted = Signal(str)
    recording_clicked = Signal()

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self._roles = palette
        self.preferences = Preferences()
        self._dot = QLabel("●")
        self._dot.setAccessibleName(tr("State"))
        self._dot_role = "text_muted"
        self._state = _State(self.font())
        self._state.setAccessibleName(tr("State"))
        self._state.clicked.connect(lambda: self.panel_wanted.emit("log"))
        self._slots: dict[str, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP + 4, 1, GAP, 0)
        row.setSpacing(2)
        row.addWidget(self._dot)
        row.addWidget(self._state, 1)
        row.addStretch(0)
        font = tabular(self.font(), BODY_PX)
        longest = f"9:59:59 {number(999.9, 1)} MB"
        self._recording = _slot(QFontMetrics(font).horizontalAdvance(longest) + 4 * GAP, font)
        self._recording.clicked.connect(self.recording_clicked)
        self._recording.hide()
        row.addWidget(self._recording)
        for name, longest, panel in _slots():
            slot = _slot(QFontMetrics(font).horizontalAdvance(longest) + 2 * GAP, font)
            slot.clicked.connect(lambda _=False, p=panel: self.panel_wanted.emit(p))
            self._slots[name] = slot
            row.addWidget(slot)
        self._tint()
        self.show_status(RunStatus(), None, tr("Press Space to stream"))

    def minimumSizeHint(self) -> QSize:
        """A narrow window leaves slots out."""
        return QSize(_NARROWEST, HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many slots as there is room for, in the order of their weight."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        taken = self._dot.sizeHint().width() + self._state.needed + 3 * GAP
        if not self._recording.isHidden():
            taken += self._recording.width()
        shown = list(self._slots)
        for name in _FIRST_OUT:
            if taken + sum(self._slots[each].width() + 2 for each in shown) <= self.width():
                break
            shown.remove(name)
        for name, slot in self._slots.items():
            slot.setVisible(name in shown)

    def text(self, name: str) -> str:
        """What a slot says, 'state' included."""
        return self._state.text() if name == "state" else self._slots[name].text()

    def show_status(
        self,
        status: RunStatus,
        age_ms: float | None,
        state_text: str,
        recent: Recent | None = None,
        shortfall: Alert | None = None,
        *,
        paused: bool = False,
    ) -> dict[str, SlotText]:
        """Show a snapshot; what each slot says then.

        `age_ms` is the median result age at first paint, if known; `recent` is what was dropped
        lately, while a run is on; `shortfall` says that the model does not keep up with the source,
        `paused` that the file which is played stands still.
        """
        role = state_role(status, recent, paused=paused)
        if role != self._dot_role:
            self._dot_role = role
            self._tint()
        if state_text != self._state.words:
            self._state.say(state_text)
            self._fit()
        slots = slot_texts(status, age_ms, recent, self.preferences, shortfall, paused=paused)
        for name, slot in slots.items():
            self._put(name, slot)
        return slots

    @Slot(str, str)
    def show_recording(self, text: str, tip: str) -> None:
        """Show how long and how large a recording is by now; '' for none."""
        self._recording.setVisible(bool(text))
        self._put_into(self._recording, SlotText(text, tip))
        self._fit()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self._tint()

    def _put(self, name: str, text: SlotText) -> None:
        self._put_into(self._slots[name], text)

    def _put_into(self, slot: QPushButton, text: SlotText) -> None:
        # Even the same text would be laid out and painted again.
        if slot.text() != text.text:
            slot.setText(text.text)
            slot.setAccessibleName(text.text)
        if slot.toolTip() != text.tip:
            slot.setToolTip(text.tip)
        if slot.property("level") != text.level:
            slot.setProperty("level", text.level)
            slot.style().unpolish(slot)
            slot.style().polish(slot)

    def _tint(self) -> None:
        red = self._roles.color("error")
        self._recording.setIcon(tinted("record", red, red))
        self._dot.setStyleSheet(f"color: {self._roles.color(self._dot_role).name()};")


class _State(QPushButton):
    """The state in words: as many as have room, the whole as its tip."""

    def __init__(self, font: QFont) -> None:
        super().__init__()
        _dress(self, font)
        self.setMinimumWidth(_STATE_LEAST)
        self.setMaximumWidth(_STATE_MOST)
        self.words = ""

    @property
    def needed(self) -> int:
        """Points of width before slots may take the room, the same while only numbers change."""
        longest = _DIGITS.sub("0", self.words)
        wide = self.fontMetrics().horizontalAdvance(longest) + 2 * GAP
        return max(_STATE_LEAST, min(_STATE_WHOLE, wide))

    def say(self, words: str) -> None:
        """Say this."""
        self.words = words
        self.setToolTip(words)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More words, or fewer."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        room = self.width() - 2 * GAP
        shown = self.fontMetrics().elidedText(self.words, Qt.TextElideMode.ElideRight, room)
        if shown != self.text():
            self.setText(shown)


def _slot(width: int, font: QFont) -> QPushButton:
    slot = QPushButton()
    _dress(slot, font)
    slot.setFixedWidth(width)
    return slot


def _dress(slot: QPushButton, font: QFont) -> None:
    slot.setProperty("role", "slot")
    slot.setProperty("level", "")
    slot.setFont(font)
    slot.setFocusPolicy(Qt.FocusPolicy.TabFocus)
