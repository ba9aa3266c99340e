"""Two cursors on single frames: when they were, and how far their latencies are apart."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from gui.state.cursors import Cursors
from gui.views.plots import (
    CursorMark,
    LatencyDots,
    Marks,
    MarksOver,
    ReadoutLine,
    RecentFrames,
    Sampled,
    cursor_items,
    value_items,
)
from gui.views.scales import milliseconds
from gui.widgets.language import tr


class DotCursors(QObject):
    """Each is at a frame, wherever it is put or dragged to."""

    def __init__(self, dots: LatencyDots, readout: ReadoutLine, recent: RecentFrames) -> None:
        super().__init__(dots)
        self._dots, self._readout = dots, readout
        self._latencies = {frame.at_s: frame.latency for frame in recent.frames}
        self._cursors = Cursors()
        self.marks = MarksOver(dots, dots, dots.roles)
        dots.cursor_wanted.connect(self._place)
        dots.cursors_unwanted.connect(self._clear)
        self.marks.cursor_dragged.connect(self._place)

    @Slot(str, float)
    def _place(self, name: str, at_s: float) -> None:
        if name:
            self._cursors.place(name, at_s)
        else:
            self._cursors.place_next(at_s)
        self._refresh()

    @Slot()
    def _clear(self) -> None:
        self._cursors.clear()
        self._refresh()

    def _refresh(self) -> None:
        cursors = self._cursors
        self._dots.has_cursors = bool(cursors)
        self.marks.show_marks(
            Marks(
                tuple(
                    CursorMark(name, at_s, name == cursors.chosen) for name, at_s in cursors.placed
                )
            )
        )
        if not cursors:
            self._readout.show_items(())
            return
        first, *second = ([self._sampled(at_s)] for _, at_s in cursors.placed)
        values = value_items(first, second[0] if second else None)
        moments = cursor_items(cursors.placed)
        self._readout.show_items((*values, *moments[2:], *moments[:2]))

    def _sampled(self, at_s: float) -> Sampled:
        color = self._dots.roles.color("accent")
        return Sampled(tr("Latency"), color, self._latencies.get(at_s), milliseconds)
