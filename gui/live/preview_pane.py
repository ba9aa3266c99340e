"""The preview with the row of switches that say how the picture is shown."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from gui.state.settings import ViewMemory
from gui.views.preview import Layer, PreviewView
from gui.widgets.icons import tinted
from gui.widgets.language import marked, tr
from gui.widgets.theme import GAP, GAP_SMALL, Palette

_LAYERS = {
    Layer.BOXES: (marked("Boxes"), "\tB"),
    Layer.LABELS: (marked("Labels"), "\tL"),
    Layer.SCORES: (marked("Scores"), ""),
    Layer.POINTS: (marked("Points"), "\tK"),
    Layer.MASKS: (marked("Masks"), "\tM"),
}
"""Title and key of each layer."""


class PreviewPane(QWidget):
    """Source line, locked or live, mirror, rotate, layers; below them the picture."""

    view_changed = Signal(object)
    """The new ViewMemory after the user changed it."""

    def __init__(self, palette: Palette, memory: ViewMemory) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._roles = palette
        self._memory = memory
        self._live_source = True
        self.preview = PreviewView(palette=palette)
        self._caption = QLabel()
        self._caption.setProperty("role", "caption")
        self._locked = self._button(
            "lock", tr("Locked: each result on its own frame"), checkable=True
        )
        self._mirror = self._button("mirror", tr("Mirror (display only)"), checkable=True)
        self._rotate = self._button("rotate", tr("Rotate by 90° (display only)"))
        self._layers = self._button("layers", tr("Layers of the overlay"))
        self._layers.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._layers.setMenu(self._layer_menu())
        self._locked.clicked.connect(self._lock_clicked)
        self._mirror.clicked.connect(self.toggle_mirror)
        self._rotate.clicked.connect(self.rotate)
        self.preview.layers_changed.connect(self._layers_by_key)
        row = QHBoxLayout()
        row.setContentsMargins(GAP + 4, GAP_SMALL, GAP, GAP_SMALL)
        row.setSpacing(GAP_SMALL)
        row.addWidget(self._caption, 1)
        for button in (self._locked, self._mirror, self._rotate, self._layers):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.preview, 1)
        self.set_palette_roles(palette)
        self._apply()

    @property
    def memory(self) -> ViewMemory:
        """How the picture is shown."""
        return self._memory

    @property
    def locked(self) -> bool:
        """Whether results are shown on their own frames."""
        return (not self._live_source) if self._memory.locked is None else self._memory.locked

    def set_caption(self, text: str) -> None:
        """The line over the picture: what is shown, how large, how fast."""
        self._caption.setText(text)

    def set_live_source(self, *, live: bool) -> None:
        """Cameras are shown live and files locked, unless the user chose otherwise."""
        self._live_source = live
        self._apply()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.preview.set_palette_roles(palette)
        self._tint()

    @Slot()
    def toggle_mirror(self) -> None:
        """Left becomes right, on the screen only."""
        self._remember(replace(self._memory, mirror=not self._memory.mirror))

    @Slot()
    def rotate(self) -> None:
        """A quarter turn clockwise, on the screen only."""
        self._remember(replace(self._memory, rotation=(self._memory.rotation + 90) % 360))

    @Slot()
    def toggle_locked(self) -> None:
        """Locked becomes live and back."""
        self._remember(replace(self._memory, locked=not self.locked))

    def toggle_layer(self, layer: Layer) -> None:
        """Show or hide a part of the overlay."""
        layers = frozenset(Layer(name) for name in self._memory.layers) ^ {layer}
        self._remember(replace(self._memory, layers=_names(layers)))

    def shows(self, layer: Layer) -> bool:
        """Whether a part of the overlay is shown."""
        return str(layer) in self._memory.layers

    @Slot()
    def _lock_clicked(self) -> None:
        self.toggle_locked()

    @Slot(object)
    def _layers_by_key(self, layers: frozenset[Layer]) -> None:
        self._remember(replace(self._memory, layers=_names(layers)))

    def use_memory(self, memory: ViewMemory) -> None:
        """Show the picture in this way."""
        self._remember(memory)

    def _remember(self, memory: ViewMemory) -> None:
        self._memory = memory
        self._apply()
        self.view_changed.emit(memory)

    def _apply(self) -> None:
        memory = self._memory
        self.preview.set_locked(self.locked)
        self.preview.set_mirror(memory.mirror)
        self.preview.set_rotation(memory.rotation)
        self.preview.set_layers(frozenset(Layer(name) for name in memory.layers))
        self._locked.setChecked(self.locked)
        self._locked.setText(tr("Locked") if self.locked else tr("Live"))
        self._locked.setToolTip(
            tr("Locked: each result is shown on its own frame")
            if self.locked
            else tr("Live: the newest frame with the newest result over it")
        )
        self._locked.setAccessibleName(tr("Picture locked") if self.locked else tr("Picture live"))
        self._mirror.setChecked(memory.mirror)
        self._rotate.setText(f"{memory.rotation}°" if memory.rotation else "")
        tip = tr("Rotate by 90° (display only)")
        turned = tr("{tip}. Shown turned by {degrees}°", tip=tip, degrees=memory.rotation)
        self._rotate.setToolTip(turned if memory.rotation else tip)
        self._rotate.setAccessibleName(self._rotate.toolTip())
        for action in self._layers.menu().actions():
            action.setChecked(str(action.data()) in memory.layers)
        self._tint()

    def _tint(self) -> None:
        for button, icon, on in (
            (self._locked, "lock" if self.locked else "live", False),
            (self._mirror, "mirror", self._memory.mirror),
            (self._rotate, "rotate", bool(self._memory.rotation)),
            (self._layers, "layers", False),
        ):
            role = "accent" if on else "text_muted"
            button.setIcon(tinted(icon, self._roles.color(role)))

    def _button(self, icon: str, tip: str, *, checkable: bool = False) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "flat")
        button.setIcon(tinted(icon, self._roles.text_muted))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setCheckable(checkable)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        return button

    def _layer_menu(self) -> QMenu:
        menu = QMenu(self)
        for layer in Layer:
            title, key = _LAYERS[layer]
            action = menu.addAction(f"{tr(title)}{key}")
            action.setCheckable(True)
            action.setData(str(layer))
            action.triggered.connect(lambda _=False, a=layer: self.toggle_layer(a))
        return menu


def _names(layers: frozenset[Layer]) -> tuple[str, ...]:
    return tuple(str(layer) for layer in Layer if layer in layers)
