"""The bar: what is streamed, where to, and how; every switch works while it streams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from backend.core.choices import EMBEDDED
from backend.core.samples import MediaKind
from backend.core.target import Target
from gui.live.bar.popover import Popover
from gui.live.bar.start_button import StartButton
from gui.live.bar.summary_button import SummaryButton
from gui.live.bar.wire_panel import WirePanel
from gui.state.limits import SwitchLimits
from gui.state.models import ModelOffer
from gui.state.switches import Switches, offered_targets, target_title
from gui.widgets.icons import tinted_pixmap
from gui.widgets.language import grouped, tr
from gui.widgets.padlock import padlock_of
from gui.widgets.picker import Picker, add_choice, dot_pixmap
from gui.widgets.theme import GAP, GAP_LARGE, Palette

_EDGE = 2
_ARROW = 12
_LEFT_OUT = {"inspect": ("source", "model", "wire"), "compare": ("wire",)}
"""What the bar leaves out over a page that has controls of its own for it."""


class Bar(QWidget):
    """Shows the switches and reports every change as a new `Switches` value."""

    switched = Signal(object)
    start_pressed = Signal()
    new_target_wanted = Signal()
    targets_wanted = Signal()
    model_file_wanted = Signal()
    model_name_wanted = Signal()
    profile_wanted = Signal()
    card_wanted = Signal()

    def __init__(self, palette: Palette, fill_sources: Callable[[Picker], None]) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._switches = Switches()
        self._kind = MediaKind.IMAGE
        self._models: tuple[ModelOffer, ...] = ()
        self._targets: tuple[Target, ...] = ()
        self._limits = SwitchLimits()
        self._sentence = ""
        self._faulty = False
        self._build_pickers(palette, fill_sources)
        self._build_wire(palette)
        self._start = StartButton(palette)
        self._start.clicked.connect(self.start_pressed)
        self._stays_open, self._left_out = False, tuple[str, ...]()
        self._limit: int | None = None
        self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The edge has the target's colour, so that nobody takes one for the other."""
        super().paintEvent(event)
        colour = self._switches.target.colour
        if colour:
            place = self.rect().adjusted(0, self.height() - _EDGE, 0, 0)
            QPainter(self).fillRect(place, QColor(colour))

    def minimumSizeHint(self) -> QSize:
        """That of the bar with the summary: a window that gets narrower folds the switches."""
        size = super().minimumSizeHint()
        if self._is_open:
            spare = self.wire.minimumSizeHint().width() - self.summary.minimumSizeHint().width()
            size.setWidth(size.width() - spare)
        return size

    # -- what is shown -------------------------------------------------------------------------

    @property
    def switches(self) -> Switches:
        """What the bar shows."""
        return self._switches

    def show_switches(self, switches: Switches, kind: MediaKind) -> None:
        """Show these switches for a source of this kind, without telling anyone."""
        self._switches, self._kind = switches, kind
        self.update()
        own = switches.target.name == EMBEDDED
        padlock = padlock_of(switches.target)
        tip = "\n".join(
            part for part in (self._sentence, _addresses(switches), padlock.text) if part
        )
        self.target.show_choice(
            target_title(switches.target),
            "server" if own else "network",
            tip,
            faulty=self._faulty and not own,
        )
        self.target.show_marks(switches.target.colour, padlock.icon, padlock.role)
        self._show_model()
        limits = self._limits
        if limits.target != switches.target:
            limits = SwitchLimits(switches.target)
        self.wire.show_switches(switches, kind, limits)
        self.summary.show_switches(switches, kind, self._limit)

    def set_models(self, models: Sequence[ModelOffer]) -> None:
        """Offer these models."""
        self._models = tuple(models)
        self._show_model()

    def set_limits(self, limits: SwitchLimits, sentence: str = "", *, faulty: bool = False) -> None:
        """What the target cannot do, and what it said of itself, or why it does not answer."""
        self._limits, self._sentence, self._faulty = limits, sentence, faulty
        self.show_switches(self._switches, self._kind)

    def set_targets(self, targets: Sequence[Target]) -> None:
        """Offer these targets besides the embedded server."""
        self._targets = tuple(targets)

    def set_source_kind(self, *, played: bool, recorded: bool) -> None:
        """Whether the chosen source is a file that is played, and one with recorded answers."""
        self._start.set_source(played=played, recorded=recorded)

    def set_running(self, *, running: bool, stopping: bool = False, blocked: str = "") -> None:
        """Turn Start into Stop and back; a reason greys it."""
        self._start.show_run(running=running, stopping=stopping, blocked=blocked)

    def set_flight_limit(self, limit: int | None) -> None:
        """Show what 'Auto' has come to, None when nothing runs."""
        self._limit = limit
        self.wire.set_flight_limit(limit)
        self.summary.show_switches(self._switches, self._kind, limit)

    def set_stays_open(self, *, stays: bool) -> None:
        """Whether the switches for the wire stand in the bar itself where there is room."""
        self._stays_open = stays
        self._place_wire()

    def show_page(self, page: str) -> None:
        """Leave out what the page in front has controls of its own for."""
        self._left_out = _LEFT_OUT.get(page, ())
        for name, part in (("source", self.source), ("model", self.model)):
            part.setVisible(name not in self._left_out)
        for arrow in self._arrows:
            arrow.setVisible("source" not in self._left_out)
        self._place_wire()

    def leaves_out(self, part: str) -> bool:
        """Whether the page in front has no use for 'source', 'model' or 'wire'."""
        return part in self._left_out

    @Slot()
    def open_wire(self) -> None:
        """Open the switches for the wire, or go to them where they are open."""
        first = self.wire.api.button(self.wire.api.value)
        if self._popover is self.wire.parentWidget():
            self._popover.open_under(self.summary, first)
        else:
            first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        for part in (self.target, self.model, self.source, self.summary, self._start):
            part.set_palette_roles(palette)
        self._tint(palette)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The switches for the wire go in or out with the room."""
        super().resizeEvent(event)
        self._place_wire()

    # -- building ------------------------------------------------------------------------------

    def _build_pickers(self, palette: Palette, fill_sources: Callable[[Picker], None]) -> None:
        self.target = Picker(tr("Target"), 208, palette, keeps_ports=True, narrowest=172)
        self.model = Picker(tr("Model"), 176, palette)
        self.source = Picker(tr("Source"), 208, palette)
        self.target.choices.aboutToShow.connect(self._fill_targets)
        self.model.choices.aboutToShow.connect(self._fill_models)
        self.source.choices.aboutToShow.connect(lambda: fill_sources(self.source))

    def _build_wire(self, palette: Palette) -> None:
        self.wire = wire = WirePanel()
        wire.switched.connect(self._change)
        self.api, self.transport = wire.api, wire.transport
        self.serialization, self.image = wire.serialization, wire.image
        self.quality, self.compression = wire.quality, wire.compression
        self.in_flight = wire.in_flight
        self.summary = SummaryButton(palette)
        self.summary.opened.connect(self.open_wire)
        self._popover = Popover(tr("On the wire"), self)
        self._popover.hold(wire)

    def _lay_out(self) -> None:
        self._arrows = (QLabel(), QLabel())
        first, second = self._arrows
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(GAP_LARGE, GAP, GAP_LARGE, GAP + _EDGE)
        row.setSpacing(GAP)
        for part in (self.source, first, self.model, second, self.target, self.summary):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignBottom)
        row.insertSpacing(row.indexOf(self.summary), GAP)
        row.addStretch(1)
        row.addWidget(self._start, 0, Qt.AlignmentFlag.AlignBottom)
        self._tint(self.target.roles)

    def _tint(self, palette: Palette) -> None:
        for arrow in self._arrows:
            arrow.setPixmap(tinted_pixmap("forward", palette.text_muted, _ARROW))
            arrow.setFixedSize(_ARROW, self.target.sizeHint().height())

    def _place_wire(self) -> None:
        """In the bar if that is wanted and there is room, else in the popover."""
        wanted = "wire" not in self._left_out
        open_here = self._stays_open and wanted and self._has_room()
        if self._is_open and not open_here:
            self.wire.arrange(in_row=False)
            self._popover.hold(self.wire)
        # Never both: the window would grow, so that there is room for the switches again.
        self.summary.setVisible(wanted and not open_here)
        if open_here and not self._is_open:
            self._popover.hide()
            self.wire.arrange(in_row=True)
            place = self._row.indexOf(self.summary) + 1
            self._row.insertWidget(place, self.wire, 0, Qt.AlignmentFlag.AlignBottom)
            self.wire.show()

    @property
    def _is_open(self) -> bool:
        return self._popover is not self.wire.parentWidget()

    def why_no_wire(self) -> str:
        """Why there is no room for the switches of the wire in the bar, '' if there is."""
        if self._has_room():
            return ""
        return tr(
            "Needs a window {needed} points wide; this one has {width}.",
            needed=grouped(self._needed()),
            width=grouped(self.width()),
        )

    def _has_room(self) -> bool:
        return self.width() >= self._needed()

    def _needed(self) -> int:
        # The pickers shorten their names for it.
        pickers = sum(p.minimumSizeHint().width() for p in (self.source, self.model, self.target))
        taken = pickers + self._start.sizeHint().width() + 4 * GAP_LARGE
        return taken + self.wire.width_in_row + 4 * GAP_LARGE

    # -- showing -------------------------------------------------------------------------------

    def _show_model(self) -> None:
        offer = next((m for m in self._models if m.name == self._switches.model), None)
        reason = offer.why_not(self._kind) if offer else ""
        tip = reason or (offer.description if offer else "")
        self.model.show_choice(self._switches.model, "box", tip, faulty=bool(reason))

    @Slot()
    def _fill_targets(self) -> None:
        menu = self.target.choices
        menu.clear()
        for target in offered_targets(self._targets, self._switches.target):
            action = add_choice(
                menu,
                target_title(target),
                chosen=target.name == self._switches.target.name,
                tip=f"{target.rest} {target.grpc}".strip() or tr("The server inside this window"),
            )
            if target.colour:
                action.setIcon(QIcon(dot_pixmap(target.colour)))
            action.triggered.connect(lambda _=False, t=target: self._choose(target=t))
        menu.addSeparator()
        menu.addAction(tr("Other server...")).triggered.connect(self.new_target_wanted)
        menu.addAction(tr("Targets...")).triggered.connect(self.targets_wanted)

    @Slot()
    def _fill_models(self) -> None:
        menu = self.model.choices
        menu.clear()
        for offer in self._models:
            action = add_choice(
                menu,
                offer.name,
                chosen=offer.name == self._switches.model,
                blocked=offer.why_not(self._kind),
                tip=offer.description,
            )
            if offer.origin:
                action.setText(f"{action.text()}\t{offer.origin}")
            action.triggered.connect(lambda _=False, m=offer.name: self._choose(model=m))
        if not self._models:
            target = target_title(self._switches.target)
            none = menu.addAction(
                tr("{target} does not answer", target=target)
                if self._faulty
                else tr("{target} lists no models", target=target)
            )
            none.setToolTip(self._sentence)
            none.setEnabled(False)
        menu.addSeparator()
        menu.addAction(tr("Add model file...")).triggered.connect(self.model_file_wanted)
        menu.addAction(tr("Model by name...")).triggered.connect(self.model_name_wanted)
        menu.addAction(tr("Edit profile...")).triggered.connect(self.profile_wanted)
        menu.addAction(tr("About this model...")).triggered.connect(self.card_wanted)

    # -- changes by the user -------------------------------------------------------------------

    def _choose(self, *, target: Target | None = None, model: str | None = None) -> None:
        if target is not None:
            self._change(self._switches.aimed_at(target))
        elif model is not None:
            self._change(replace(self._switches, model=model))

    @Slot(object)
    def _change(self, switches: Switches) -> None:
        if switches != self._switches:
            self.show_switches(switches, self._kind)
            self.switched.emit(switches)


def _addresses(switches: Switches) -> str:
    if switches.target.name == EMBEDDED:
        return tr("The server inside this window")
    return f"{switches.target.rest} {switches.target.grpc}".strip()
