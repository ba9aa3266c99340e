"""The picture with what the model saw in it.

Locked shows each result on the very frame it was made for. Live shows the newest frame with the
newest result over it, and says in the corner how old that result is.
"""

from __future__ import annotations

import time
from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from backend.core.flow import DrainLog
from backend.core.predictions import Mask
from backend.core.samples import Frame
from backend.core.status import Result
from gui.views.class_hues import ClassHues
from gui.views.messages import EmptyMessage, MessageKind, draw_message, draw_message_over
from gui.views.preview.answer_wait import AnswerWait
from gui.views.preview.drawn_ahead import DrawnAhead
from gui.views.preview.first_paint import FirstPaint, FirstPaints
from gui.views.preview.geometry import Area, Pan, Placement, Rotation, exact, letterbox, shown_size
from gui.views.preview.look import (
    LAYER_KEYS,
    NOTHING_FOLLOWED,
    Following,
    LegendRow,
    Look,
    MaskMode,
    OverlayStyle,
)
from gui.views.preview.overlay import Overlay, marks_of, under
from gui.views.preview.picture import Picture, paint_margins, touched
from gui.views.preview.tags import draw_plate
from gui.views.preview.words import AgeNote, summary_of
from gui.views.view import View
from gui.widgets.language import tr
from gui.widgets.theme import DARK, Palette

_PAINTS_KEPT = 256


