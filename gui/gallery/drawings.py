"""The scenes themselves, drawn on a board of 160 x 90 in the colours of the theme.

What a camera or microphone would give is grey; what a model says of it has colour.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from gui.gallery.scenes import Scene
from gui.widgets.theme import Palette

WIDTH, HEIGHT = 160.0, 90.0
Point = tuple[float, float]


class Board:
    """A painter with the theme's colours; all in units of the board."""

    def __init__(self, painter: QPainter, palette: Palette) -> None:
        self._painter = painter
        self._roles = palette
        self.grey = _blend(palette.color("text_muted"), palette.color("surface_raised"), 0.42)
        self.faint = _blend(palette.color("text_muted"), palette.color("surface_raised"), 0.2)
        self.back = palette.color("surface_raised")

    def color(self, index: int) -> QColor:
        """The colour of the n-th thing that is found."""
        return self._roles.series_color(index)

    def fill(self, path: QPainterPath, color: QColor) -> None:
        """Fill a form."""
        self._painter.fillPath(path, color)

    def line(self, points: Sequence[Point], color: QColor, width: float = 1.4) -> None:
        """Draw through points."""
        self._painter.setPen(_pen(color, width))
        self._painter.drawPolyline(QPolygonF([QPointF(*point) for point in points]))

    def stroke(self, path: QPainterPath, color: QColor, width: float = 1.4) -> None:
        """Draw around a form."""
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.setPen(_pen(color, width))
        self._painter.drawPath(path)

    def dot(self, at: Point, color: QColor, radius: float = 1.7) -> None:
        """A point."""
        self.fill(_ellipse(*at, radius, radius), color)

    def box(self, x: float, y: float, width: float, height: float, index: int) -> None:
        """A box with its label."""
        color = self.color(index)
        self.stroke(_rounded(x, y, width, height, 1.5), color)
        self.fill(_rounded(x - 0.7, y - 6, min(width, 16), 6, 1), color)
        line = QLineF(x + 1.8, y - 3, x + min(width, 16) - 4, y - 3)
        self._painter.setPen(_pen(self.back, 1.3))
        self._painter.drawLine(line)


