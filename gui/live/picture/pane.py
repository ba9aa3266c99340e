"""The preview with the row of switches that say how the picture is shown."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.live.picture.overlay_menu import OverlayMenu
from gui.live.start import StartCards
from gui.state.settings import ViewMemory
from gui.views.class_hues import ClassHues
from gui.views.messages import MessageKind
from gui.views.preview import Layer, MaskMode, OverlayStyle, WipeView
from gui.widgets.elided_label import ElidedLabel
from gui.widgets.icons import tinted
from gui.widgets.language import tr
from gui.widgets.menu_button import give_menu
from gui.widgets.theme import GAP, GAP_SMALL, Palette

_SWITCHES = (Layer.TRAILS, Layer.COUNTS)
"""Remembered each by itself, so that they are on for memories older than they are."""


class PreviewPane(QWidget):
    """Source line, locked or live, mirror, rotate, layers; below them the picture."""

    view_changed = Signal(object)
    """The new ViewMemory after the user changed it."""

    def __init__(self, palette: Palette, memory: ViewMemory, hues: ClassHues | None = None) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._roles = palette
        self._memory = memory
        self._live_source = True
        self.preview = WipeView(palette=palette, hues=hues)
        self._caption = ElidedLabel("caption")
        self._locked = self._button(
            "lock", tr("Locked: each result on its own frame"), checkable=True
        )
        self._mirror = self._button("mirror", tr("Mirror (display only)"), checkable=True)
        self._rotate = self._button("rotate", tr("Rotate by 90° (display only)"))
        self._layers = self._button("layers", tr("Layers of the overlay"))
        self._layers.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = OverlayMenu(self)
        give_menu(self._layers, self._menu)
        self._locked.clicked.connect(self._lock_clicked)
        self._mirror.clicked.connect(self.toggle_mirror)
        self._rotate.clicked.connect(self.rotate)
        self._menu.layer_toggled.connect(self.toggle_layer)
        self._menu.masks_chosen.connect(self.use_masks)
        self._menu.share_changed.connect(self._use_share)
        self.preview.layers_changed.connect(self._layers_by_key)
        self._row = QWidget()
        row = QHBoxLayout(self._row)
        row.setContentsMargins(GAP + 4, GAP_SMALL, GAP, GAP_SMALL)
        row.setSpacing(GAP_SMALL)
        row.addWidget(self._caption, 1)
        for button in (self._locked, self._mirror, self._rotate, self._layers):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._row)
        self.cards = StartCards(palette)
        self._picture = QStackedWidget()
        self._picture.addWidget(self.preview)
        self._picture.addWidget(self.cards)
        self._offers_start = self._bare = False
        column.addWidget(self._picture, 1)
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

    def set_caption(self, name: str, facts: str = "") -> None:
        """The line over the picture: what is shown, how large, how fast."""
        self._caption.say(name, facts)

    def set_bare(self, *, bare: bool) -> None:
        """The picture alone, without the row of switches over it."""
        self._bare = bare
        self._row.setVisible(not bare)
        self._show_cards()

    def set_message(self, title: str, body: str, kind: MessageKind) -> None:
        """Words in the place of the picture, or over it; with cards where nothing was shown yet."""
        self.preview.set_message(title, body, kind)
        unusable = kind is MessageKind.UNUSABLE
        self._offers_start = unusable or kind is MessageKind.START
        self.cards.say(title, body, unusable=unusable)
        self._show_cards()

    def _show_cards(self) -> None:
        shown = self.cards if self._offers_start and not self._bare else self.preview
        if self._picture.currentWidget() is not shown:
            focused = self.window().focusWidget()
            had_keys = focused is not None and self._picture.isAncestorOf(focused)
            self._picture.setCurrentWidget(shown)
            if had_keys:
                shown.setFocus()

    def take_focus(self) -> None:
        """Keys belong to what is in the picture's place."""
        shown = self._picture.currentWidget()
        if shown is not None:
            shown.setFocus()

    def set_live_source(self, *, live: bool) -> None:
        """Cameras are shown live and files locked, unless the user chose otherwise."""
        if live != self._live_source:
            self._live_source = live
            self._apply()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.preview.set_palette_roles(palette)
        self.cards.set_palette_roles(palette)
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

    @Slot(object)
    def toggle_layer(self, layer: Layer) -> None:
        """Show or hide a part of the overlay."""
        self._remember(with_layers(self._memory, style_of(self._memory).layers ^ {layer}))

    def shows(self, layer: Layer) -> bool:
        """Whether a part of the overlay is shown."""
        return style_of(self._memory).shows(layer)

    @Slot(object)
    def use_masks(self, mode: MaskMode) -> None:
        """What masks do to the picture."""
        self._remember(replace(self._memory, masks=str(mode)))

    def masks_are(self, mode: MaskMode) -> bool:
        """Whether masks do this to the picture."""
        return self._memory.masks == mode

    @Slot(str, float)
    def _use_share(self, name: str, share: float) -> None:
        match name:
            case "threshold":
                memory = replace(self._memory, threshold=share)
            case "opacity":
                memory = replace(self._memory, opacity=share)
            case _:
                memory = replace(self._memory, mask_opacity=share)
        self._remember(memory)

    @Slot()
    def _lock_clicked(self) -> None:
        self.toggle_locked()

    @Slot(object)
    def _layers_by_key(self, layers: frozenset[Layer]) -> None:
        self._remember(with_layers(self._memory, layers))

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
        style = style_of(memory)
        self.preview.set_style(style)
        self._menu.show_style(style)
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


def style_of(memory: ViewMemory) -> OverlayStyle:
    """How the overlay is drawn by what is remembered."""
    layers = {Layer(name) for name in memory.layers}
    layers |= {layer for layer in _SWITCHES if getattr(memory, layer)}
    return OverlayStyle(
        frozenset(layers),
        memory.threshold,
        memory.opacity,
        memory.mask_opacity,
        MaskMode(memory.masks),
    )


def with_layers(memory: ViewMemory, layers: frozenset[Layer]) -> ViewMemory:
    """The memory with these layers shown."""
    names = tuple(str(layer) for layer in Layer if layer in layers - set(_SWITCHES))
    trails, counts = (layer in layers for layer in _SWITCHES)
    return replace(memory, layers=names, trails=trails, counts=counts)
