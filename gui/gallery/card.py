"""One model on the grid: its picture, what it does, how it stands, and the next thing to do."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gui.gallery.item import Action, Item, Standing
from gui.gallery.picture import PictureButton
from gui.gallery.scenes import icon_of, scene_of
from gui.gallery.words import (
    action_words,
    problem_text,
    speed_text,
    standing_role,
    standing_text,
    summary,
    task_title,
)
from gui.widgets.excerpt import Excerpt
from gui.widgets.icons import tinted_pixmap
from gui.widgets.language import byte_size, tr
from gui.widgets.theme import CAPTION_PX, GAP, GAP_SMALL, TITLE_PX, Palette, tabular

NARROWEST = 228
_PICTURE = 96
_BAR = 3


class Card(QFrame):
    """All cards are of one height, whatever they say."""

    acted = Signal(str)
    """An Action that the user wants."""
    chosen = Signal()

    def __init__(self, item: Item, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self.item = item
        self.setObjectName("galleryCard")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        entry = item.entry
        self.picture = PictureButton(scene_of(entry), _PICTURE, palette)
        self.picture.clicked.connect(self.chosen)
        self._icon = QLabel()
        self._title = Excerpt(1, TITLE_PX, palette.color("text"), bold=True)
        self._title.set_text(entry.title)
        self._summary = Excerpt(3, CAPTION_PX, palette.color("text_muted"))
        self._summary.set_text(summary(entry))
        self._facts = Excerpt(1, CAPTION_PX, palette.color("text_muted"))
        self._state = Excerpt(1, CAPTION_PX, palette.color("text_muted"))
        self._speed = QLabel()
        self._speed.setFont(tabular(self._speed.font()))
        self._speed.setToolTip(tr("Measured on this machine"))
        self._dot = QLabel()
        self._dot.setFixedSize(8, 8)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(_BAR)
        self.bar.setAccessibleName(entry.title)
        self.first, self.measure = QPushButton(), QPushButton()
        self._action: Action | None = None
        self._row = QWidget()
        self._build()
        self.show_item(item)

    @property
    def name(self) -> str:
        """The model's name."""
        return self.item.name

    @property
    def tab_stops(self) -> tuple[QWidget, ...]:
        """What Tab leads to while it is chosen."""
        return (self.picture, self.first, self.measure)

    def show_item(self, item: Item) -> None:
        """Show how the model stands now."""
        self.item = item
        entry = item.entry
        self._facts.set_text(f"{entry.licence}   {byte_size(item.row.traffic)}")
        self._speed.setText(speed_text(item))
        words = standing_text(item)
        problem = problem_text(item)
        self._state.set_text(words)
        self._state.setToolTip(problem or words)
        self.picture.setAccessibleName(f"{entry.title}, {task_title(entry.task)}, {words}")
        self.picture.setAccessibleDescription(summary(entry))
        self.picture.setToolTip(f"{task_title(entry.task)}: {summary(entry)}")
        self._show_bar()
        self._show_buttons()
        self._tint()

    def set_chosen(self, *, on: bool) -> None:
        """Whether the pane shows it; only then Tab leads to it."""
        self.picture.setChecked(on)
        self.picture.setFocusPolicy(Qt.FocusPolicy.StrongFocus if on else Qt.FocusPolicy.ClickFocus)
        for button in (self.first, self.measure):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus if on else Qt.FocusPolicy.NoFocus)
        self.setProperty("chosen", on)
        self.style().unpolish(self)
        self.style().polish(self)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.picture.set_palette_roles(palette)
        self._tint()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Anywhere on it chooses it."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.chosen.emit()
        super().mousePressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Another font changes the heights."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.updateGeometry()

    # -- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GAP_SMALL + 2)
        head.addWidget(self._icon)
        head.addWidget(self._title, 1)
        state = QHBoxLayout()
        state.setSpacing(GAP_SMALL + 2)
        state.addWidget(self._dot)
        state.addWidget(self._state, 1)
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP_SMALL)
        for button in (self.first, self.measure):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self._speed)
        self.first.clicked.connect(self._press_first)
        self.measure.clicked.connect(partial(self._press, Action.MEASURE))
        self._row.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._row.setFixedHeight(QPushButton().sizeHint().height())
        words = QVBoxLayout()
        words.setContentsMargins(GAP, GAP_SMALL, GAP, GAP)
        words.setSpacing(GAP_SMALL)
        words.addLayout(head)
        words.addWidget(self._summary)
        words.addWidget(self._facts)
        words.addLayout(state)
        words.addWidget(self.bar)
        words.addWidget(self._row)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 0)
        column.setSpacing(0)
        column.addWidget(self.picture)
        column.addLayout(words)
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(policy)

    def _show_bar(self) -> None:
        show_progress(self.bar, self.item)

    def _show_buttons(self) -> None:
        """The next thing to do, and Measure where it was not measured yet."""
        item = self.item
        loading = item.standing is Standing.LOADING
        self._action = item.actions[0] if item.actions and not loading else None
        measurable = Action.MEASURE in item.actions and item.row.speed is None
        focused = self.first.hasFocus() or self.measure.hasFocus()
        self.first.setVisible(self._action is not None)
        self.measure.setVisible(measurable)
        for button, action in ((self.first, self._action), (self.measure, Action.MEASURE)):
            if action is not None:
                text, tip = action_words(action)
                button.setText(text)
                button.setToolTip(tip)
                button.setAccessibleName(f"{text}: {item.entry.title}")
        if focused and not (self.first.hasFocus() or self.measure.hasFocus()):
            self.picture.setFocus()

    @Slot()
    def _press_first(self) -> None:
        if self._action is not None:
            self._press(self._action)

    def _press(self, action: Action, *_: object) -> None:
        self.chosen.emit()
        self.acted.emit(action)

    def _tint(self) -> None:
        roles = self._roles
        muted = roles.color("text_muted")
        self._icon.setPixmap(tinted_pixmap(icon_of(self.item.entry), muted))
        self._title.set_color(roles.color("text"))
        self._summary.set_color(muted)
        self._facts.set_color(muted)
        color = roles.color(standing_role(self.item))
        self._state.set_color(color)
        self._dot.setStyleSheet(f"background: {color.name()}; border-radius: 4px;")


def show_progress(bar: QProgressBar, item: Item) -> None:
    """How far a download is; without a known end it moves to and fro, and without one it hides."""
    progress = item.progress
    kept = item.standing in (Standing.PAUSED, Standing.FAILED) and item.row.saved > 0
    if kept:
        bar.setRange(0, 1000)
        bar.setValue(round(1000 * min(1.0, item.row.saved / item.entry.size)))
    elif item.measuring or item.standing is Standing.LOADING:
        bar.setRange(0, 0)
    elif progress is not None and progress.total and progress.total_received:
        bar.setRange(0, 1000)
        bar.setValue(round(1000 * progress.total_received / progress.total))
    elif progress is not None:
        bar.setRange(0, 0)
    loading = item.standing is Standing.LOADING
    bar.setVisible(progress is not None or item.measuring or loading or kept)
