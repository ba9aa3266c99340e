"""Curves with the list of their names beside them, as a tab of the compare page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.compare.curves import Axes, Curve
from gui.compare.rows import rate_text
from gui.views.scales import short
from gui.views.view import View
from gui.widgets.language import number, tr
from gui.widgets.theme import DARK, GAP, GAP_SMALL, Palette

if TYPE_CHECKING:
    from gui.compare.curve_plot import CurvePlot

_SAMPLE = QSize(22, 12)
_BACK, _ON = Qt.Key.Key_Left, Qt.Key.Key_Right
_OPEN = Qt.Key.Key_Return


class CurveChart(View):
    """Lines over logarithmic axes, so that what doubles with each step is a straight line.

    A name's box hides and shows its curve. Left and right go from point to point, Return chooses
    the one that is marked as a click does, R shows all.
    """

    keys = frozenset({Qt.Key.Key_R, _BACK, _ON, _OPEN})
    chosen = Signal(str)
    """The key of a point's cell."""

    def __init__(self, name: str, parent: QWidget | None = None, palette: Palette = DARK) -> None:
        super().__init__(name, parent, palette)
        self._curves: tuple[Curve, ...] = ()
        self._axes = Axes("", "", short, short)
        self._at = (-1, -1)
        self.plot: CurvePlot | None = None
        """None until there are curves."""
        self.boxes: list[QCheckBox] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, GAP, 0)
        self._row.setSpacing(GAP)
        self._names = QVBoxLayout()
        self._names.setContentsMargins(0, GAP, 0, GAP)
        self._names.setSpacing(GAP_SMALL)
        self.all = QPushButton(tr("Show everything"))
        self.all.setToolTip(tr("What the wheel and dragging left out (R, or a double click)"))
        self.all.hide()
        self.setMinimumSize(260, 150)

    @property
    def curves(self) -> tuple[Curve, ...]:
        """What is shown."""
        return self._curves

    @property
    def summary(self) -> str:
        """The point that is marked, or each way and where it ends."""
        if self.plot is not None and self._at[0] >= 0:
            return self.plot.text_of(*self._at).replace("\n", ", ")
        return "; ".join(
            f"{curve.name}: {self._axes.y_text(curve.points[-1][1])}" for curve in self._curves
        )

    def show_curves(self, curves: Sequence[Curve], axes: Axes) -> None:
        """Show these."""
        names = [curve.name for curve in self._curves]
        self._curves, self._axes = tuple(curves), axes
        if not curves:
            self.describe()
            return
        if self.plot is None:
            self.plot = self._make_plot()
        if names != [curve.name for curve in curves]:
            self._list_names()
        self._label_names()
        self.plot.show_curves(curves, axes)
        self.describe()

    def sizeHint(self) -> QSize:
        """A plot of ordinary size."""
        return QSize(480, 260)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Names stand on the plot's ground."""
        QPainter(self).fillRect(self.rect(), self.roles.color("surface"))

    def palette_changed(self) -> None:
        """Plot and samples of lines are coloured."""
        if self.plot is not None:
            self.plot.set_palette_roles(self.roles)
            self._label_names()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the view's own keys."""
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if self.plot is None or not plain or event.key() not in self.keys:
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_R:
            self.plot.reset()
        elif event.key() == _OPEN:
            self._choose(*self._at)
        else:
            self._step(1 if event.key() == _ON else -1)

    # -- building ------------------------------------------------------------------------------

    def _make_plot(self) -> CurvePlot:
        # Only now: the library takes a quarter of a second to import, and most results have none.
        from gui.compare.curve_plot import CurvePlot

        plot = CurvePlot(self.roles, self)
        plot.pointed.connect(self._mark)
        plot.clicked.connect(self._choose)
        plot.zoomed.connect(self.all.setVisible)
        self.all.clicked.connect(plot.reset)
        self._row.addWidget(plot, 1)
        self._row.addLayout(self._names)
        self._names.addStretch(1)
        self._names.addWidget(self.all)
        return plot

    def _list_names(self) -> None:
        for box in self.boxes:
            self._names.removeWidget(box)
            box.deleteLater()
        self.boxes = [QCheckBox() for _ in self._curves]
        for place, box in enumerate(self.boxes):
            box.setIconSize(_SAMPLE)
            box.setChecked(True)
            box.toggled.connect(self._show_checked)
            self._names.insertWidget(place, box)
        self._show_checked()

    def _label_names(self) -> None:
        for curve, box in zip(self._curves, self.boxes, strict=True):
            text = curve.name
            if curve.knee >= 0 and self._axes.measured_x:
                x, y = curve.points[curve.knee]
                enough = tr("{count} in flight is enough", count=number(x))
                text = f"{text}\n{enough}, {rate_text(y)}"
            box.setText(text)
            box.setIcon(self._sample(curve))

    def _sample(self, curve: Curve) -> QIcon:
        from gui.compare.curve_plot import line_pen

        scale = self.devicePixelRatioF()
        image = QPixmap(_SAMPLE * scale)
        image.setDevicePixelRatio(scale)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setPen(line_pen(curve, self.roles))
        middle = _SAMPLE.height() / 2
        painter.drawLine(QPointF(0, middle), QPointF(_SAMPLE.width(), middle))
        painter.end()
        return QIcon(image)

    # -- what the user does --------------------------------------------------------------------

    @Slot()
    def _show_checked(self) -> None:
        assert self.plot is not None
        hidden = [place for place, box in enumerate(self.boxes) if not box.isChecked()]
        self.plot.hide_curves(frozenset(hidden))

    @Slot(int, int)
    def _mark(self, curve: int, point: int) -> None:
        self._at = (curve, point)
        self.describe()

    @Slot(int, int)
    def _choose(self, curve: int, point: int) -> None:
        if curve >= 0:
            self.chosen.emit(self._curves[curve].keys[point])

    def _step(self, by: int) -> None:
        assert self.plot is not None
        points = self.plot.visible_points
        if points:
            at = points.index(self._at) if self._at in points else (-1 if by > 0 else 0)
            self.plot.point_at(*points[(at + by) % len(points)])
