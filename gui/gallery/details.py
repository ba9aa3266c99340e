"""All about the chosen model: what it is, how it stands, what can be done, and its files."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui.gallery.card import show_progress
from gui.gallery.facts import FactList, FileList
from gui.gallery.item import Action, Item, Standing
from gui.gallery.picture import Picture
from gui.gallery.profile_words import profile_sentences
from gui.gallery.scenes import Scene, scene_of
from gui.gallery.words import (
    action_words,
    advice,
    file_text,
    problem_text,
    standing_role,
    standing_text,
    summary,
    task_title,
)
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.language import tr
from gui.widgets.selectable_label import SelectableLabel
from gui.widgets.theme import GAP, GAP_LARGE, GAP_SMALL, Palette

WIDTH = 312
_PICTURE = 150


class DetailPane(QScrollArea):
    """Shows one model; its buttons are all that can be done with it now."""

    acted = Signal(str, str)
    """An Action, and the name of its model."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._item: Item | None = None
        self.setAccessibleName(tr("About this model"))
        self.setFixedWidth(WIDTH)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.picture = Picture(Scene.THINGS, _PICTURE, palette)
        self.title = SelectableLabel("title")
        self.summary = SelectableLabel("")
        self.state = SelectableLabel("")
        self.state.setAccessibleName(tr("State"))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(3)
        self.file = SelectableLabel("caption")
        self.problem = SelectableLabel("error")
        self.advice = SelectableLabel("muted")
        self.buttons = {action: self._button(action) for action in Action}
        self.facts = FactList()
        self.profile = SelectableLabel("")
        self.files = FileList()
        self._build()
        self.hide()

    @property
    def item(self) -> Item | None:
        """The model on show."""
        return self._item

    @property
    def tab_stops(self) -> tuple[QWidget, ...]:
        """What Tab leads to, shown or not."""
        return (*self.buttons.values(), *self.files.copies)

    def show_item(self, item: Item) -> None:
        """Show a model, or how it stands now."""
        before, self._item = self._item, item
        if before is None or before.entry is not item.entry:
            self._show_entry(item)
        self.state.setText(standing_text(item))
        self._tint()
        show_progress(self.bar, item)
        for label, text in (
            (self.file, file_text(item)),
            (self.problem, problem_text(item)),
            (self.advice, advice(item)),
        ):
            label.setText(text)
            label.setVisible(bool(text))
        self.facts.show_item(item)
        self._show_buttons(item)
        self.show()

    def focus_first(self) -> None:
        """Put the focus on the next thing to do."""
        first = next((b for b in self.buttons.values() if not b.isHidden()), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.TabFocusReason)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.picture.set_palette_roles(palette)
        self._tint()

    # -- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        inner = QFrame()
        inner.setObjectName("panel")
        self._actions = QWidget()
        flow = FlowLayout(self._actions, GAP, GAP)
        for button in self.buttons.values():
            flow.addWidget(button)
        words = QVBoxLayout()
        words.setContentsMargins(GAP_LARGE, GAP, GAP_LARGE, GAP_LARGE)
        words.setSpacing(GAP)
        for part in (
            self.title,
            self.summary,
            self.state,
            self.bar,
            self.file,
            self.problem,
            self.advice,
            self._actions,
        ):
            words.addWidget(part)
        words.addSpacing(GAP_SMALL)
        words.addWidget(self.facts)
        for heading, part in ((tr("Profile"), self.profile), (tr("Files"), self.files)):
            words.addSpacing(GAP_SMALL)
            caption = SelectableLabel("caption")
            caption.setText(heading)
            words.addWidget(caption)
            words.addWidget(part)
        words.addStretch(1)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.picture)
        column.addLayout(words)
        self.setWidget(inner)

    def _show_entry(self, item: Item) -> None:
        entry = item.entry
        self.picture.show_scene(scene_of(entry))
        self.picture.setAccessibleName(task_title(entry.task))
        self.title.setText(entry.title)
        self.summary.setText(summary(entry))
        self.profile.setText(" ".join(profile_sentences(entry)))
        self.files.show_entry(entry)
        for before, after in pairwise(self.tab_stops):
            self.setTabOrder(before, after)
        self.bar.setAccessibleName(entry.title)
        self.verticalScrollBar().setValue(0)

    def _show_buttons(self, item: Item) -> None:
        wanted = [button for action, button in self.buttons.items() if action in item.actions]
        focused = next((b for b in self.buttons.values() if b.hasFocus()), None)
        self._actions.setVisible(bool(wanted))
        for button in wanted:
            button.show()
        if focused is not None and focused not in wanted:
            # Before it is hidden: the focus would go to what is far below, and the pane with it.
            (wanted[0] if wanted else self).setFocus(Qt.FocusReason.TabFocusReason)
        for button in self.buttons.values():
            button.setVisible(button in wanted)
        self._actions.updateGeometry()

    def _button(self, action: Action) -> QPushButton:
        text, tip = action_words(action)
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(partial(self._press, action))
        return button

    def _press(self, action: Action, *_: object) -> None:
        if self._item is not None:
            self.acted.emit(action, self._item.name)

    def _tint(self) -> None:
        item = self._item
        if item is None:
            return
        color = self._roles.color(standing_role(item)).name()
        self.state.setStyleSheet(f"color: {color};")
        broken = item.standing in (Standing.FAILED, Standing.BROKEN)
        self.problem.setProperty("role", "error" if broken else "muted")
