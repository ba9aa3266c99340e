"""Which size, rate and format a camera is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from backend.sources.cameras import AUTO_MODE, FORMATS, CameraMode
from gui.devices import OfferedMode
from gui.widgets.dialog_buttons import use_and_cancel
from gui.widgets.language import tr
from gui.widgets.theme import GAP, GAP_LARGE

_WIDTH, _FIELD_WIDTH = 380, 220
_USUAL_SIZES = ((1920, 1080), (1280, 720), (640, 480))
_USUAL_RATES = (60, 30, 15)

_T = TypeVar("_T")


class CameraModeForm(QDialog):
    """Three choices, each with *Auto*; those that the camera does not offer together are left out.

    Where the camera does not tell what it offers, the usual ones can be chosen, and it gives what
    comes near.
    """

    def __init__(
        self,
        window: QWidget,
        camera: str,
        offered: Sequence[OfferedMode],
        mode: CameraMode,
        use: Callable[[CameraMode], None],
    ) -> None:
        super().__init__(window)
        self._offered, self._use = tuple(offered), use
        self.setWindowTitle(tr("Camera mode"))
        heading = QLabel(tr("Camera mode"))
        heading.setProperty("role", "title")
        known = tr("What {camera} offers.", camera=camera)
        unknown = tr(
            "{camera} does not tell what it offers: it gives what comes nearest.", camera=camera
        )
        words = QLabel(known if offered else unknown)
        words.setProperty("role", "muted")
        words.setWordWrap(True)
        words.setFixedWidth(_WIDTH)
        self.size_choice = _choice(tr("Resolution"))
        self.rate_choice = _choice(tr("Frames per second"))
        self.format_choice = _choice(tr("Format"))
        fields = QFormLayout()
        fields.setHorizontalSpacing(GAP_LARGE)
        fields.setVerticalSpacing(GAP)
        for choice in (self.size_choice, self.rate_choice, self.format_choice):
            fields.addRow(choice.accessibleName(), choice)
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        column.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        column.setSpacing(GAP)
        column.addWidget(heading)
        column.addWidget(words)
        column.addLayout(fields)
        column.addSpacing(GAP)
        column.addWidget(use_and_cancel(self))
        self._fill_sizes(mode)
        self._fill_rates(None if mode.fps == AUTO_MODE.fps else mode.fps)
        self._fill_formats(mode.format)
        self.size_choice.currentIndexChanged.connect(self._size_chosen)
        self.rate_choice.currentIndexChanged.connect(self._rate_chosen)

    @property
    def mode(self) -> CameraMode:
        """What is chosen."""
        width, height = self.size_choice.currentData() or (AUTO_MODE.width, AUTO_MODE.height)
        rate = self.rate_choice.currentData() or AUTO_MODE.fps
        return CameraMode(width, height, rate, self.format_choice.currentData() or "")

    def accept(self) -> None:
        """Use it."""
        super().accept()
        self._use(self.mode)

    def _fill_sizes(self, mode: CameraMode) -> None:
        size = (mode.width, mode.height)
        chosen = None if size == (AUTO_MODE.width, AUTO_MODE.height) else size
        sizes = [(one.width, one.height) for one in self._offered] or list(_USUAL_SIZES)
        _fill(self.size_choice, sizes, chosen, lambda it: f"{it[0]} × {it[1]}")

    def _fill_rates(self, chosen: int | None) -> None:
        size = self.size_choice.currentData()
        fitting = [one.fps for one in self._offered if size in (None, (one.width, one.height))]
        rates = sorted(fitting, reverse=True) if self._offered else list(_USUAL_RATES)
        _fill(self.rate_choice, rates, chosen, str)

    def _fill_formats(self, chosen: str) -> None:
        size, rate = self.size_choice.currentData(), self.rate_choice.currentData()
        fitting = [
            one.format
            for one in self._offered
            if one.format and size in (None, (one.width, one.height)) and (rate or 0) <= one.fps
        ]
        formats = sorted(fitting) if self._offered else list(FORMATS)
        _fill(self.format_choice, formats, chosen or None, str.upper)

    @Slot()
    def _size_chosen(self) -> None:
        self._fill_rates(self.rate_choice.currentData())
        self._fill_formats(self.format_choice.currentData() or "")

    @Slot()
    def _rate_chosen(self) -> None:
        self._fill_formats(self.format_choice.currentData() or "")


def _choice(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setFixedWidth(_FIELD_WIDTH)
    return box


def _fill(
    box: QComboBox, values: Iterable[_T], chosen: _T | None, text: Callable[[_T], str]
) -> None:
    """Auto and each value once; what is chosen and not offered any more becomes Auto."""
    before = box.blockSignals(True)  # noqa: FBT003 - Qt's own
    box.clear()
    box.addItem(tr("Auto"), None)
    for value in dict.fromkeys(values):
        box.addItem(text(value), value)
        if value == chosen:
            box.setCurrentIndex(box.count() - 1)
    box.blockSignals(before)
