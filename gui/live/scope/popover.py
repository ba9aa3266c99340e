"""The trigger's settings: what it watches, which crossing, and what happens then."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QSignalBlocker, Slot
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QPushButton, QWidget

from gui.live.bar import Popover
from gui.live.scope.controller import ScopeController
from gui.live.scope.quantity import LATENCY, LEVEL, line_of
from gui.live.scope.texts import ARROWS, state_text
from gui.state.trigger import Edge, TriggerMode
from gui.widgets.language import tr
from gui.widgets.segmented import Segmented
from gui.widgets.spin_boxes import DoubleSpinBox
from gui.widgets.theme import GAP


class TriggerPopover(QObject):
    """Says what the user wants; follows what is, the level that is dragged on the plot too."""

    def __init__(self, controller: ScopeController) -> None:
        super().__init__(controller)
        self._controller = controller
        self._popover = Popover(tr("Trigger"), controller.page)
        self.mode = Segmented(
            tr("Mode"),
            (
                (TriggerMode.OFF, tr("Off"), tr("The plots run.")),
                (TriggerMode.NORMAL, tr("Normal"), tr("Show each crossing, until the next one.")),
                (TriggerMode.SINGLE, tr("Single"), tr("Show one crossing, and keep it.")),
            ),
        )
        self.quantity = QComboBox()
        self.quantity.setAccessibleName(tr("Watch"))
        self.edge = Segmented(
            tr("Edge"),
            (
                (Edge.RISING, f"{ARROWS[Edge.RISING]} {tr('rising')}", tr("From below the level")),
                (Edge.FALLING, f"{ARROWS[Edge.FALLING]} {tr('falling')}", tr("From above it")),
                (Edge.EITHER, f"{ARROWS[Edge.EITHER]} {tr('either')}", tr("From both sides")),
            ),
        )
        self.level = DoubleSpinBox()
        self.level.setAccessibleName(tr("Level"))
        self.level.setKeyboardTracking(False)
        self.state = QLabel()
        self.again = QPushButton(tr("Arm again"))
        self._lay_out()
        self.mode.chosen.connect(lambda value: controller.set_mode(TriggerMode(value)))
        self.edge.chosen.connect(lambda value: controller.set_edge(Edge(value)))
        self.quantity.activated.connect(self._choose)
        self.level.valueChanged.connect(controller.set_level)
        self.again.clicked.connect(controller.arm)
        controller.changed.connect(self._show_changes)

    @property
    def is_open(self) -> bool:
        """Whether it is on show."""
        return self._popover.isVisible()

    def open(self) -> None:
        """Open over the timeline, brought to the front, with the keys in the mode."""
        timeline = self._controller.page.timeline
        self._controller.page.open_dock("timeline")
        self._controller.keep_condition()
        self._show(fresh=True)
        above = self._popover.sizeHint().height() + 5 * GAP
        self._popover.open_at(timeline, QPoint(6 * GAP, -above), self.mode.button(self.mode.value))

    def close_popover(self) -> None:
        """Take it away."""
        self._popover.hide()

    def _lay_out(self) -> None:
        content = QWidget()
        form = QFormLayout(content)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(GAP)
        form.addRow(tr("Mode"), self.mode)
        form.addRow(tr("Watch"), self.quantity)
        form.addRow(tr("Edge"), self.edge)
        form.addRow(tr("Level"), self.level)
        form.addRow(tr("State"), self.state)
        form.addRow("", self.again)
        self._popover.hold(content)

    @Slot()
    def _show_changes(self) -> None:
        if self.is_open:
            self._show(fresh=False)

    def _show(self, *, fresh: bool) -> None:
        controller, condition = self._controller, self._controller.condition
        blockers = [QSignalBlocker(self.quantity), QSignalBlocker(self.level)]
        if fresh:
            self.quantity.clear()
            for quantity in controller.quantities():
                self.quantity.addItem(line_of(quantity), quantity)
        self.quantity.setCurrentIndex(self.quantity.findData(condition.quantity))
        low, high = controller.range_of(condition.quantity)
        in_ms, in_db = condition.quantity == LATENCY, condition.quantity == LEVEL
        self.level.setRange(low, 1e6 if in_ms else high)
        self.level.setDecimals(1 if in_ms or in_db or high - low > 10 else 2)
        self.level.setSingleStep(1.0 if high - low > 10 else 0.05)
        self.level.setSuffix(" ms" if in_ms else " dBFS" if in_db else "")
        if not self.level.hasFocus() or fresh:
            self.level.setValue(condition.level)
        self.mode.set_value(controller.trigger.mode)
        self.edge.set_value(condition.edge)
        self.state.setText(state_text(controller.trigger))
        self.again.setEnabled(controller.trigger.mode is not TriggerMode.OFF)
        del blockers

    @Slot(int)
    def _choose(self, index: int) -> None:
        self._controller.set_quantity(self.quantity.itemData(index))
