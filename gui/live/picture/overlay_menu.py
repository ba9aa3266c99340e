"""The menu of the layers button: what is drawn over the picture, from which score, how strongly."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget, QWidgetAction

from gui.views.preview import Layer, MaskMode, OverlayStyle
from gui.widgets.language import marked, tr
from gui.widgets.slider_row import SliderRow

_LAYERS = {
    Layer.BOXES: (marked("Boxes"), "\tB"),
    Layer.LABELS: (marked("Labels"), "\tL"),
    Layer.SCORES: (marked("Scores"), ""),
    Layer.POINTS: (marked("Points"), "\tK"),
    Layer.MASKS: (marked("Masks"), "\tM"),
    Layer.TRAILS: (marked("Trails"), ""),
    Layer.COUNTS: (marked("Counts and legend"), ""),
}
"""Title and key of each layer."""

MASK_MODES = {
    MaskMode.COLORS: marked("Classes in colours"),
    MaskMode.DIM: marked("Background dimmed"),
    MaskMode.BLUR: marked("Background blurred"),
    MaskMode.REMOVE: marked("Background removed"),
}
"""What masks do to the picture."""

_SHARES = {
    "threshold": marked("Least score"),
    "opacity": marked("Opacity"),
    "mask_opacity": marked("Opacity of masks"),
}
_LEAST_OPACITY = 10


class OverlayMenu(QMenu):
    """Says what the user wants; `show_style` says what is."""

    layer_toggled = Signal(object)
    """The Layer to show or hide."""
    masks_chosen = Signal(object)
    """The MaskMode wanted."""
    share_changed = Signal(str, float)
    """`threshold`, `opacity` or `mask_opacity`, and its value from 0 to 1."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._layers = {layer: self._layer(layer) for layer in Layer}
        self.addSeparator()
        group = QActionGroup(self)
        self._modes = {mode: self._mode(mode, group) for mode in MaskMode}
        self.addSeparator()
        self.sliders = {name: self._slider(name) for name in _SHARES}

    def show_style(self, style: OverlayStyle) -> None:
        """Check and set what holds."""
        for layer, action in self._layers.items():
            action.setChecked(style.shows(layer))
        self._modes[style.masks].setChecked(True)
        for name, row in self.sliders.items():
            row.set_percent(round(100 * float(getattr(style, name))))

    def _layer(self, layer: Layer) -> QAction:
        title, key = _LAYERS[layer]
        action = self.addAction(f"{tr(title)}{key}")
        action.setCheckable(True)
        action.triggered.connect(lambda _=False: self.layer_toggled.emit(layer))
        return action

    def _mode(self, mode: MaskMode, group: QActionGroup) -> QAction:
        action = self.addAction(tr(MASK_MODES[mode]))
        action.setCheckable(True)
        group.addAction(action)
        action.triggered.connect(lambda _=False: self.masks_chosen.emit(mode))
        return action

    def _slider(self, name: str) -> SliderRow:
        least = 0 if name == "threshold" else _LEAST_OPACITY
        row = SliderRow(tr(_SHARES[name]), least)
        row.percent_changed.connect(lambda value: self.share_changed.emit(name, value / 100))
        action = QWidgetAction(self)
        action.setDefaultWidget(row)
        self.addAction(action)
        return row
