"""The Qt stylesheet, in the roles of a palette."""

from __future__ import annotations

from string import Template

from gui.widgets.icons import ASSETS
from gui.widgets.theme import CAPTION_PX, CONTROL_HEIGHT, RADIUS, TITLE_PX

_TEMPLATE = Template("""
QMainWindow, QDialog, #page { background: $background; }
QToolTip { background: $surface_raised; color: $text; border: 1px solid $border; padding: 4px 6px; }
QLabel { background: transparent; }
QLabel[role="caption"] { color: $text_muted; font-size: ${caption}px; }
QLabel[role="panel"] { font-weight: 600; }
QLabel[role="title"] { font-size: ${title}px; font-weight: 600; }
QLabel[role="muted"] { color: $text_muted; }
QLabel[role="error"] { color: $error; }
QLabel[role="warning"] { color: $warning; }

QMenuBar { background: $surface; border-bottom: 1px solid $border; padding: 1px 4px; }
QMenuBar::item { background: transparent; padding: 4px 8px; border-radius: ${radius}px; }
QMenuBar::item:selected { background: $surface_raised; }
QMenu { background: $surface_raised; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 8px; border-radius: ${radius}px; }
QMenu::item:selected { background: $accent; color: $on_accent; }
QMenu::item:disabled { color: $text_muted; background: transparent; }
QMenu::separator { height: 1px; background: $border; margin: 4px 4px; }
QMenu::icon { padding-left: 6px; }
QMenu::indicator { width: 8px; height: 8px; margin-left: 8px; border-radius: 4px; }
QMenu::indicator:checked { image: none; background: $accent; }

#bar, #strip { background: $surface; }
#bar { border-bottom: 1px solid $border; }
#strip { border-top: 1px solid $border; }

QPushButton, QToolButton { background: $surface_raised; border: 1px solid $border;
  border-radius: ${radius}px; padding: 0 10px; min-height: ${inner}px; outline: none; }
QPushButton:hover, QToolButton:hover { border-color: $text_muted; }
QPushButton:pressed, QToolButton:pressed { background: $border; }
QPushButton:focus, QToolButton:focus { border-color: $accent; }
QPushButton:disabled, QToolButton:disabled { color: $text_muted; background: $surface;
  border-color: $border; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border-color: $accent;
  font-weight: 600; }
QPushButton[role="primary"]:hover { border-color: $text; }
QPushButton[role="primary"]:focus { border-color: $text; }
QPushButton[role="primary"]:disabled { background: $surface; color: $text_muted;
  border-color: $border; }
QPushButton[role="flat"], QToolButton[role="flat"] { background: transparent;
  border-color: transparent; padding: 0 6px; }
QPushButton[role="flat"]:hover, QToolButton[role="flat"]:hover { background: $surface_raised; }
QToolButton[role="flat"]:checked { background: $surface_raised; border-color: $border; }
QPushButton[role="flat"]:focus, QToolButton[role="flat"]:focus { border-color: $accent; }
QToolButton::menu-indicator { image: none; }
QLineEdit QToolButton { background: transparent; border: none; min-height: 0; padding: 0; }
QPushButton[role="link"] { background: transparent; border: 1px solid transparent; color: $accent;
  padding: 0 4px; text-align: left; }
QPushButton[role="link"]:hover { text-decoration: underline; }
QPushButton[role="link"]:focus { border-color: $accent; }
#startCards { background: $background; }
QPushButton[role="card"] { background: $surface; }
QPushButton[role="card"]:hover { border-color: $accent; }
QPushButton[role="card"]:pressed { background: $surface_raised; }
QPushButton[role="slot"] { background: transparent; border: 1px solid transparent; padding: 0 6px;
  text-align: left; color: $text; }
QPushButton[role="slot"]:hover { background: $surface_raised; }
QPushButton[role="slot"]:focus { border-color: $accent; }
QPushButton[role="slot"][level="warning"] { color: $warning; }
QPushButton[role="slot"][level="error"] { color: $error; }
QPushButton[role="slot"][level="muted"] { color: $text_muted; }

QPushButton[segment] { border-radius: 0; border-left-width: 0; padding: 0 9px;
  background: $surface; color: $text_muted; }
QPushButton[segment]:hover { color: $text; }
QPushButton[segment]:checked { background: $surface_raised; color: $accent; }
QPushButton[segment]:focus { border: 1px solid $accent; padding: 0 8px 0 9px; }
QPushButton[segment]:disabled { color: $disabled; background: $surface; }
QPushButton[segment]:checked:disabled { color: $text_muted; background: $surface_raised; }
QPushButton[segment="first"], QPushButton[segment="only"] { border-left-width: 1px;
  border-top-left-radius: ${radius}px; border-bottom-left-radius: ${radius}px; }
QPushButton[segment="last"], QPushButton[segment="only"] {
  border-top-right-radius: ${radius}px; border-bottom-right-radius: ${radius}px; }

QLineEdit, QSpinBox, QDoubleSpinBox, QPlainTextEdit, QTextEdit { background: $field;
  border: 1px solid $border;
  border-radius: ${radius}px; selection-background-color: $accent;
  selection-color: $on_accent; }
QLineEdit, QSpinBox, QDoubleSpinBox { min-height: ${inner}px; padding: 0 6px; }
QAbstractSpinBox { padding: 0; }
QDialogButtonBox { button-layout: 3; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $text_muted;
  border-radius: 3px; background: $field; }
QCheckBox::indicator:checked { border-color: $accent; background: $accent; image: url($check); }
QCheckBox::indicator:focus { border-color: $accent; }
QCheckBox::indicator:disabled { border-color: $border; }
QComboBox { background: $field; border: 1px solid $border; border-radius: ${radius}px;
  min-height: ${inner}px; padding: 0 6px; combobox-popup: 0; }
QComboBox:focus, QDoubleSpinBox:focus { border-color: $accent; }
QComboBox:disabled { color: $text_muted; background: $field_disabled; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url($chevron); width: 12px; height: 12px; }
QComboBox QLineEdit { border: none; padding: 0; min-height: 0; background: transparent; }
QComboBox QAbstractItemView { background: $surface_raised; border: 1px solid $border; }
QLineEdit:focus, QSpinBox:focus, QPlainTextEdit:focus { border-color: $accent; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { subcontrol-origin: border; width: 18px;
  border: none; background: transparent; }
QAbstractSpinBox::up-button { subcontrol-position: top right; margin: 2px 1px 0 0; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin: 0 1px 2px 0; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $border; }
QAbstractSpinBox::up-arrow { image: url($chevron_up); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url($chevron); width: 10px; height: 10px; }
QSpinBox QLineEdit, QDoubleSpinBox QLineEdit { border: none; padding: 0 0 0 6px; min-height: 0;
  background: transparent; }
QSpinBox:disabled, QLineEdit:disabled { color: $text_muted; background: $field_disabled; }
QPlainTextEdit[role="panel"] { border: none; border-radius: 0; background: $surface; }

QAbstractItemView { background: $surface; alternate-background-color: $surface_raised; border: none;
  outline: none; selection-background-color: $accent; selection-color: $on_accent; }
QListView::item { padding: 5px 8px; border-radius: ${radius}px; }
QListView::item:disabled, QTreeView::item:disabled { color: $text_muted; }
QListView::item:selected, QTreeView::item:selected { background: $accent; color: $on_accent; }
#savedRequests::item:selected { background: $surface_raised; color: $text; }
QTreeView::item { min-height: 22px; padding: 0 8px; border: none; }
QTableView { gridline-color: transparent; }
QTableView::item { padding: 0 5px; border: none; }
QHeaderView { background: $surface; }
QHeaderView::section { background: $surface; color: $text_muted; border: none;
  border-bottom: 1px solid $border; padding: 4px 8px; font-size: ${caption}px; }

QSlider { background: transparent; min-height: 18px; }
QSlider::groove:horizontal { height: 4px; background: $border; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 12px; margin: -4px 0; background: $text; border-radius: 6px; }
QSlider::handle:horizontal:hover { background: $accent; }
QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 10px; } QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $border; border-radius: 3px; margin: 2px; min-height: 24px;
  min-width: 24px; }
QScrollBar::handle:hover { background: $text_muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QScrollArea { background: transparent; border: none; }
QAbstractScrollArea::corner { background: transparent; border: none; }

QMainWindow::separator { background: $border; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
QDockWidget > QWidget { background: $surface; }
QDockWidget::title { background: $surface_raised; padding: 5px 8px; }
QTabBar { background: $surface; qproperty-drawBase: 0; outline: none; }
QTabBar::tab { background: $surface; color: $text_muted; padding: 5px 12px; border: none;
  border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
#pageTabs { border-bottom: 1px solid $border; }
#pageTabs::tab { padding: 6px 16px 6px 12px; }
QTabBar::tab:selected:focus { color: $accent; border: 1px solid $accent;
  border-bottom: 2px solid $accent; padding: 4px 11px 5px 11px; }
#pageTabs::tab:selected:focus { padding: 5px 15px 6px 11px; }
QTabBar::scroller { width: 40px; }
QTabBar QToolButton { background: $surface; border: none; border-radius: 0; padding: 0; }
QTabBar QToolButton:hover { background: $surface_raised; }
QTabBar QToolButton::left-arrow { image: url($chevron_left); width: 14px; height: 14px; }
QTabBar QToolButton::right-arrow { image: url($chevron_right); width: 14px; height: 14px; }
#moreTabs { background: $surface; color: $text_muted; border: none; border-radius: 0; min-height: 0;
  border-bottom: 2px solid transparent; padding: 5px 22px 5px 12px; }
#moreTabs:hover, #moreTabs:focus { color: $text; background: $surface_raised; }
#moreTabs::menu-indicator { image: url($chevron); width: 10px; height: 10px;
  subcontrol-origin: padding; subcontrol-position: center right; right: 6px; }
#dockTitle { background: $surface; }
#panel { background: $surface; }
#galleryCard { background: $surface; border: 1px solid $border; border-radius: ${radius}px; }
#galleryCard:hover { border-color: $text_muted; }
#galleryCard[chosen="true"] { border-color: $accent; }
#probeCard, #thePreview { background: $surface; border: 1px solid $border;
  border-radius: ${radius}px; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }
QProgressBar { background: $border; border: none; border-radius: 1px; }
QProgressBar::chunk { background: $accent; border-radius: 1px; }
#toast, #commandPalette, #popover { background: $surface_raised; border: 1px solid $border;
  border-radius: 6px; }
#toast[severity="warning"] { border-left: 3px solid $warning; }
#toast[severity="error"] { border-left: 3px solid $error; }
#toast[severity="info"] { border-left: 3px solid $accent; }
#more { padding: 0 8px; min-height: 20px; }
#alert { background: $surface_raised; border: 1px solid $border; border-radius: ${radius}px; }
""")


def stylesheet() -> str:
    """The stylesheet of the whole application; its colours are roles of `Palette.to_qt`.

    So it is the same in every theme. What is drawn on its icons' grounds stands out in each.
    """
    icons = {
        name.replace("-", "_"): (ASSETS / "icons" / f"{name}-any.svg").as_posix()
        for name in ("check", "chevron", "chevron-up", "chevron-left", "chevron-right")
    }
    return _TEMPLATE.substitute(
        background="palette(window)",
        surface="palette(base)",
        surface_raised="palette(alternate-base)",
        border="palette(mid)",
        text="palette(text)",
        text_muted="palette(placeholder-text)",
        disabled="palette(midlight)",
        field="palette(light)",
        field_disabled="palette(shadow)",
        accent="palette(highlight)",
        on_accent="palette(highlighted-text)",
        warning="palette(link-visited)",
        error="palette(bright-text)",
        caption=CAPTION_PX,
        title=TITLE_PX,
        inner=CONTROL_HEIGHT - 2,
        radius=RADIUS,
        **icons,
    )