def draw_scene(painter: QPainter, area: QRectF, scene: Scene, palette: Palette) -> None:
    """Fill an area with a scene; what is higher or wider than the board gets more background."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
    painter.fillRect(area, palette.color("surface_raised"))
    scale = min(area.width() / WIDTH, area.height() / HEIGHT)
    painter.translate(area.center())
    painter.scale(scale, scale)
    painter.translate(-WIDTH / 2, -HEIGHT / 2)
    _DRAWINGS[scene](Board(painter, palette))
    painter.restore()


def _things(board: Board) -> None:
    board.line([(6, 76), (154, 76)], board.faint, 1.6)
    _car(board, board.grey)
    _person(board, 99, 30, board.grey)
    board.fill(_ellipse(133, 69, 7, 7), board.grey)
    board.box(15, 37, 62, 41, 0)
    board.box(86, 19, 27, 59, 1)
    board.box(124, 60, 18, 18, 2)


def _faces(board: Board) -> None:
    for index, (x, y, size) in enumerate(((44, 40, 1.25), (99, 46, 1.0), (137, 38, 0.62))):
        _bust(board, x, y, size, board.grey)
        half, high = 14 * size, 18 * size
        board.box(x - half, y - high, 2 * half, 2 * high, index)
        for dx, dy in ((-5, -4), (5, -4), (0, 2), (-4, 8), (4, 8)):
            board.dot((x + dx * size, y + dy * size), board.color(index), 1.6 * size)


def _mesh(board: Board) -> None:
    rings = [(0.0, 0.0, 1), (7.0, 9.0, 8), (14.0, 18.0, 12), (21.0, 27.0, 16), (27.0, 36.0, 20)]
    points = [
        [
            (80 + rx * math.sin(2 * math.pi * i / n), 45 - ry * math.cos(2 * math.pi * i / n))
            for i in range(n)
        ]
        for rx, ry, n in rings
    ]
    board.fill(_ellipse(80, 45, 27, 36), board.faint)
    color = board.color(0)
    for inner, outer in pairwise(points):
        board.line([*outer, outer[0]], color, 0.6)
        for i, place in enumerate(outer):
            near = round(i * len(inner) / len(outer)) % len(inner)
            board.line([place, inner[near]], color, 0.5)
            board.line([place, inner[(near + 1) % len(inner)]], color, 0.4)
    for x in (69, 91):
        board.fill(_ellipse(x, 37, 5.5, 3), board.back)
        board.stroke(_ellipse(x, 37, 5.5, 3), board.color(1), 1.2)
    board.fill(_ellipse(80, 62, 9, 3.4), board.back)
    board.stroke(_ellipse(80, 62, 9, 3.4), board.color(4), 1.2)


def _body(board: Board) -> None:
    board.line([(30, 84), (130, 84)], board.faint, 1.6)
    head, neck, hip = (84, 14), (80, 27), (76, 51)
    limbs: tuple[tuple[Point, ...], ...] = (
        ((70, 29), (59, 41), (47, 35)),
        ((90, 29), (101, 40), (112, 32)),
        ((70, 51), (61, 66), (45, 68)),
        ((82, 51), (95, 62), (92, 80)),
    )
    board.fill(_ellipse(*head, 7, 8), board.grey)
    board.line([neck, hip], board.grey, 16)
    for limb in limbs:
        board.line(limb, board.grey, 6)
    board.line([(70, 29), (90, 29), (82, 51), (70, 51), (70, 29)], board.color(0), 1.8)
    for index, limb in enumerate(limbs):
        board.line(limb, board.color(1 + index % 2), 1.8)
    for place in (head, *(joint for limb in limbs for joint in limb)):
        board.dot(place, board.color(3))


def _hand(board: Board) -> None:
    wrist = (80, 82)
    fingers: tuple[tuple[Point, ...], ...] = (
        ((70, 68), (60, 58), (53, 50), (47, 43)),
        ((70, 48), (67, 34), (65, 24), (64, 14)),
        ((80, 46), (80, 30), (80, 19), (80, 9)),
        ((89, 49), (92, 35), (94, 25), (95, 15)),
        ((97, 55), (103, 45), (107, 37), (110, 29)),
    )
    palm = [wrist, *(finger[0] for finger in fingers)]
    board.fill(_polygon((68, 84), (62, 62), (69, 44), (90, 44), (101, 54), (94, 84)), board.grey)
    for finger in fingers:
        board.line(finger, board.grey, 9)
    for index, finger in enumerate(fingers):
        board.line([wrist, *finger], board.color(index), 1.6)
    for place in (*palm, *(joint for finger in fingers for joint in finger)):
        board.dot(place, board.color(3), 1.5)


def _mask(board: Board) -> None:
    for x in range(-80, 160, 12):
        board.line([(x, 90), (x + 90, 0)], board.faint, 1)
    color = board.color(2)
    shape = _bust_path(80, 38, 1.55)
    board.fill(shape, board.back)
    faint = QColor(color)
    faint.setAlphaF(0.55)
    board.fill(shape, faint)
    board.stroke(shape, color, 1.8)


def _regions(board: Board) -> None:
    board.fill(_polygon((-90, 76), (250, 76), (250, 90), (-90, 90)), board.color(6))
    for x, high in ((4, 40), (22, 54), (44, 34), (118, 46), (138, 60)):
        board.fill(_rounded(x, 76 - high, 18, high, 1), board.faint)
    _car(board, board.color(0))
    _person(board, 99, 30, board.color(1))
    board.fill(_ellipse(133, 69, 7, 7), board.color(2))


def _classes(board: Board) -> None:
    board.fill(_rounded(12, 17, 62, 56, 4), board.faint)
    board.fill(_ellipse(58, 31, 6, 6), board.grey)
    board.fill(_polygon((14, 72), (34, 40), (47, 60), (56, 49), (72, 72)), board.grey)
    for index, length in enumerate((58, 30, 17, 9, 5)):
        y = 20 + index * 11
        board.fill(_rounded(86, y, 62, 6, 3), board.faint)
        board.fill(
            _rounded(86, y, max(6, length), 6, 3), board.color(0) if not index else board.grey
        )


def _speech(board: Board) -> None:
    spoken = ((14, 52), (66, 92), (104, 140))
    for index in range(37):
        x = 8 + index * 4
        inside = any(start <= x <= end for start, end in spoken)
        high = _loudness(index) * (26 if inside else 3)
        board.line([(x, 38 - high), (x, 38 + high)], board.color(2) if inside else board.grey, 2)
    board.line([(6, 78), (154, 78)], board.faint, 5)
    for start, end in spoken:
        board.line([(start, 78), (end, 78)], board.color(2), 5)


def _words(board: Board) -> None:
    for index in range(37):
        x = 8 + index * 4
        inside = 60 <= x <= 100
        high = _loudness(index) * (20 if inside else 6)
        board.line([(x, 32 - high), (x, 32 + high)], board.color(1) if inside else board.grey, 2)
    board.box(57, 9, 46, 46, 1)
    for index, width in enumerate((34, 16, 8)):
        y = 64 + index * 8
        board.fill(_rounded(44, y, 72, 4, 2), board.faint)
        board.fill(_rounded(44, y, 2 * width, 4, 2), board.color(1) if not index else board.grey)


def _text(board: Board) -> None:
    board.fill(_polygon((34, 8), (132, 4), (136, 82), (30, 84)), board.faint)
    lines = ((46, 18, 62), (44, 34, 80), (43, 49, 74), (42, 64, 40))
    for index, (x, y, length) in enumerate(lines):
        slope = -0.04
        end = (x + length, y + slope * length)
        words, at = (14, 22, 10, 18, 12), x + 3.0
        for word in words:
            if at + word > x + length - 2:
                break
            board.line(
                [(at, y + slope * (at - x)), (at + word, y + slope * (at + word - x))],
                board.grey,
                4,
            )
            at += word + 6
        frame = _polygon(
            (x - 1, y - 6), (end[0] + 1, end[1] - 6), (end[0] + 1, end[1] + 5), (x - 1, y + 5)
        )
        board.stroke(frame, board.color(0 if index else 1), 1.4)


_DRAWINGS: dict[Scene, Callable[[Board], None]] = {
    Scene.THINGS: _things,
    Scene.FACES: _faces,
    Scene.MESH: _mesh,
    Scene.BODY: _body,
    Scene.HAND: _hand,
    Scene.MASK: _mask,
    Scene.REGIONS: _regions,
    Scene.CLASSES: _classes,
    Scene.SPEECH: _speech,
    Scene.WORDS: _words,
    Scene.TEXT: _text,
}


def _car(board: Board, color: QColor) -> None:
    board.fill(_rounded(18, 52, 56, 17, 5), color)
    board.fill(_polygon((28, 53), (36, 40), (58, 40), (67, 53)), color)
    for x in (31, 61):
        board.fill(_ellipse(x, 70, 6, 6), color)
        board.fill(_ellipse(x, 70, 2.4, 2.4), board.back)


def _person(board: Board, x: float, y: float, color: QColor) -> None:
    board.fill(_ellipse(x, y, 6, 7), color)
    board.fill(_rounded(x - 8, y + 9, 16, 22, 5), color)
    for dx in (-4, 4):
        board.line([(x + dx, y + 28), (x + dx, y + 44)], color, 5)


def _bust(board: Board, x: float, y: float, size: float, color: QColor) -> None:
    board.fill(_bust_path(x, y, size), color)


def _bust_path(x: float, y: float, size: float) -> QPainterPath:
    """A head, a neck and shoulders as one form, down to the board's lower edge."""
    shoulders = QPainterPath()
    shoulders.addRoundedRect(
        QRectF(x - 22 * size, y + 19 * size, 44 * size, HEIGHT), 14 * size, 14 * size
    )
    board = QPainterPath()
    board.addRect(QRectF(0, 0, WIDTH, HEIGHT))
    neck = _rounded(x - 5 * size, y + 8 * size, 10 * size, 16 * size, 3)
    head = _ellipse(x, y, 12 * size, 15 * size)
    return head.united(neck).united(shoulders.intersected(board)).simplified()


def _loudness(index: int) -> float:
    """Between 0.15 and 1, and no two neighbours alike."""
    wave = math.sin(index * 1.7) * math.cos(index * 0.6 + 1)
    return 0.15 + 0.85 * abs(wave)


def _ellipse(x: float, y: float, rx: float, ry: float) -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(x, y), rx, ry)
    return path


def _rounded(x: float, y: float, width: float, height: float, radius: float) -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(QRectF(x, y, width, height), radius, radius)
    return path


def _polygon(*points: Point) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(*point) for point in points]))
    path.closeSubpath()
    return path


def _pen(color: QColor, width: float) -> QPen:
    round_cap, round_join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    return QPen(color, width, Qt.PenStyle.SolidLine, round_cap, round_join)


def _blend(over: QColor, under: QColor, share: float) -> QColor:
    mixed = (
        round(a * share + b * (1 - share))
        for a, b in (
            (over.red(), under.red()),
            (over.green(), under.green()),
            (over.blue(), under.blue()),
        )
    )
    return QColor(*mixed)
