"""How a model is fed and read: every option, and what becomes of the newest sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from backend.core.choices import Payload
from backend.core.errors import ConsoleError
from backend.core.samples import MediaKind, Sample
from backend.profiles.book import ProfileChoice
from backend.profiles.inputs.recipe import OurInputs
from backend.profiles.kinds import DECODERS, RECIPES, TAKES
from backend.profiles.label_file import read_label_file
from backend.profiles.model_profile import ModelProfile
from gui.state.tasks import Tasks
from gui.targets.model_offers import origin_word
from gui.targets.profiles.constant_fields import ConstantFields
from gui.targets.profiles.option_fields import KindFields, OptionFields
from gui.targets.profiles.tensor_pane import Seen, TensorPane, seen
from gui.widgets.dialog_sizes import open_as_large_as
from gui.widgets.file_dialogs import ask_file, ask_new_file
from gui.widgets.language import count, sentence_start, tr
from gui.widgets.theme import GAP, GAP_LARGE

_LOOK_MS = 400
_FILE = "profile.toml"


@dataclass(frozen=True, slots=True)
class ProfileFormContext:
    """Where the form gets what it previews, and whom it tells."""

    tasks: Tasks
    sample: Callable[[], Sample | None]
    payload: Callable[[], Payload]


class ProfileForm(QDialog):
    """Edits the profile of one model of one target; the window behind it goes on."""

    saved = Signal(object)
    """The ModelProfile to be used from now on."""
    reset_wanted = Signal()
    """Use the guess again, and forget what was saved."""
    import_wanted = Signal(str)
    export_wanted = Signal(object, str)

    def __init__(
        self, window: QWidget, target: str, choice: ProfileChoice, place: ProfileFormContext
    ):
        super().__init__(window)
        self._target = target
        self._place = place
        self._choice = choice
        self._showing = self._busy = False
        self._stale = True
        self._looked: Sample | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Profile of {model}", model=choice.profile.model))
        self._build()
        self.show_choice(choice)
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self._look()

    @property
    def profile(self) -> ModelProfile:
        """The profile as the form has it; raises UsageError for what cannot be."""
        before = self._choice.profile
        recipe = self.recipe.value
        kind = before.kind
        if type(recipe) in TAKES:
            kind = TAKES[type(recipe)]
        elif isinstance(recipe, OurInputs) and kind is MediaKind.BYTES:
            kind = MediaKind.IMAGE
        lines = self.labels.toPlainText().rstrip("\n").split("\n")
        return replace(
            before,
            kind=kind,
            recipe=recipe,
            decoder=self.decoder.value,
            labels=tuple(line.strip() for line in lines) if any(lines) else (),
            audio=self.audio.value,
            constants=self.constants.value,
        )

    # -- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        heading = QLabel(self.windowTitle())
        heading.setProperty("role", "title")
        self._why = QLabel()
        self._why.setProperty("role", "muted")
        self._why.setWordWrap(True)
        self.others = QComboBox()
        self.others.setAccessibleName(tr("Other guesses"))
        self.others.activated.connect(self._other_chosen)
        self.pane = TensorPane()
        middle = QHBoxLayout()
        middle.setSpacing(GAP_LARGE)
        middle.addWidget(self._options(), 1)
        middle.addWidget(self.pane)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        outer.setSpacing(GAP)
        outer.addWidget(heading)
        outer.addWidget(self._why)
        outer.addWidget(self.others)
        outer.addLayout(middle, 1)
        outer.addLayout(self._buttons())
        open_as_large_as(self, QSize(920, 640))

    def _options(self) -> QScrollArea:
        self.recipe = KindFields(tr("Input"), RECIPES)
        self.decoder = KindFields(tr("Output"), DECODERS)
        for part in (self.recipe, self.decoder):
            part.edited.connect(self._edited)
            part.rebuilt.connect(self._order_focus)
        self._audio_place = QVBoxLayout()
        self.constants = ConstantFields()
        self.constants.edited.connect(self._edited)
        self.constants.rebuilt.connect(self._order_focus)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, GAP_LARGE, 0)
        column.setSpacing(GAP)
        column.addWidget(_heading(tr("Input")))
        column.addWidget(self.recipe)
        self._sound_heading = _heading(tr("Sound"))
        column.addWidget(self._sound_heading)
        column.addLayout(self._audio_place)
        column.addWidget(_heading(tr("Constant inputs: shape, and values as JSON")))
        column.addWidget(self.constants)
        column.addWidget(_heading(tr("Output")))
        column.addWidget(self.decoder)
        self._add_labels(column)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the focus of what is in it
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        return scroll

    def _add_labels(self, column: QVBoxLayout) -> None:
        self.labels = QPlainTextEdit()
        self.labels.setAccessibleName(tr("Labels"))
        self.labels.setPlaceholderText(tr("One name for each class, in their order"))
        self.labels.setFixedHeight(96)
        self.labels.setTabChangesFocus(True)
        self.labels.textChanged.connect(self._edited)
        load = self._load = QPushButton(tr("Load labels..."))
        load.setAutoDefault(False)
        load.clicked.connect(lambda: ask_file(self, tr("Load labels"), self.load_labels))
        self._label_count = QLabel()
        self._label_count.setProperty("role", "muted")
        row = QHBoxLayout()
        row.addWidget(load)
        row.addWidget(self._label_count)
        row.addStretch(1)
        column.addWidget(_heading(tr("Labels")))
        column.addWidget(self.labels)
        column.addLayout(row)

    def _buttons(self) -> QHBoxLayout:
        self.reset = QPushButton(tr("Reset to guess"))
        self.take = QPushButton(tr("Import..."))
        self.give = QPushButton(tr("Export..."))
        close = self._leave = QPushButton(tr("Close"))
        self.save = QPushButton(tr("Save and use"))
        self.save.setProperty("role", "primary")
        self.reset.clicked.connect(self.reset_wanted)
        self.take.clicked.connect(
            lambda: ask_file(self, tr("Import profile"), self.import_wanted.emit)
        )
        self.give.clicked.connect(self._export)
        close.clicked.connect(self.reject)
        self.save.clicked.connect(self._save)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        for button in (self.reset, self.take, self.give, close):
            button.setAutoDefault(False)
        for button in (self.reset, self.take, self.give):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(close)
        row.addWidget(self.save)
        return row

    # -- showing -------------------------------------------------------------------------------

    def show_choice(self, choice: ProfileChoice) -> None:
        """Show a profile and where it comes from."""
        self._choice = choice
        why = [f"{sentence_start(origin_word(choice))}: {'; '.join(choice.reasons)}."]
        why += [*choice.missing, *choice.doubts, *([choice.trouble] if choice.trouble else [])]
        text = " ".join(why) if choice.reasons else " ".join(why[1:])
        self._why.setText("\n".join(part for part in (choice.summary, text) if part))
        self.others.clear()
        self.others.addItem(
            count(
                len(choice.alternatives),
                "As it is; {n} other guess",
                "As it is; {n} other guesses",
            )
        )
        for other in choice.alternatives:
            self.others.addItem(tr("Instead: {guess}", guess=other.title))
        self.others.setVisible(bool(choice.alternatives))
        self._show_profile(choice.profile)

    def _show_profile(self, profile: ModelProfile) -> None:
        self._showing = True
        self.recipe.show_value(profile.recipe)
        self.decoder.show_value(profile.decoder)
        self.labels.setPlainText("\n".join(profile.labels))
        self._show_audio(profile)
        self.constants.show_value(profile.constants, profile.inputs)
        self._showing = False
        self._order_focus()
        self._edited()

    @Slot()
    def _order_focus(self) -> None:
        """Fields that were made anew are visited where they stand."""
        if self._showing:
            return
        above = (self.others, self.recipe, self.audio)
        order = [field for part in above for field in _tab_stops(part)]
        order += self.constants.fields()
        order += [field for part in (self.decoder, self.labels) for field in _tab_stops(part)]
        order += [self._load, self.reset, self.take, self.give, self._leave, self.save]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _show_audio(self, profile: ModelProfile) -> None:
        old = self._audio_place.takeAt(0)
        widget = old.widget() if old is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        self.audio = OptionFields(type(profile.audio), profile.audio)
        self.audio.edited.connect(self._edited)
        self._audio_place.addWidget(self.audio)

    # -- news ----------------------------------------------------------------------------------

    @Slot()
    def _edited(self) -> None:
        if self._showing:
            return
        self._stale = True
        try:
            profile = self.profile
        except ConsoleError as error:
            self.pane.complain(str(error))
            self.save.setEnabled(False)
            self.save.setToolTip(str(error))
            return
        self.pane.complain("")
        self.save.setEnabled(True)
        self.save.setToolTip(tr("Keep it for this model of this target; a run uses it at once"))
        sound = profile.kind is MediaKind.AUDIO
        self._sound_heading.setVisible(sound)
        self.audio.setVisible(sound)
        many = len(profile.labels)
        self._label_count.setText(count(many, "{n} label", "{n} labels") if many else "")

    @Slot()
    def _look(self) -> None:
        """Show what becomes of the newest sample, if anything changed."""
        sample = self._place.sample()
        if self._busy or sample is None or (sample is self._looked and not self._stale):
            return
        try:
            profile = self.profile
        except ConsoleError:
            return
        self._busy, self._stale, self._looked = True, False, sample
        payload = self._place.payload()
        self._place.tasks.start(
            "profile-preview", lambda: seen(profile, sample, payload), self._seen, self._not_seen
        )

    def _seen(self, preview: Seen) -> None:
        self._busy = False
        if not self._closed:
            self.pane.show_seen(preview)

    def _not_seen(self, error: Exception) -> None:
        self._busy = False
        if not self._closed:
            self.pane.complain(str(error))

    _closed = False

    def done(self, result: int) -> None:
        """Look no more."""
        self._closed = True
        self._timer.stop()
        super().done(result)

    @Slot(int)
    def _other_chosen(self, index: int) -> None:
        if index == 0:
            self._show_profile(self._choice.profile)
        else:
            self._show_profile(self._choice.alternatives[index - 1].profile)

    def load_labels(self, path: str) -> None:
        """Take the labels of a file."""
        try:
            self.labels.setPlainText("\n".join(read_label_file(Path(path))))
        except ConsoleError as error:
            self.pane.complain(str(error))

    @Slot()
    def _save(self) -> None:
        try:
            profile = self.profile
        except ConsoleError as error:
            self.pane.complain(str(error))
            return
        self.saved.emit(profile)

    @Slot()
    def _export(self) -> None:
        try:
            profile = self.profile
        except ConsoleError as error:
            self.pane.complain(str(error))
            return
        ask_new_file(
            self,
            tr("Export profile"),
            _FILE,
            lambda path: self.export_wanted.emit(profile, path),
        )


def _tab_stops(part: QWidget) -> list[QWidget]:
    """What the focus visits in it, in the order in which it was made."""
    found = (part, *part.findChildren(QWidget))
    return [
        field
        for field in found
        if field.focusPolicy() & Qt.FocusPolicy.TabFocus
        and field.window() is part.window()  # the popup of a QComboBox is a window of its own
    ]


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "caption")
    label.setContentsMargins(0, GAP, 0, 0)
    return label
