"""The button that says in a line how samples travel, and opens the switches for it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QStylePainter

from backend.core.choices import Api, Compression, ImageEncoding, Transport
from backend.core.samples import MediaKind
from gui.state.switches import Switches
from gui.widgets.icons import tinted_pixmap
from gui.widgets.language import tr
from gui.widgets.theme import CONTROL_HEIGHT, GAP, Palette

_ICON = 16
_FRAME = 3 * GAP + _ICON
"""What the edges and the chevron take."""


class SummaryButton(QPushButton):
    """Says as much as there is room for, in whole words; Down opens as Space does."""

    opened = Signal()

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._parts: tuple[str, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self.opened)

    def show_switches(self, switches: Switches, kind: MediaKind, limit: int | None) -> None:
        """Say these; `limit` is what an automatic number in flight has come to, if known."""
        parts = summary_parts(switches, kind, limit)
        if parts == self._parts:
            return
        self._parts = parts
        whole = ", ".join(parts)
        self.setAccessibleName(tr("On the wire: {parts}", parts=whole))
        self.setToolTip(whole)
        self.updateGeometry()
        self.update()

    @property
    def shown(self) -> str:
        """What there is room for: the whole, or its parts from the transport on."""
        room = self.width() - _FRAME
        metrics = self.fontMetrics()
        wordings = [", ".join(words) for words in self._wordings()]
        fitting = (words for words in wordings if metrics.horizontalAdvance(words) <= room)
        return next(fitting, wordings[-1])

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.update()

    def sizeHint(self) -> QSize:
        """Room for all of it."""
        return self._size(self._parts)

    def minimumSizeHint(self) -> QSize:
        """Room for the transport."""
        return self._size(self._wordings()[-1])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Down opens, as it does for a menu."""
        if event.key() == Qt.Key.Key_Down:
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Any button's frame, then the text and a chevron."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButtonBevel, option)
        area = self.rect().adjusted(GAP, 0, -GAP, 0)
        chevron = QRect(area.right() - 15, area.center().y() - _ICON // 2 + 1, _ICON, _ICON)
        painter.drawPixmap(chevron, tinted_pixmap("chevron", self._roles.text_muted))
        painter.setPen(self._roles.color("text"))
        painter.drawText(
            area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.shown
        )

    def _wordings(self) -> tuple[tuple[str, ...], ...]:
        """From the whole to the transport alone."""
        _, *rest = self._parts or ("",)
        return (self._parts, *(tuple(rest[:many]) for many in range(len(rest), 0, -1)))

    def _size(self, words: tuple[str, ...]) -> QSize:
        width = QFontMetrics(self.font()).horizontalAdvance(", ".join(words))
        return QSize(width + _FRAME + 2, CONTROL_HEIGHT)


def summary_parts(switches: Switches, kind: MediaKind, limit: int | None) -> tuple[str, ...]:
    """API, transport, serialisation, encoding and compression if there is one, and in flight."""
    image = switches.image_for(kind)
    flying = switches.in_flight or limit
    parts = [
        "OIP" if switches.api is Api.OIP else tr("Simple"),
        {
            Transport.REST: "REST",
            Transport.GRPC: "gRPC",
            Transport.GRPC_STREAM: tr("gRPC stream"),
        }[switches.transport],
        str(switches.serialization),
    ]
    if image is ImageEncoding.JPEG:
        parts.append(f"JPEG {switches.jpeg_quality}")
    elif image is ImageEncoding.PNG:
        parts.append("PNG")
    if switches.compression is not Compression.NONE:
        parts.append(str(switches.compression))
    parts.append(tr("auto in flight") if not flying else tr("{n} in flight", n=flying))
    return tuple(parts)
