"""A button that shows what is chosen and opens a menu of what could be."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QAction, QFontMetrics, QPaintEvent
from PySide6.QtWidgets import (
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidgetAction,
)

from gui.icons import tinted_pixmap
from gui.theme import CONTROL_HEIGHT, GAP, GAP_SMALL, Palette

_ICON = 16


class Picker(QPushButton):
    """Icon, text with ellipsis and a chevron; the menu is filled by its owner before it opens.

    What comes after the first `keep_from` in a text, such as the ports of an address, is left out
    last.
    """

    def __init__(self, name: str, width: int, palette: Palette, keep_from: str = "") -> None:
        super().__init__()
        self._keep_from = keep_from
        self._name = name
        self._width = width
        self._roles = palette
        self._icon_name = ""
        self._text = ""
        self._trouble = False
        self._picker_menu = QMenu(self)
        self._picker_menu.setToolTipsVisible(True)
        self.setMenu(self._picker_menu)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_choice("", "")

    @property
    def choices(self) -> QMenu:
        """The menu."""
        return self._picker_menu

    def show_choice(self, text: str, icon: str, tip: str = "", *, trouble: bool = False) -> None:
        """Say what is chosen; `trouble` puts a warning sign in the place of the icon."""
        self._text, self._icon_name, self._trouble = text, icon, trouble
        self.setAccessibleName(f"{self._name}: {text}")
        self.setAccessibleDescription(tip)
        self.setToolTip(tip or text)
        self.update()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.update()

    def sizeHint(self) -> QSize:
        """A fixed size, so that a longer name moves nothing."""
        return QSize(self._width, CONTROL_HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the frame as any button's, then our own contents."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.features &= ~QStyleOptionButton.ButtonFeature.HasMenu
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButtonBevel, option)
        area = self.rect().adjusted(GAP, 0, -GAP, 0)
        muted = self._roles.text_muted
        chevron = tinted_pixmap("chevron", muted)
        painter.drawPixmap(QRect(area.right() - 15, _middle(area), _ICON, _ICON), chevron)
        area.setRight(area.right() - _ICON - GAP_SMALL)
        icon = "warning" if self._trouble else self._icon_name
        if icon:
            color = self._roles.warning if self._trouble else muted
            painter.drawPixmap(
                QRect(area.left(), _middle(area), _ICON, _ICON), tinted_pixmap(icon, color)
            )
            area.setLeft(area.left() + _ICON + 6)
        painter.setPen(self._roles.color("text" if self.isEnabled() else "text_muted"))
        text = self._elided(painter.fontMetrics(), area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _elided(self, metrics: QFontMetrics, width: int) -> str:
        head, mark, tail = self._text.partition(self._keep_from) if self._keep_from else ("",) * 3
        room = width - metrics.horizontalAdvance(mark + tail)
        if mark and room > metrics.horizontalAdvance("0…"):
            return metrics.elidedText(head, Qt.TextElideMode.ElideRight, room) + mark + tail
        return metrics.elidedText(self._text, Qt.TextElideMode.ElideMiddle, width)


def _middle(area: QRect) -> int:
    return area.center().y() - _ICON // 2 + 1


def add_heading(menu: QMenu, text: str) -> None:
    """Put a small heading into a menu; the stylesheet would swallow a section's text."""
    label = QLabel(text)
    label.setProperty("role", "caption")
    label.setContentsMargins(GAP, GAP_SMALL + 2, GAP, 2)
    action = QWidgetAction(menu)
    action.setDefaultWidget(label)
    action.setEnabled(False)
    menu.addAction(action)


def add_choice(
    menu: QMenu, text: str, *, chosen: bool, blocked: str = "", tip: str = ""
) -> QAction:
    """Put a choice into a menu, greyed with the reason if it is blocked."""
    action = menu.addAction(text.replace("&", "&&"))
    action.setCheckable(True)
    action.setChecked(chosen)
    action.setEnabled(not blocked)
    action.setToolTip(blocked or tip or text)
    return action
