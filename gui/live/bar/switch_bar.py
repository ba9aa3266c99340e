"""The bar: what is streamed, where to, and how; every switch works while it streams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSpinBox,
    QWidget,
)

from backend.core.choices import (
    EMBEDDED,
    Api,
    Compression,
    ImageEncoding,
    Serialization,
    Transport,
    why_not_image,
    why_not_serialization,
)
from backend.core.samples import MediaKind
from backend.core.target import Target
from gui.live.bar.choices import (
    api_choices,
    compression_choices,
    image_choices,
    serialization_choices,
    transport_choices,
)
from gui.live.bar.start_button import StartButton
from gui.state.limits import SwitchLimits
from gui.state.model_offers import ModelOffer
from gui.state.switches import Switches, offered_targets, target_title
from gui.widgets.flow_layout import FlowLayout, captioned
from gui.widgets.language import tr
from gui.widgets.padlock import padlock_of
from gui.widgets.picker import Picker, add_choice, dot_pixmap
from gui.widgets.segmented import Segmented
from gui.widgets.theme import (
    CONTROL_HEIGHT,
    GAP,
    GAP_LARGE,
    GAP_SMALL,
    Palette,
)

_EDGE = 2


class Bar(QWidget):
    """Shows the switches and reports every change as a new `Switches` value."""

    switched = Signal(object)
    start_pressed = Signal()
    new_target_wanted = Signal()
    targets_wanted = Signal()
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
        self._build_segments()
        self._build_numbers()
        self._start = StartButton(palette)
        self._start.clicked.connect(self.start_pressed)
        self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The edge has the target's colour, so that nobody takes one for the other."""
        super().paintEvent(event)
        colour = self._switches.target.colour
        if colour:
            place = self.rect().adjusted(0, self.height() - _EDGE, 0, 0)
            QPainter(self).fillRect(place, QColor(colour))

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
        self.api.set_value(switches.api)
        self.transport.set_value(switches.transport)
        self.serialization.set_value(switches.serialization)
        self.image.set_value(switches.image_for(kind))
        self.compression.set_value(switches.compression)
        _set_quietly(self.quality, switches.jpeg_quality)
        _set_quietly(self.in_flight, switches.in_flight or 0)
        self._show_blocked()

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

    def set_running(self, *, running: bool, stopping: bool = False, blocked: str = "") -> None:
        """Turn Start into Stop and back; a reason greys it."""
        self._start.show_run(running=running, stopping=stopping, blocked=blocked)

    def set_flight_limit(self, limit: int | None) -> None:
        """Show what 'Auto' has come to, None when nothing runs."""
        self.in_flight.setSpecialValueText(
            tr("Auto") if limit is None else tr("Auto {limit}", limit=limit)
        )

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        for part in (self.target, self.model, self.source, self._start):
            part.set_palette_roles(palette)

    # -- building ------------------------------------------------------------------------------

    def _build_pickers(self, palette: Palette, fill_sources: Callable[[Picker], None]) -> None:
        self.target = Picker(tr("Target"), 212, palette, keeps_ports=True)
        self.model = Picker(tr("Model"), 168, palette)
        self.source = Picker(tr("Source"), 208, palette)
        self.target.choices.aboutToShow.connect(self._fill_targets)
        self.model.choices.aboutToShow.connect(self._fill_models)
        self.source.choices.aboutToShow.connect(lambda: fill_sources(self.source))

    def _build_segments(self) -> None:
        self.api = Segmented(tr("API"), api_choices())
        self.transport = Segmented(tr("Transport"), transport_choices())
        self.serialization = Segmented(tr("Serialisation"), serialization_choices())
        self.image = Segmented(tr("Image"), image_choices())
        self.compression = Segmented(tr("Compression"), compression_choices())
        self.api.chosen.connect(self._api_chosen)
        self.transport.chosen.connect(self._transport_chosen)
        self.serialization.chosen.connect(self._serialization_chosen)
        self.image.chosen.connect(self._image_chosen)
        self.compression.chosen.connect(self._compression_chosen)

    def _build_numbers(self) -> None:
        self.quality = _number(tr("JPEG quality"), 1, 100, 48)
        self.quality.setToolTip(tr("JPEG quality, 1 to 100"))
        self.quality.valueChanged.connect(self._quality_changed)
        self.in_flight = _number(tr("In flight"), 0, 64, 64)
        self.in_flight.setSpecialValueText(tr("Auto"))
        self.in_flight.setToolTip(
            tr("Requests on their way at once; Auto (0) follows the round trip")
        )
        self.in_flight.valueChanged.connect(self._in_flight_changed)

    def _lay_out(self) -> None:
        groups = QWidget()
        flow = FlowLayout(groups, GAP_LARGE, GAP)
        image = QWidget()
        image_row = QHBoxLayout(image)
        image_row.setContentsMargins(0, 0, 0, 0)
        image_row.setSpacing(GAP_SMALL)
        image_row.addWidget(self.image)
        image_row.addWidget(self.quality)
        for caption, control in (
            (tr("Target"), self.target),
            (tr("Model"), self.model),
            (tr("Source"), self.source),
            (tr("API"), self.api),
            (tr("Transport"), self.transport),
            (tr("Serialisation"), self.serialization),
            (tr("Image and JPEG quality"), image),
            (tr("Compression"), self.compression),
            (tr("In flight"), self.in_flight),
        ):
            flow.addWidget(captioned(caption, control))
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP_LARGE, GAP, GAP_LARGE, GAP + 2)
        row.setSpacing(GAP_LARGE)
        row.addWidget(groups, 1)
        row.addWidget(self._start, 0, Qt.AlignmentFlag.AlignVCenter)

    # -- showing -------------------------------------------------------------------------------

    def _show_model(self) -> None:
        offer = next((m for m in self._models if m.name == self._switches.model), None)
        reason = offer.why_not(self._kind) if offer else ""
        tip = reason or (offer.description if offer else "")
        self.model.show_choice(self._switches.model, "box", tip, faulty=bool(reason))

    def _show_blocked(self) -> None:
        switches, limits = self._switches, self._limits
        if limits.target != switches.target:
            limits = SwitchLimits(switches.target)
        for serialization in Serialization:
            reason = why_not_serialization(
                serialization, switches.transport
            ) or limits.serialization(serialization)
            self.serialization.set_blocked(serialization, reason)
        for transport in Transport:
            self.transport.set_blocked(transport, limits.transport(transport))
        for api in Api:
            self.api.set_blocked(api, limits.api(api))
        for compression in Compression:
            reason = limits.compression(compression, switches.transport)
            self.compression.set_blocked(compression, reason)
        for encoding in ImageEncoding:
            reason = why_not_image(encoding, switches.serialization, self._kind) or limits.image(
                encoding, switches.api
            )
            self.image.set_blocked(encoding, reason)
        jpeg = switches.image_for(self._kind) is ImageEncoding.JPEG
        self.quality.setEnabled(jpeg)
        self.quality.setToolTip(
            tr("JPEG quality, 1 to 100") if jpeg else tr("Only JPEG has a quality.")
        )

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
        menu.addAction(tr("Model by name...")).triggered.connect(self.model_name_wanted)
        menu.addAction(tr("Edit profile...")).triggered.connect(self.profile_wanted)
        menu.addAction(tr("About this model...")).triggered.connect(self.card_wanted)

    # -- changes by the user -------------------------------------------------------------------

    def _choose(self, *, target: Target | None = None, model: str | None = None) -> None:
        if target is not None:
            self._change(self._switches.aimed_at(target))
        elif model is not None:
            self._change(replace(self._switches, model=model))

    @Slot(str)
    def _api_chosen(self, value: str) -> None:
        self._change(replace(self._switches, api=Api(value)))

    @Slot(str)
    def _transport_chosen(self, value: str) -> None:
        self._change(replace(self._switches, transport=Transport(value)))

    @Slot(str)
    def _serialization_chosen(self, value: str) -> None:
        self._change(self._switches.with_serialization(Serialization(value)))

    @Slot(str)
    def _image_chosen(self, value: str) -> None:
        self._change(replace(self._switches, image=ImageEncoding(value)))

    @Slot(str)
    def _compression_chosen(self, value: str) -> None:
        self._change(replace(self._switches, compression=Compression(value)))

    @Slot(int)
    def _quality_changed(self, value: int) -> None:
        self._change(replace(self._switches, jpeg_quality=value))

    @Slot(int)
    def _in_flight_changed(self, value: int) -> None:
        self._change(replace(self._switches, in_flight=value or None))

    def _change(self, switches: Switches) -> None:
        if switches != self._switches:
            self.show_switches(switches, self._kind)
            self.switched.emit(switches)


def _addresses(switches: Switches) -> str:
    if switches.target.name == EMBEDDED:
        return tr("The server inside this window")
    return f"{switches.target.rest} {switches.target.grpc}".strip()


def _number(name: str, low: int, high: int, width: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(low, high)
    box.setFixedSize(width, CONTROL_HEIGHT)
    box.setAccessibleName(name)
    box.setKeyboardTracking(False)
    box.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return box


def _set_quietly(box: QSpinBox, value: int) -> None:
    blocked = box.blockSignals(True)  # noqa: FBT003 - Qt's own signature
    box.setValue(value)
    box.blockSignals(blocked)
