"""The bar under the picture while a file or recording is played."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from backend.sources.playback import PlaybackStatus
from gui.live.playback.track import Track
from gui.widgets.icons import tinted
from gui.widgets.language import number, tr
from gui.widgets.menu_button import give_menu
from gui.widgets.theme import BODY_PX, GAP, GAP_SMALL, Palette, tabular

SPEEDS: tuple[float | None, ...] = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, None)
"""What the menu offers; None is as fast as samples are answered."""


class PlaybackBar(QWidget):
    """Step, play, track, place, stretch and speed; it shows a PlaybackStatus and knows no file."""

    play_pressed = Signal()
    stepped = Signal(int)
    sought = Signal(float)
    speed_chosen = Signal(object)
    """A factor, or None."""
    span_start_wanted = Signal()
    span_end_wanted = Signal()
    span_cleared = Signal()

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._playing = False
        self._tinted: tuple[bool, bool, str] | None = None
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.back = _button(tr("One sample back (Left)"))
        self.play = _button("")
        self.forward = _button(tr("One sample on (Right)"))
        self.track = Track(palette)
        self.track.setAccessibleName(tr("Place in the file"))
        self.place = QLabel()
        self.place.setFont(tabular(self.font(), BODY_PX))
        self.place.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.place.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.note = QLabel()
        self.note.setProperty("role", "caption")
        self.loop = _button(tr("Repeat a stretch"))
        self.speed = _button(tr("Speed"))
        self._speeds: dict[float | None, QAction] = {}
        self._lay_out()
        self._fill_menus()
        self.play.clicked.connect(self.play_pressed)
        self.back.clicked.connect(partial(self.stepped.emit, -1))
        self.forward.clicked.connect(partial(self.stepped.emit, 1))
        self.track.sought.connect(self.sought)
        self.track.stepped.connect(self.stepped)
        self.show_status(PlaybackStatus(), active=False)

    def show_status(self, status: PlaybackStatus, *, active: bool) -> None:
        """Where it is and how it goes on; `active` is whether it can be stepped and sought in."""
        playing = active and not status.paused
        self._playing = playing
        known = status.duration_s > 0
        self.track.show_status(status)
        self.track.setEnabled(known and active)
        for button in (self.back, self.forward, self.loop):
            button.setEnabled(known and active)
        text = f"{place_text(status.position_s)} / {place_text(status.duration_s)}" if known else ""
        if text != self.place.text():
            self.place.setText(text)
            longest = place_text(status.duration_s)
            metrics = self.place.fontMetrics()
            self.place.setFixedWidth(metrics.horizontalAdvance(f"{longest} / {longest}") + 2)
        name = tr("Pause") if playing else tr("Play")
        if self.play.accessibleName() != name:
            self.play.setAccessibleName(name)
            self.play.setToolTip(tr("{what} (Space, in the picture)", what=name))
        self.speed.setText(speed_text(status.speed))
        for speed, action in self._speeds.items():
            action.setChecked(speed == status.speed)
        self._clear_span.setEnabled(status.span is not None)
        self._tint(spanned=status.span is not None)

    def set_note(self, text: str) -> None:
        """What is played, in a few words; '' for nothing to say."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.track.set_palette_roles(palette)
        self._tinted = None
        self._tint(spanned=self._clear_span.isEnabled())

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP, GAP_SMALL, GAP, GAP_SMALL)
        row.setSpacing(GAP_SMALL)
        for part in (self.back, self.play, self.forward):
            row.addWidget(part)
        row.addWidget(self.track, 1)
        row.addWidget(self.place)
        row.addSpacing(GAP)
        row.addWidget(self.note)
        row.addWidget(self.loop)
        row.addWidget(self.speed)
        self.speed.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        metrics = self.speed.fontMetrics()
        widest = max(metrics.horizontalAdvance(speed_text(speed)) for speed in SPEEDS)
        self.speed.setFixedWidth(widest + 4 * GAP)

    def _fill_menus(self) -> None:
        spans = QMenu(self)
        spans.addAction(tr("Begin the stretch here (I)"), self.span_start_wanted.emit)
        spans.addAction(tr("End the stretch here (O)"), self.span_end_wanted.emit)
        spans.addSeparator()
        self._clear_span = spans.addAction(tr("Play the whole file"), self.span_cleared.emit)
        speeds = QMenu(self)
        for speed in SPEEDS:
            action = speeds.addAction(speed_text(speed), partial(self.speed_chosen.emit, speed))
            action.setCheckable(True)
            self._speeds[speed] = action
        for button, menu in ((self.loop, spans), (self.speed, speeds)):
            give_menu(button, menu)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def _tint(self, *, spanned: bool) -> None:
        now = (self._playing, spanned, self._roles.name)
        if now == self._tinted:
            return
        self._tinted = now
        for button, icon, on in (
            (self.back, "step-back", False),
            (self.play, "pause" if self._playing else "play", False),
            (self.forward, "step-forward", False),
            (self.loop, "loop", spanned),
        ):
            role = "accent" if on else "text"
            button.setIcon(tinted(icon, self._roles.color(role), self._roles.text_muted))


def place_text(seconds: float) -> str:
    """A place as 0:07.3 or 1:02:03.4, in tenths of a second, with the decimal sign in use."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    tail = ("0" if rest < 100 else "") + number(rest / 10, 1)
    return f"{hours}:{minutes:02}:{tail}" if hours else f"{minutes}:{tail}"


def speed_text(speed: float | None) -> str:
    """A speed as 0.25× or 2×, or that there is none."""
    if speed is None:
        return tr("As answered")
    digits = next(count for count in (0, 1, 2) if round(speed, count) == speed or count == 2)
    return f"{number(speed, digits)}×"


def _button(tip: str) -> QToolButton:
    button = QToolButton()
    button.setProperty("role", "flat")
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
