"""Where the time of one frame went, beside the median frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QDialog, QLabel, QVBoxLayout, QWidget

from backend.core.tensors import Array
from gui.live.time_spent.dot_cursors import DotCursors
from gui.views.plots import (
    FrameStages,
    LatencyDots,
    LatencyView,
    ReadoutLine,
    RecentFrames,
    frames_of,
    largest_excess,
)
from gui.views.scales import milliseconds
from gui.views.stages import STAGE_NAMES
from gui.widgets.dialog_buttons import close_only
from gui.widgets.dialog_sizes import open_as_large_as
from gui.widgets.language import number, tr
from gui.widgets.more_area import MoreArea
from gui.widgets.theme import GAP, Palette
from gui.workspace.commands import Command

_LEAST_STAGES = 120


class FrameOpener(QObject):
    """Opens frames of what the latency panel shows: by a click on its histogram, or the slowest."""

    def __init__(self, panel: LatencyView, parent: QWidget) -> None:
        super().__init__(parent)
        self._panel, self._window = panel, parent
        self._recent: Callable[[], RecentFrames | None] = lambda: None
        panel.frame_wanted.connect(self.open)

    def use(
        self, window: Array, columns: Mapping[str, int], now_s: float, draws: Mapping[float, float]
    ) -> None:
        """What the panel shows from now on; see `frames_of`, which waits until it is needed."""
        self._recent = partial(frames_of, window, columns, now_s, draws)

    @Slot(float, float)
    def open(self, low_ms: float, high_ms: float) -> None:
        """The newest frame with a latency from one to the other, or the nearest."""
        self._open(lambda recent: recent.nearest(low_ms, high_ms))

    def open_slowest(self) -> None:
        """The frame that took longest."""
        self._open(RecentFrames.slowest)

    def command(self) -> Command:
        """The slowest frame without a mouse."""
        return Command(
            "latency.slowest",
            tr("Where the slowest frame's time went"),
            self.open_slowest,
            "View/latency",
            blocked=self._why_not,
            aliases="stages latency worst frame",
        )

    def _open(self, chosen: Callable[[RecentFrames], int]) -> None:
        recent = self._recent()
        if recent is not None:
            FrameDialog(recent, chosen(recent), self._panel.roles, self._window).show()

    def _why_not(self) -> str:
        return "" if self._panel.report is not None else tr("Nothing was answered yet.")


class FrameDialog(QDialog):
    """The frames of the seconds before it was opened; time stands still in it, the run goes on."""

    def __init__(
        self, recent: RecentFrames, chosen: int, palette: Palette, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Where the time went"))
        self._recent = recent
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.dots = LatencyDots(palette=palette)
        self.readout = ReadoutLine(palette=palette)
        policy = self.readout.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # so that nothing moves once there are cursors
        self.readout.setSizePolicy(policy)
        self.cursors = DotCursors(self.dots, self.readout, recent)
        self.stages = FrameStages(palette=palette)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GAP, 2 * GAP, 2 * GAP, 2 * GAP)
        column.setSpacing(GAP)
        column.addWidget(self.sentence)
        column.addWidget(self.dots, 1)
        column.addWidget(self.readout)
        column.addWidget(MoreArea(self.stages, palette, _LEAST_STAGES))
        column.addWidget(close_only(self))
        self.dots.picked.connect(self._show)
        self.dots.show_frames(recent, chosen)
        self.dots.setFocus()
        open_as_large_as(self, self.sizeHint())

    @Slot(int)
    def _show(self, place: int) -> None:
        recent = self._recent
        frame, median = recent.frames[place], recent.median
        self.stages.show_frame(frame, median)
        text = tr(
            "{time} from captured to decoded, {ago} s before this was opened; the median is "
            "{median}.",
            time=milliseconds(frame.latency),
            ago=number(recent.now_s - frame.at_s, 1),
            median=milliseconds(median.latency),
        )
        worst = largest_excess(frame, median)
        if worst is not None and frame.latency > median.latency:
            stage, excess = tr(STAGE_NAMES[worst[0]]), milliseconds(worst[1])
            more = tr("The largest difference is in {stage}: {time}.", stage=stage, time=excess)
            text = f"{text} {more}"
        self.sentence.setText(text)
