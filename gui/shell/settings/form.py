"""The settings page: every change holds at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from backend.core.status import Severity
from gui.state.preferences import DROP_PERCENT, PLOT_WINDOW_S, ROWS, Preferences
from gui.widgets.dialog_buttons import close_only
from gui.widgets.language import language_name, tr
from gui.widgets.language_choice import SYSTEM, language_codes
from gui.widgets.spin_boxes import DoubleSpinBox, SpinBox
from gui.widgets.theme import CONTROL_HEIGHT, GAP, GAP_LARGE, ThemeChoice

_FIELD_WIDTH = 180


class SettingsForm(QDialog):
    """Theme, language and preferences; the `use` functions are called with every change."""

    def __init__(
        self,
        window: QWidget,
        preferences: Preferences,
        theme: ThemeChoice,
        language: str,
        why_no_switches: str,
        use: Callable[[Preferences], None],
        use_theme: Callable[[ThemeChoice], None],
        use_language: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self._use = use
        self._use_theme = use_theme
        self._use_language = use_language
        self._showing = False
        self.setWindowTitle(tr("Settings"))
        heading = QLabel(tr("Settings"))
        heading.setProperty("role", "title")
        self.theme = _choice(
            tr("Theme"),
            [
                (ThemeChoice.SYSTEM, tr("As the system")),
                (ThemeChoice.LIGHT, tr("Light")),
                (ThemeChoice.DARK, tr("Dark")),
            ],
        )
        self.language = _language_box()
        self.plot_window = _number(tr("Timeline shows"), PLOT_WINDOW_S, tr(" s"))
        self.rows = _number(tr("Top classes"), ROWS, "")
        self.toasts = _choice(
            tr("Notices that pop up"),
            [
                (Severity.INFO, tr("All")),
                (Severity.WARNING, tr("Warnings and errors")),
                (Severity.ERROR, tr("Errors only")),
            ],
        )
        self.drop_warning = _percent(tr("Warn of drops above"))
        self.drop_alarm = _percent(tr("Alarm of drops above"))
        self.drop_alarm.setToolTip(tr("Items not answered in the last ten seconds"))
        self.drop_warning.setToolTip(self.drop_alarm.toolTip())
        self.smooth_boxes = _check(
            tr("Smooth boxes"), tr("On the screen only: answers stay as they are")
        )
        self.open_switches = QCheckBox(tr("Wire switches in the bar"))
        self.open_switches.setEnabled(not why_no_switches)
        self._why_no_switches = why_no_switches
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        column.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        column.setSpacing(GAP_LARGE)
        column.addWidget(heading)
        column.addLayout(self._fields())
        column.addWidget(self._buttons())
        self._show(preferences, theme, language)
        self._listen()

    def _fields(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(GAP_LARGE)
        form.setVerticalSpacing(GAP)
        for choice in (self.theme, self.language):
            form.addRow(choice.accessibleName(), choice)
        form.addRow("", _caption(tr("Another language holds from the next start.")))
        for field in (
            self.plot_window,
            self.rows,
            self.toasts,
            self.drop_warning,
            self.drop_alarm,
        ):
            form.addRow(field.accessibleName(), field)
        form.addRow("", self.smooth_boxes)
        form.addRow("", self.open_switches)
        if self._why_no_switches:
            form.addRow("", _caption(self._why_no_switches))
        return form

    def _buttons(self) -> QDialogButtonBox:
        box = close_only(self)
        defaults = box.add(tr("Restore defaults"), QDialogButtonBox.ButtonRole.ResetRole)
        defaults.clicked.connect(self._restore)
        return box

    def _listen(self) -> None:
        self.theme.currentIndexChanged.connect(self._theme_chosen)
        self.language.currentIndexChanged.connect(self._language_chosen)
        self.toasts.currentIndexChanged.connect(self._changed)
        for field in (self.plot_window, self.rows):
            field.valueChanged.connect(self._changed)
        for share in (self.drop_warning, self.drop_alarm):
            share.valueChanged.connect(self._changed)
        self.smooth_boxes.toggled.connect(self._changed)
        self.open_switches.toggled.connect(self._changed)

    def _show(self, preferences: Preferences, theme: ThemeChoice, language: str) -> None:
        self._showing = True
        self.theme.setCurrentIndex(self.theme.findData(theme))
        self.language.setCurrentIndex(max(0, self.language.findData(language)))
        self.plot_window.setValue(preferences.plot_window_s)
        self.rows.setValue(preferences.rows)
        self.toasts.setCurrentIndex(self.toasts.findData(preferences.toasts))
        self.drop_warning.setValue(preferences.drop_warning)
        self.drop_alarm.setValue(preferences.drop_alarm)
        self.smooth_boxes.setChecked(preferences.smooth_boxes)
        self.open_switches.setChecked(preferences.open_switches)
        self._showing = False

    @Slot()
    def _restore(self) -> None:
        self._show(Preferences(), ThemeChoice.SYSTEM, SYSTEM)
        self._use(Preferences())
        self._use_theme(ThemeChoice.SYSTEM)
        self._use_language(SYSTEM)

    @Slot()
    def _theme_chosen(self) -> None:
        if not self._showing:
            self._use_theme(ThemeChoice(self.theme.currentData()))

    @Slot()
    def _language_chosen(self) -> None:
        if not self._showing:
            self._use_language(self.language.currentData())

    @Slot()
    def _changed(self) -> None:
        if self._showing:
            return
        self._use(
            replace(
                Preferences(),
                plot_window_s=self.plot_window.value(),
                rows=self.rows.value(),
                toasts=Severity(self.toasts.currentData()),
                drop_warning=self.drop_warning.value(),
                drop_alarm=self.drop_alarm.value(),
                smooth_boxes=self.smooth_boxes.isChecked(),
                open_switches=self.open_switches.isChecked(),
            )
        )


def _choice(name: str, choices: list[tuple[str, str]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setFixedWidth(_FIELD_WIDTH)
    for value, text in choices:
        box.addItem(text, value)
    return box


def _language_box() -> QComboBox:
    languages = [(code, language_name(code)) for code in language_codes()]
    return _choice(tr("Language"), [(SYSTEM, tr("As the system")), *languages])


def _caption(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "caption")
    return label


def _check(title: str, tip: str) -> QCheckBox:
    box = QCheckBox(title)
    box.setToolTip(tip)
    return box


def _number(name: str, limits: tuple[int, int], unit: str) -> QSpinBox:
    box = SpinBox()
    box.setAccessibleName(name)
    box.setRange(*limits)
    box.setSuffix(unit)
    box.setFixedSize(_FIELD_WIDTH, CONTROL_HEIGHT)
    box.setToolTip(tr("{low} to {high}", low=limits[0], high=limits[1]))
    return box


def _percent(name: str) -> QDoubleSpinBox:
    box = DoubleSpinBox()
    box.setAccessibleName(name)
    box.setRange(*DROP_PERCENT)
    box.setDecimals(1)
    box.setSuffix(" %")
    box.setFixedSize(_FIELD_WIDTH, CONTROL_HEIGHT)
    return box
