"""Every switch of how a sample travels, each with the reasons for what it does not offer now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSpinBox, QWidget

from backend.core.choices import (
    Api,
    Compression,
    ImageEncoding,
    Serialization,
    Transport,
    why_not_image,
    why_not_serialization,
)
from backend.core.samples import MediaKind
from gui.live.bar.choices import (
    api_choices,
    compression_choices,
    image_choices,
    serialization_choices,
    transport_choices,
)
from gui.state.limits import SwitchLimits
from gui.state.switches import Switches
from gui.widgets.language import tr
from gui.widgets.segmented import Segmented
from gui.widgets.spin_boxes import SpinBox
from gui.widgets.theme import CONTROL_HEIGHT, GAP, GAP_LARGE, GAP_SMALL

_SENTENCES_WIDTH = 264
_NUMBER_WIDTH = 72


class WirePanel(QWidget):
    """Rows with reasons as a form, or side by side under captions in a wide bar."""

    switched = Signal(object)
    """The new Switches after the user changed one."""

    def __init__(self) -> None:
        super().__init__()
        self._switches = Switches()
        self._build()
        self._rows = tuple(
            (_caption(text), control, _Reasons())
            for text, control in (
                (tr("API"), self.api),
                (tr("Transport"), self.transport),
                (tr("Serialisation"), self.serialization),
                (tr("Image"), self._image_row()),
                (tr("Compression"), self.compression),
                (tr("In flight"), self.in_flight),
            )
        )
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._in_row: bool | None = None
        self.arrange(in_row=False)

    def arrange(self, *, in_row: bool) -> None:
        """Side by side, or one below the other."""
        if in_row is self._in_row:
            return
        self._in_row = in_row
        self._grid.setHorizontalSpacing(GAP_LARGE)
        self._grid.setVerticalSpacing(3 if in_row else GAP_SMALL)
        left = Qt.AlignmentFlag.AlignLeft
        for index, (caption, control, reasons) in enumerate(self._rows):
            if in_row:
                self._grid.addWidget(caption, 0, index)
                self._grid.addWidget(control, 1, index, left)
                self._grid.removeWidget(reasons)
                reasons.hide()
                continue
            self._grid.addWidget(caption, 2 * index, 0)
            self._grid.addWidget(control, 2 * index, 1, left)
            self._grid.addWidget(reasons, 2 * index + 1, 1)
        for _, _, reasons in self._rows:
            reasons.wanted = not in_row
            reasons.refresh()

    @property
    def width_in_row(self) -> int:
        """What the controls take side by side."""
        return sum(control.sizeHint().width() + GAP_LARGE for _, control, _ in self._rows)

    def show_switches(self, switches: Switches, kind: MediaKind, limits: SwitchLimits) -> None:
        """Show these, and what neither they nor the target allow, without telling anyone."""
        self._switches = switches
        self.api.set_value(switches.api)
        self.transport.set_value(switches.transport)
        self.serialization.set_value(switches.serialization)
        self.image.set_value(switches.image_for(kind))
        self.compression.set_value(switches.compression)
        _set_quietly(self.quality, switches.jpeg_quality)
        _set_quietly(self.in_flight, switches.in_flight or 0)
        self._block(kind, limits)
        for segments, (_, _, reasons) in zip(self._segments, self._rows, strict=False):
            reasons.say(segments.blocked(value) for value in segments.values)

    def set_flight_limit(self, limit: int | None) -> None:
        """Show what 'Auto' has come to, None when nothing runs."""
        self.in_flight.setSpecialValueText(
            tr("Auto") if limit is None else tr("Auto {limit}", limit=limit)
        )

    # -- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.api = Segmented(tr("API"), api_choices())
        self.transport = Segmented(tr("Transport"), transport_choices())
        self.serialization = Segmented(tr("Serialisation"), serialization_choices())
        self.image = Segmented(tr("Image"), image_choices())
        self.compression = Segmented(tr("Compression"), compression_choices())
        self._segments = (
            self.api,
            self.transport,
            self.serialization,
            self.image,
            self.compression,
        )
        self.quality = _number(tr("JPEG quality"), 1, 100)
        self.in_flight = _number(tr("In flight"), 0, 64)
        self.in_flight.setSpecialValueText(tr("Auto"))
        self.in_flight.setToolTip(
            tr("Requests on their way at once; Auto (0) follows the round trip")
        )
        self.api.chosen.connect(self._api_chosen)
        self.transport.chosen.connect(self._transport_chosen)
        self.serialization.chosen.connect(self._serialization_chosen)
        self.image.chosen.connect(self._image_chosen)
        self.compression.chosen.connect(self._compression_chosen)
        self.quality.valueChanged.connect(self._quality_changed)
        self.in_flight.valueChanged.connect(self._in_flight_changed)

    def _image_row(self) -> QWidget:
        image = QWidget()
        row = QHBoxLayout(image)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.image)
        row.addWidget(self.quality)
        return image

    # -- what is not offered -------------------------------------------------------------------

    def _block(self, kind: MediaKind, limits: SwitchLimits) -> None:
        switches = self._switches
        for serialization in Serialization:
            reason = _why_not(serialization, switches.transport) or limits.serialization(
                serialization
            )
            self.serialization.set_blocked(serialization, reason)
        for transport in Transport:
            self.transport.set_blocked(transport, limits.transport(transport))
        for api in Api:
            self.api.set_blocked(api, limits.api(api))
        for compression in Compression:
            reason = limits.compression(compression, switches.transport)
            self.compression.set_blocked(compression, reason)
        for encoding in ImageEncoding:
            reason = why_not_image(encoding, switches.serialization, kind) or limits.image(
                encoding, switches.api
            )
            self.image.set_blocked(encoding, reason)
        jpeg = switches.image_for(kind) is ImageEncoding.JPEG
        self.quality.setEnabled(jpeg)
        self.quality.setToolTip(
            tr("JPEG quality, 1 to 100") if jpeg else tr("Only JPEG has a quality.")
        )

    # -- changes by the user -------------------------------------------------------------------

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
            self.switched.emit(switches)


class _Reasons(QLabel):
    """Why choices of the row above are greyed; there only where one is."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted = True
        self.setProperty("role", "caption")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setFixedWidth(_SENTENCES_WIDTH)
        self.hide()

    def say(self, reasons: Iterable[str]) -> None:
        """Each reason once."""
        self.setText("\n".join(dict.fromkeys(filter(None, reasons))))
        self.refresh()

    def refresh(self) -> None:
        """Be there, or not."""
        self.setVisible(self.wanted and bool(self.text()))


def _caption(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "caption")
    return label


def _number(name: str, low: int, high: int) -> QSpinBox:
    box = SpinBox()
    box.setRange(low, high)
    box.setFixedSize(_NUMBER_WIDTH, CONTROL_HEIGHT)
    box.setAccessibleName(name)
    box.setKeyboardTracking(False)
    return box


def _set_quietly(box: QSpinBox, value: int) -> None:
    blocked = box.blockSignals(True)  # noqa: FBT003 - Qt's own signature
    box.setValue(value)
    box.blockSignals(blocked)


def _why_not(serialization: Serialization, transport: Transport) -> str:
    """What `why_not_serialization` says, in the window's language."""
    if not why_not_serialization(serialization, transport):
        return ""
    return tr(
        "REST has {rest}; gRPC has {grpc}.",
        rest=", ".join(Serialization.of(rest=True)),
        grpc=", ".join(Serialization.of(rest=False)),
    )
