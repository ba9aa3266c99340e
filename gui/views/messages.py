"""What a view says when it has nothing to draw: a sign, a title and a line of help."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from enum import StrEnum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from gui.widgets.theme import BODY_PX, GAP, GAP_LARGE, TITLE_PX, Palette, sized

_SIGN = 40.0
_MAX_WIDTH = 440.0
_SPIN_MS = 1200
VEIL = 205
"""How much of the ground lies over a picture that a message is read over, of 255."""


class MessageKind(StrEnum):
    """Why there is nothing to draw."""

    EMPTY = "empty"
    START = "start"
    """Nothing was shown yet: it is offered what could be."""
    UNUSABLE = "unusable"
    """The chosen source gives nothing, and nothing was shown of it: others are offered."""
    LOADING = "loading"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EmptyMessage:
    """A title with a body, and the reason that chooses the sign above them."""

    title: str = ""
    body: str = ""
    kind: MessageKind = MessageKind.EMPTY

    def __bool__(self) -> bool:
        return bool(self.title or self.body)


def draw_message(
    painter: QPainter,
    area: QRectF,
    message: EmptyMessage,
    palette: Palette,
    font: QFont,
    *,
    with_sign: bool = True,
) -> None:
    """Draw the message in the middle of the area; the sign goes first where room is short."""
    painter.save()
    width = max(1.0, min(_MAX_WIDTH, area.width() - 2 * GAP_LARGE))
    title_font, body_font = sized(font, TITLE_PX, bold=True), sized(font, BODY_PX)
    title_height = _height(message.title, title_font, width)
    body_height = _height(message.body, body_font, width)
    text_height = title_height + (GAP / 2 if message.body else 0) + body_height
    with_sign = with_sign and area.height() > text_height + _SIGN + 3 * GAP
    total = text_height + (_SIGN + GAP if with_sign else 0)
    left, y = area.center().x() - width / 2, area.center().y() - total / 2
    if with_sign:
        _draw_sign(
            painter, QRectF(area.center().x() - _SIGN / 2, y, _SIGN, _SIGN), message, palette
        )
        y += _SIGN + GAP
    _draw_text(
        painter, QRectF(left, y, width, title_height), message.title, title_font, palette.text
    )
    y += title_height + GAP / 2
    body = QRectF(left, y, width, body_height)
    _draw_text(painter, body, message.body, body_font, palette.text_muted)
    painter.restore()


def draw_message_over(
    painter: QPainter, area: QRectF, message: EmptyMessage, palette: Palette, font: QFont
) -> None:
    """Draw a message over a picture, which is dimmed for it."""
    veil = palette.color("background")
    veil.setAlpha(VEIL)
    painter.fillRect(area, veil)
    # Muted text is read on even ground only.
    draw_message(painter, area, message, replace(palette, text_muted=palette.text), font)


def draw_notice(painter: QPainter, area: QRectF, text: str, palette: Palette) -> None:
    """Draw a line in the painter's font in the area's middle, on a ground that no grid crosses."""
    centred = int(Qt.AlignmentFlag.AlignCenter)
    ground = QFontMetricsF(painter.font()).boundingRect(area, centred, text)
    room = ground.adjusted(-GAP, -GAP / 2, GAP, GAP / 2)
    painter.fillRect(room, palette.color("surface"))
    painter.setPen(palette.color("text_muted"))
    painter.drawText(area, centred, text)


def _draw_text(painter: QPainter, area: QRectF, text: str, font: QFont, color: str) -> None:
    if text:
        painter.setFont(font)
        painter.setPen(QColor(color))
        painter.drawText(area, _CENTRED, text)


_CENTRED = int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap)


def _height(text: str, font: QFont, width: float) -> float:
    if not text:
        return 0.0
    room = QRectF(0, 0, width, 10_000)
    return QFontMetricsF(font).boundingRect(room, _CENTRED, text).height()


def _draw_sign(painter: QPainter, area: QRectF, message: EmptyMessage, palette: Palette) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inner = area.adjusted(3, 3, -3, -3)
    match message.kind:
        case MessageKind.EMPTY | MessageKind.START:
            _draw_screen(painter, inner, palette)
        case MessageKind.LOADING:
            _draw_spinner(painter, inner, palette)
        case MessageKind.FAILED | MessageKind.UNUSABLE:
            _draw_warning(painter, inner, palette)


def _draw_screen(painter: QPainter, area: QRectF, palette: Palette) -> None:
    color = palette.color("text_muted")
    painter.setPen(QPen(color, 1.5))
    painter.drawRoundedRect(area.adjusted(0, 3, 0, -3), 4, 4)
    middle = area.center()
    painter.setBrush(color)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawPolygon(
        QPolygonF(
            [
                QPointF(middle.x() - 4, middle.y() - 6),
                QPointF(middle.x() + 7, middle.y()),
                QPointF(middle.x() - 4, middle.y() + 6),
            ]
        )
    )


def _draw_spinner(painter: QPainter, area: QRectF, palette: Palette) -> None:
    painter.setPen(QPen(palette.color("border"), 3))
    painter.drawEllipse(area)
    painter.setPen(QPen(palette.color("accent"), 3, c=Qt.PenCapStyle.RoundCap))
    turn = (time.monotonic_ns() // 1_000_000 % _SPIN_MS) / _SPIN_MS
    painter.drawArc(area, int((90 - turn * 360) * 16), -90 * 16)


def _draw_warning(painter: QPainter, area: QRectF, palette: Palette) -> None:
    color = palette.color("error")
    painter.setPen(QPen(color, 2, j=Qt.PenJoinStyle.RoundJoin))
    painter.drawPolygon(
        QPolygonF(
            [
                QPointF(area.center().x(), area.top() + 1),
                QPointF(area.right(), area.bottom() - 2),
                QPointF(area.left(), area.bottom() - 2),
            ]
        )
    )
    x = area.center().x()
    painter.setPen(QPen(color, 2.5, c=Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(x, area.top() + 13), QPointF(x, area.top() + 21))
    painter.drawPoint(QPointF(x, area.top() + 27))
