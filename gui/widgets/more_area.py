"""A scroll area for what may be higher than its place, with a button that says so."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QToolButton, QWidget

from gui.widgets.icons import tinted
from gui.widgets.language import tr
from gui.widgets.theme import GAP_SMALL, Palette


class MoreArea(QScrollArea):
    """Its button goes on to what is below, in a strip of its own; at the end both are gone."""

    def __init__(self, view: QWidget, palette: Palette, least_height: int) -> None:
        super().__init__()
        self._looking = False
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumSize(view.minimumSizeHint().width(), least_height)
        self.setAccessibleName(view.accessibleName())
        self.setWidget(view)
        self.more = QToolButton(self)
        self.more.setObjectName("more")
        self.more.setText(tr("More"))
        self.more.setToolTip(tr("Show what is below"))
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.clicked.connect(self._go_on)
        self.more.hide()
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._look)
        bar.rangeChanged.connect(self._look)
        self.set_palette_roles(palette)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self.more.setIcon(tinted("chevron", palette.text_muted))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The button keeps to the lower edge."""
        super().resizeEvent(event)
        self._look()

    @Slot()
    def _go_on(self) -> None:
        bar = self.verticalScrollBar()
        below = bar.maximum() - bar.value() - bar.pageStep()
        # The strip's own place shows the last of it.
        last = below <= self.viewportMargins().bottom()
        bar.setValue(bar.maximum() if last else bar.value() + bar.pageStep())

    @Slot()
    def _look(self) -> None:
        if self._looking:  # another strip, another range: once is enough
            return
        self._looking = True
        bar = self.verticalScrollBar()
        self.more.adjustSize()
        # By what would be below without a strip, so that having one changes nothing about it.
        whole = self.viewport().height() + self.viewportMargins().bottom()
        below = bar.maximum() + bar.pageStep() - bar.value() - whole
        strip = self.more.height() + 2 * GAP_SMALL if below > 0 else 0
        if self.viewportMargins().bottom() != strip:
            self.setViewportMargins(0, 0, 0, strip)
        self.more.setVisible(strip > 0)
        self._looking = False
        left = self.viewport().geometry().center().x() - self.more.width() // 2
        self.more.move(left, self.height() - self.more.height() - GAP_SMALL)
        self.more.raise_()
