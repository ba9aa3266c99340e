"""What a window that shows nothing yet offers: stream what is chosen, or one of three ways on."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gui.widgets.icons import tinted_pixmap
from gui.widgets.language import marked, tr
from gui.widgets.theme import GAP, GAP_LARGE, GAP_SMALL, Palette

_CARDS = {
    "webcam": (
        "camera",
        marked("My webcam"),
        marked("Stream the first camera of this machine."),
    ),
    "model": (
        "box",
        marked("My model"),
        marked("Serve an ONNX or TensorFlow Lite file; dropping it here does the same."),
    ),
    "server": (
        "server",
        marked("My server"),
        marked("Send to a Triton, MLServer, KServe or other server."),
    ),
}
_WIDEST, _NARROWEST, _CARD_HEIGHT, _ICON = 230, 150, 104, 20
_LEAST_HEIGHT, _LEAST_FOR_WORDS = 250, 190
"""Where there is less room, the sentence under the title goes first, then those of the cards."""
_LOW_CARD = 44


class StartCard(QPushButton):
    """A button of three lines: icon, title, and what it does."""

    def __init__(self, icon: str, title: str, text: str) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space still streams
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._height = _CARD_HEIGHT
        self.setMinimumWidth(_NARROWEST)
        self.setMaximumWidth(_WIDEST)
        self._icon_name = icon
        self._icon = QLabel()
        heading, words = QLabel(title), QLabel(text)
        heading.setProperty("role", "title")
        words.setProperty("role", "muted")
        words.setWordWrap(True)
        words.setAlignment(Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP + 4, GAP, GAP, GAP)
        column.setSpacing(GAP_SMALL)
        top = QHBoxLayout()
        top.setSpacing(GAP)
        top.addWidget(self._icon)
        top.addWidget(heading, 1)
        column.addLayout(top)
        column.addWidget(words, 1)
        self._words, self._heading = words, heading
        for label in (self._icon, heading, words):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        """The labels inside, which Qt's button knows nothing of, and the stylesheet neither."""
        return QSize(_WIDEST, self._height)

    def hasHeightForWidth(self) -> bool:
        """All are equally high, whatever their words need."""
        return False

    def minimumSizeHint(self) -> QSize:
        """As high, and at least as wide as a title."""
        return QSize(_NARROWEST, self._height)

    def showEvent(self, event: QShowEvent) -> None:
        """Wide enough for its title, in the font that the stylesheet gives."""
        super().showEvent(event)
        self.setMinimumWidth(max(_NARROWEST, self.title_width))

    @property
    def title_width(self) -> int:
        """What its title needs, without the icon."""
        layout = self.layout()
        assert layout is not None
        margins = layout.contentsMargins()
        self._heading.ensurePolished()
        return self._heading.minimumSizeHint().width() + margins.left() + margins.right()

    def show_icon(self, *, shown: bool) -> None:
        """With its icon, or without."""
        self._icon.setVisible(shown)

    def set_low(self, *, low: bool) -> None:
        """Its title alone, or with what it does."""
        self._words.setVisible(not low)
        self._height = _LOW_CARD if low else _CARD_HEIGHT
        self.updateGeometry()
        self.setToolTip(self.accessibleDescription() if low else "")

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._icon.setPixmap(tinted_pixmap(self._icon_name, palette.accent, _ICON))


class StartCards(QWidget):
    """A title with a sentence, and the cards below it."""

    webcam_wanted = Signal()
    model_wanted = Signal()
    server_wanted = Signal()
    pattern_wanted = Signal()

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.setObjectName("startCards")
        self.setAccessibleName(tr("Ways to start"))
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # so that Space streams, and presses no card
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._title, self._body = QLabel(), QLabel()
        self._title.setProperty("role", "title")
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._body.setProperty("role", "muted")
        self._body.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._body.setWordWrap(True)
        self.cards = {
            name: StartCard(icon, tr(title), tr(text))
            for name, (icon, title, text) in _CARDS.items()
        }
        for name, signal in (
            ("webcam", self.webcam_wanted),
            ("model", self.model_wanted),
            ("server", self.server_wanted),
        ):
            self._connect(self.cards[name], signal)
        self.pattern = QPushButton(tr("Use the test pattern"))
        self.pattern.setProperty("role", "link")
        self.pattern.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.pattern.hide()
        self._connect(self.pattern, self.pattern_wanted)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addStretch(1)
        for card in self.cards.values():
            row.addWidget(card, 10)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_LARGE, GAP, GAP_LARGE, GAP)
        column.setSpacing(GAP)
        column.addStretch(1)
        column.addWidget(self._title)
        column.addWidget(self._body)
        column.addWidget(self.pattern, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(GAP)
        column.addLayout(row)
        column.addStretch(1)
        self.set_palette_roles(palette)

    def minimumSizeHint(self) -> QSize:
        """No more than the picture needs."""
        return QSize(160, 120)

    def say(self, title: str, body: str, *, unusable: bool = False) -> None:
        """What Space does now; if that is something else, it is no card's any more.

        A source that is `unusable` can be exchanged for one that always works.
        """
        if (title, body) == (self._title.text(), self._body.text()):
            return
        self._title.setText(title)
        self._body.setText(body)
        if self.window().focusWidget() in (*self.cards.values(), self.pattern):
            self._take_keys()
        self.pattern.setVisible(unusable)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        for card in self.cards.values():
            card.set_palette_roles(palette)

    def _connect(self, button: QPushButton, signal: SignalInstance) -> None:
        """The keys first: a dialog gives them back to who had them when it was opened."""
        button.clicked.connect(self._take_keys)
        button.clicked.connect(signal)

    @Slot()
    def _take_keys(self) -> None:
        """Whoever pressed a card, or chose what to stream, is done with the cards."""
        self.setFocus()

    @property
    def _room(self) -> int:
        """The width that there is for a card."""
        return (self.width() - 2 * GAP_LARGE - 2 * GAP) // len(self.cards)

    def event(self, event: QEvent) -> bool:
        """Where the room is short sentences go, and the icons of all, not the cards."""
        if event.type() is QEvent.Type.Resize:
            self._body.setVisible(self.height() >= _LEAST_HEIGHT)
            widest = max(card.title_width for card in self.cards.values()) + _ICON + GAP
            for card in self.cards.values():  # each may change the size, so that this begins anew
                card.show_icon(shown=self._room >= widest)
                card.set_low(low=self.height() < _LEAST_FOR_WORDS)
        return super().event(event)
