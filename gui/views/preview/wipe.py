"""The picture with two answers to it: one left of a divider that can be dragged, one right of it.

The picture is that of the pair, and both answers are drawn as they were given: nothing is smoothed
or followed, so that what differs is what the two said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from backend.core.predictions import Predictions
from backend.core.samples import Frame
from backend.core.status import Result
from gui.views.class_hues import ClassHues
from gui.views.preview.geometry import Area, Placement
from gui.views.preview.look import NOTHING_FOLLOWED, Look, MaskMode
from gui.views.preview.overlay import Overlay
from gui.views.preview.tags import draw_plate
from gui.views.preview.view import PreviewView
from gui.widgets.language import percent, tr
from gui.widgets.theme import DARK, Palette

_STEPS = {Qt.Key.Key_Comma: -0.05, Qt.Key.Key_Period: 0.05}
_NEAR = 8.0
"""So many points beside the divider it is taken hold of."""
_HANDLE = 14.0
_LINE, _EDGE = QColor("#ffffff"), QColor(0, 0, 0, 150)


@dataclass(frozen=True, slots=True, eq=False)
class ComparedAnswers:
    """A picture with what A and B said of it; None where one gave no answer."""

    frame: Frame
    a: Result | None
    b: Predictions | None


class WipeView(PreviewView):
    """A preview that shows two answers while it is given them; comma and period move the divider.

    A double click on the divider puts it back into the middle.
    """

    keys = PreviewView.keys | frozenset(_STEPS)

    def __init__(
        self,
        parent: QWidget | None = None,
        palette: Palette = DARK,
        *,
        hues: ClassHues | None = None,
    ) -> None:
        super().__init__(parent, palette, hues=hues)
        self._pair: ComparedAnswers | None = None
        self._names, self._note_text = ("A", "B"), ""
        self._other = Overlay()
        self._divider, self._dragged = 0.5, False

    @property
    def compared(self) -> ComparedAnswers | None:
        """The two answers on show, None while one run alone is shown."""
        return self._pair

    @property
    def divider(self) -> float:
        """Where the picture is divided, as a share of its width on show."""
        return self._divider

    @property
    def summary(self) -> str:
        """Also which side is which."""
        if self._pair is None:
            return super().summary
        sides = tr(
            "{a} left of the divider at {share}, {b} right of it",
            a=self._names[0],
            b=self._names[1],
            share=percent(self._divider, 0),
        )
        return f"{super().summary}. {sides}"

    def show_pair(
        self, pair: ComparedAnswers | None, names: tuple[str, str] = ("A", "B"), note: str = ""
    ) -> None:
        """Two answers to one picture with the names of their sides; None ends that."""
        self._pair, self._names, self._note_text = pair, names, note
        if pair is None:
            self._dragged = False
            self.unsetCursor()
        self.update()

    def use_wipe(self, other: WipeView) -> None:
        """Show the same two answers, divided at the same place."""
        self._divider = other._divider
        self.show_pair(other._pair, other._names, other._note_text)

    def move_divider(self, share: float) -> None:
        """To a share of the picture's width, from 0 to 1."""
        self._divider = min(1.0, max(0.0, share))
        self.describe()
        self.update()

    # -- drawing -------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """A's side as always, then B's and the divider."""
        super().paintEvent(event)
        pair = self._pair
        if pair is None or self._message:
            return
        painter = QPainter(self)
        x = self._divider_x(pair.frame)
        if pair.b is not None:
            painter.save()
            painter.setClipRect(QRectF(x, 0, self.width() - x, self.height()))
            self._draw_answer(painter, self._other, pair.b, dashed=True)
            painter.restore()
        self._draw_divider(painter, x)
        if self._note_text:
            self._note(painter, self._note_text, Qt.Corner.BottomRightCorner)
        painter.end()

    def _paint_result(self, painter: QPainter, frame: Frame, result: Result) -> None:
        if self._pair is None:
            super()._paint_result(painter, frame, result)
            return
        painter.save()
        painter.setClipRect(QRectF(0, 0, self._divider_x(frame), self.height()))
        self._draw_answer(painter, self._overlay, result.predictions, dashed=False)
        painter.restore()

    def _draw_answer(
        self, painter: QPainter, overlay: Overlay, predictions: Predictions, *, dashed: bool
    ) -> None:
        assert self._pair is not None
        frame = self._pair.frame
        placement = self.placement(frame)
        look = replace(self._look(placement), dashed=dashed)
        image = self._image(frame) if self._style.masks is MaskMode.BLUR else QImage()
        overlay.draw(painter, predictions, placement, look, image)

    def _draw_divider(self, painter: QPainter, x: float) -> None:
        height = float(self.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for color, width in ((_EDGE, 4.0), (_LINE, 2.0)):
            painter.setPen(QPen(color, width))
            painter.drawLine(QPointF(x, 0), QPointF(x, height))
        painter.setPen(QPen(_EDGE, 1))
        painter.setBrush(_LINE)
        middle = QPointF(x, height / 2)
        painter.drawEllipse(middle, _HANDLE / 2, _HANDLE / 2)
        for text, area, corner in (
            (f"A  {self._names[0]}", QRectF(0, 0, x, height), Qt.Corner.TopRightCorner),
            (
                f"B  {self._names[1]}",
                QRectF(x, 0, self.width() - x, height),
                Qt.Corner.TopLeftCorner,
            ),
        ):
            painter.save()
            painter.setClipRect(area)
            draw_plate(painter, text, area, corner, self.font())
            painter.restore()

    # -- the divider ---------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Comma and period move the divider, while there is one."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None and self._pair is not None:
            self.move_divider(self._divider + step)
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the divider, if that is where the pointer is."""
        if event.button() is Qt.MouseButton.LeftButton and self._at_divider(event.position()):
            self._dragged = True
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the divider."""
        if self._dragged and self._pair is not None:
            area = self._shown_area(self._pair.frame)
            self.move_divider((event.position().x() - area.x) / area.width)
            return
        if self._pair is not None:
            on_it = self._at_divider(event.position())
            arrow = Qt.CursorShape.OpenHandCursor if self.exact else Qt.CursorShape.ArrowCursor
            self.setCursor(Qt.CursorShape.SplitHCursor if on_it else arrow)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the divider."""
        if self._dragged:
            self._dragged = False
            return
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Put the divider back; elsewhere as always."""
        if self._at_divider(event.position()):
            self.move_divider(0.5)
            event.accept()
            return
        super().mouseDoubleClickEvent(event)

    def _at_divider(self, place: QPointF) -> bool:
        if self._pair is None or self._message:
            return False
        return abs(place.x() - self._divider_x(self._pair.frame)) <= _NEAR

    def _shown_area(self, frame: Frame) -> Area:
        return self.placement(frame).area.inside(self.width(), self.height())

    def _divider_x(self, frame: Frame) -> float:
        area = self._shown_area(frame)
        return float(round(area.x + self._divider * area.width))

    # -- what is shown -------------------------------------------------------------------------

    def _choose(self) -> tuple[Frame | None, Result | None]:
        if self._pair is None:
            return super()._choose()
        return self._pair.frame, self._pair.a

    def _look(self, placement: Placement) -> Look:
        look = super()._look(placement)
        return look if self._pair is None else replace(look, following=NOTHING_FOLLOWED)