class PreviewView(View):
    """Paints frames and results; B, M, K and L switch layers, a double click shows exact pixels."""

    layers_changed = Signal(object)
    """The new frozenset of layers, after a key changed it."""
    exact_changed = Signal(bool)
    """Whether one picture pixel is one screen pixel now."""

    keys = frozenset(LAYER_KEYS)

    def __init__(
        self,
        parent: QWidget | None = None,
        palette: Palette = DARK,
        *,
        hues: ClassHues | None = None,
    ) -> None:
        super().__init__(tr("Preview"), parent, palette)
        self.hues = hues or ClassHues()
        self.first_paints: DrainLog[FirstPaint] = DrainLog(_PAINTS_KEPT)
        self._first_paints = FirstPaints(self.first_paints)
        self._frame: Frame | None = None
        self._result: Result | None = None
        self._message = EmptyMessage()
        self._picture, self._overlay = Picture(), Overlay()
        self._style, self._following = OverlayStyle(), NOTHING_FOLLOWED
        self._wait = AnswerWait(self, self._update_picture)
        self.ahead = DrawnAhead(self, self._picture, self._overlay, self._show_drawn)
        self._changes_legend = False
        self._pointer: tuple[float, float] | None = None
        self._pointed: int | None = None
        self._emphasis, self._legend_elsewhere = 1.0, False
        self._locked = True
        self._mirror = False
        self._rotation = Rotation.NONE
        self._exact, self._pan, self._grabbed = False, Pan(), QPointF()
        self._age = AgeNote()
        self._still = False
        self._painted_area: Area | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        """Room for a 640x480 picture."""
        return QSize(640, 480)

    @property
    def summary(self) -> str:
        """The picture's size and the objects seen, or the message shown instead."""
        picture, result = self._choose()
        if self._message or picture is None:
            return f"{self._message.title}. {self._message.body}".strip(" .")
        return summary_of(picture, result)

    @property
    def overlay_style(self) -> OverlayStyle:
        """How the overlay is drawn."""
        return self._style

    @property
    def shown(self) -> tuple[Frame | None, Result | None, Following]:
        """The picture on show, and what is drawn over it."""
        return *self._choose(), self._following

    @property
    def exact(self) -> bool:
        """Whether one picture pixel is one screen pixel."""
        return self._exact

    def show_frame(self, frame: Frame | None) -> None:
        """The newest captured frame, or None to forget it."""
        self._frame = frame
        if frame is None:
            self._picture.forget()
        if not self._locked and self._style.masks is MaskMode.BLUR:
            self._prepare()
        if frame is None or self._result is None or not (self._locked or self._wait.holds(frame)):
            self._update_picture()

    def prepare(self, item: Frame | Result) -> bool:
        """Scale a frame, or that of an answer, if it will be shown; from any thread."""
        frame = item.sample if isinstance(item, Result) else item
        locked = self._locked and (self._result is not None or isinstance(item, Result))
        return (
            isinstance(frame, Frame)
            and isinstance(item, Result) is locked
            and self._picture.prepare(frame)
        )

    def show_result(self, result: Result | None, following: Following = NOTHING_FOLLOWED) -> None:
        """The newest answered sample, or None to forget it; results for sound are not drawn."""
        usable = result is not None and isinstance(result.sample, Frame)
        self._changes_legend |= (
            result is None
            or self._result is None
            or following.counts != self._following.counts
            or any(isinstance(prediction, Mask) for prediction in result.predictions)
        )
        self._result = result if usable else None
        self._wait.answered(self._result.sample if self._result is not None else None)
        self._following = following
        if not self._prepare():
            self._show_drawn()

    def _show_drawn(self) -> None:
        self._update_picture(whole=self._changes_legend)
        self._changes_legend = False

    def _update_picture(self, *, whole: bool = False) -> None:
        """Paint the picture's part of the widget, if another picture or answer changes no more."""
        picture, _ = self._choose()
        ratio = self.devicePixelRatioF()
        area = self._device_area(picture, ratio) if picture is not None else None
        same = area is not None and area == self._painted_area and not self._message
        if area is not None and same and not whole:
            self.update(touched(area.scaled(1 / ratio)))
        else:
            self.update()

    def set_locked(self, locked: bool) -> None:
        """True to show results on their own frames, False to show the newest frame."""
        if locked != self._locked:
            self._locked = locked
            self.update()

    @property
    def still(self) -> bool:
        """Whether nothing new comes, so that the age of what is shown says nothing."""
        return self._still

    def set_still(self, *, still: bool) -> None:
        """Whether nothing new comes: then the picture is as old as it is, and says nothing."""
        self._still = still
        self.update()

    def set_mirror(self, mirror: bool) -> None:
        """Show the picture as in a mirror; the model still sees the true frame."""
        if mirror != self._mirror:
            self._mirror = mirror
            self.update()

    def set_rotation(self, degrees: int) -> None:
        """Turn the shown picture clockwise by 0, 90, 180 or 270 degrees."""
        if degrees != self._rotation:
            self._rotation = Rotation(degrees)
            self.update()

    def set_style(self, style: OverlayStyle) -> None:
        """Draw the overlay like this."""
        if style != self._style:
            self._style = style
            self.update()

    @property
    def legend(self) -> tuple[LegendRow, ...]:
        """The legend of what was drawn last."""
        return self._overlay.legend

    def set_emphasis(self, factor: float = 1.0, *, legend_elsewhere: bool = False) -> None:
        """Draw labels and messages so many times larger than designed, and the legend or not."""
        self._emphasis, self._legend_elsewhere = factor, legend_elsewhere
        self.update()

    def set_exact(self, exact: bool) -> None:
        """Show one picture pixel as one screen pixel, or fit the picture into the view."""
        self._exact, self._pan = exact, Pan()
        self.setCursor(Qt.CursorShape.OpenHandCursor if exact else Qt.CursorShape.ArrowCursor)
        self.exact_changed.emit(exact)
        self.update()

    def set_message(
        self, title: str, body: str = "", kind: MessageKind = MessageKind.EMPTY
    ) -> None:
        """Say why there is no picture; over a picture if there is one. Two '' end it."""
        message = EmptyMessage(title, body, kind)
        if message != self._message:
            self._message = message
            self.describe()
            self.update()

    def tick(self, now_ns: int) -> None:
        """Keep what depends on the clock going: the result's age, the sign for loading."""
        loading = bool(self._message) and self._message.kind is MessageKind.LOADING
        ageing = not self._locked and self._result is not None
        if loading or (ageing and self._age.is_due(now_ns)):
            self.update()

    def placement(self, frame: Frame) -> Placement:
        """Where that frame lies in this widget, in the widget's own points."""
        ratio = self.devicePixelRatioF()
        area = self._device_area(frame, ratio).scaled(1 / ratio)
        return Placement(frame.width, frame.height, area, self._rotation, self._mirror)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, the overlay over it and the message, if any."""
        self.ahead.rest()
        painter = QPainter(self)
        picture, result = self._choose()
        # The note lies beside the picture: `tick` has all of the widget painted in time.
        if result is not None and event.rect() == self.rect():
            now_ns = time.monotonic_ns()
            if not (self._locked or self._still) and self._age.write(result, now_ns):
                self.describe()
        self._painted_area = None
        if picture is None:
            painter.fillRect(self.rect(), self.roles.color("background"))
        else:
            self._paint_picture(painter, picture)
            # Under a message the boxes of the past would lie on the picture of now.
            if result is not None and (self._locked or not self._message):
                self._paint_result(painter, picture, result)
        if self._message:
            draw = draw_message if picture is None else draw_message_over
            factor = self._emphasis
            area = QRectF(0, 0, self.width() / factor, self.height() / factor)
            painter.scale(factor, factor)
            draw(painter, area, self._message, self.roles, self.font())
        painter.end()
        if picture is not None:
            self._first_paints.painted(picture, result, time.monotonic_ns())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """B, M, K and L switch boxes, masks, key points and labels."""
        layer = LAYER_KEYS.get(Qt.Key(event.key()))
        if layer is None or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            super().keyPressEvent(event)
            return
        layers = self._style.layers ^ {layer}
        self.set_style(replace(self._style, layers=layers))
        self.layers_changed.emit(layers)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Switch between fitting and exact pixels."""
        self.set_exact(not self._exact)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of an exact picture."""
        self._grabbed = event.position()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag an exact picture."""
        if self._exact and event.buttons() & Qt.MouseButton.LeftButton:
            moved = (event.position() - self._grabbed) * self.devicePixelRatioF()
            self._grabbed = event.position()
            self._pan = self._pan.moved(moved.x(), moved.y())
            self.update()
        self._point((event.position().x(), event.position().y()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self._point(None)
        super().leaveEvent(event)

    def _point(self, pointer: tuple[float, float] | None) -> None:
        """Among many objects the one under the pointer shows its label."""
        self._pointer = pointer
        picture, result = self._choose()
        if picture is None or result is None:
            return
        placement = self.placement(picture)
        marks = marks_of(result.predictions, placement, self._look(placement))
        found = under(marks, pointer) if self._overlay.crowded else None
        pointed = found.place if found is not None else None
        if pointed != self._pointed:
            self._pointed = pointed
            self.update()

    def _look(self, placement: Placement) -> Look:
        return Look(
            self.roles,
            self.font(),
            self._style,
            placement.area.inside(self.width(), self.height()),
            Area(0.0, 0.0, float(self.width()), float(self.height())),
            self._following,
            self._pointer,
            self._emphasis,
            self._legend_elsewhere,
            hues=self.hues,
        )

    def _prepare(self) -> bool:
        """Colour a mask as soon as it comes, not while the screen waits for it, and have the rest
        drawn over the picture; `_show_drawn` comes of that unless this is False."""
        picture, result = self._choose()
        if picture is None or result is None or not self.isVisible():
            self.ahead.rest()
            return False
        predictions, placement = result.predictions, self.placement(picture)
        look, ratio = self._look(placement), self.devicePixelRatioF()
        if any(isinstance(prediction, Mask) for prediction in predictions):
            image = self._image(picture) if self._style.masks is MaskMode.BLUR else QImage()
            self._overlay.prepare(predictions, placement, look, image, ratio)
        return self.ahead.draw(picture, predictions, placement, look, ratio)

    def _image(self, frame: Frame) -> QImage:
        area = self._device_area(frame, self.devicePixelRatioF())
        return self._picture.image(frame, area, self._rotation, mirrored=self._mirror)

    def _choose(self) -> tuple[Frame | None, Result | None]:
        """The frame to paint and the result to draw over it."""
        result = self._result
        made_for = result.sample if result is not None else None
        if not isinstance(made_for, Frame):
            return self._frame, None
        if self._locked or self._frame is None:
            return made_for, result
        # After a switch of source the old result's boxes would mean nothing on the new picture.
        same_size = made_for.pixels.shape == self._frame.pixels.shape
        return self._frame, result if same_size else None

    def _device_area(self, frame: Frame, ratio: float) -> Area:
        outer = round(self.width() * ratio), round(self.height() * ratio)
        shown = shown_size(frame.width, frame.height, self._rotation)
        return exact(*shown, *outer, self._pan) if self._exact else letterbox(*shown, *outer)

    def _paint_picture(self, painter: QPainter, frame: Frame) -> None:
        ratio = self.devicePixelRatioF()
        area, image = self._device_area(frame, ratio), self._image(frame)
        self._painted_area = area
        painter.save()
        # Device pixels from here on, so that the prepared image is copied and not scaled again.
        painter.scale(1 / ratio, 1 / ratio)
        size = self.width() * ratio + 1, self.height() * ratio + 1
        paint_margins(painter, area, size, self.roles.color("background"))
        painter.drawImage(int(area.x), int(area.y), image)
        painter.restore()
        if self._exact:
            self._note(painter, "1:1", Qt.Corner.BottomRightCorner)

    def _paint_result(self, painter: QPainter, frame: Frame, result: Result) -> None:
        placement = self.placement(frame)
        image = self._image(frame) if self._style.masks is MaskMode.BLUR else QImage()
        self._overlay.draw(painter, result.predictions, placement, self._look(placement), image)
        if not self._locked and not self._still:
            self._note(painter, self._age.text, Qt.Corner.TopRightCorner)

    def _note(self, painter: QPainter, text: str, corner: Qt.Corner) -> None:
        draw_plate(painter, text, QRectF(self.rect()), corner, self.font(), self._emphasis)
