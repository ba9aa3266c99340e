"""A row of joined buttons of which exactly one is down: a switch whose choices are all in view."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QWidget,
)


class Segmented(QWidget):
    """Choices as (value, label, tooltip); arrow keys move, `chosen` carries the value.

    Impossible choices are greyed and say why in their tooltip. The mouse does not give the buttons
    the focus, so that Space goes on starting and stopping after a click.
    """

    chosen = Signal(str)

    def __init__(
        self, name: str, choices: Sequence[tuple[str, str, str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        self._tips = {value: tip for value, _, tip in choices}
        for index, (value, label, tip) in enumerate(choices):
            button = QPushButton(label)
            button.setCheckable(True)
            button.setAutoDefault(False)  # Enter in a field of a dialog chooses nothing
            button.setProperty("segment", _place(index, len(choices)))
            button.setAccessibleName(f"{name}: {label}")
            button.setToolTip(tip)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._group.addButton(button)
            self._buttons[value] = button
            row.addWidget(button)
        self._group.buttonClicked.connect(self._clicked)

    @property
    def value(self) -> str:
        """The value that is down, '' before the first one was set."""
        return next((value for value, b in self._buttons.items() if b.isChecked()), "")

    def set_value(self, value: str) -> None:
        """Put a button down without telling anyone."""
        self._buttons[value].setChecked(True)

    def offer(self, values: Sequence[str]) -> None:
        """Show these choices and no others."""
        for value, button in self._buttons.items():
            button.setVisible(value in values)
            if value in values:
                button.setProperty("segment", _place(values.index(value), len(values)))
                button.style().unpolish(button)
                button.style().polish(button)

    def offers(self, value: str) -> bool:
        """Whether a choice is shown."""
        return not self._buttons[value].isHidden()

    def set_blocked(self, value: str, reason: str) -> None:
        """Grey a choice and say why; an empty reason offers it again."""
        button = self._buttons[value]
        button.setEnabled(not reason)
        button.setToolTip(reason or self._tips[value])
        button.setAccessibleDescription(reason)

    def blocked(self, value: str) -> str:
        """Why a choice is greyed, or ''."""
        button = self._buttons[value]
        return "" if button.isEnabled() else button.toolTip()

    @property
    def values(self) -> tuple[str, ...]:
        """Every choice, in order."""
        return tuple(self._buttons)

    def choose(self, value: str) -> None:
        """As if the user had pressed it."""
        self._buttons[value].click()

    def button(self, value: str) -> QPushButton:
        """The button of a choice."""
        return self._buttons[value]

    @Slot(QAbstractButton)
    def _clicked(self, _button: QAbstractButton) -> None:
        self.chosen.emit(self.value)


def _place(index: int, count: int) -> str:
    if count == 1:
        return "only"
    if index == 0:
        return "first"
    return "last" if index == count - 1 else "middle"
