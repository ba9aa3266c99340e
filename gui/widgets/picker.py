"""A button that shows what is chosen and opens a menu of what could be."""

from __future__ import annotations

import re

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QAction, QColor, QFontMetrics, QPainter, QPaintEvent, QPixmap
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

from gui.widgets.filter_menu import FilterMenu
from gui.widgets.icons import tinted_pixmap
from gui.widgets.menu_button import give_menu
from gui.widgets.theme import CONTROL_HEIGHT, GAP, GAP_SMALL, Palette

_ICON = 16
_NARROWEST = 140
_WIDEST_CHOICE = 400
_REGION = re.compile(r"\d+ × \d+(?= \+ )")
_PORTS = re.compile(r"[:-]\d{1,5}(?:[,-]\d{1,5})?$|:,\d{1,5}$")


class Picker(QPushButton):
    """Icon, text with ellipsis and a chevron; the menu is filled by its owner before it opens.

    Of a region of the screen its place is left out, never the middle of a number. With
    `keeps_ports` the ports at the end of an address, or of a name made from one, are left out last.
    """

    def __init__(
        self,
        name: str,
        width: int,
        palette: Palette,
        *,
        keeps_ports: bool = False,
        narrowest: int = _NARROWEST,
    ) -> None:
        super().__init__()
        self._narrowest = narrowest
        self._keeps_ports = keeps_ports
        self._name = name
        self._width = width
        self._roles = palette
        self._icon_name = ""
        self._text = ""
        self._faulty = False
        self._dot = ""
        self._badge = self._badge_role = ""
        self._picker_menu = FilterMenu(self)
        self._picker_menu.setToolTipsVisible(True)
        give_menu(self, self._picker_menu)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.show_choice("", "")

    @property
    def roles(self) -> Palette:
        """The colours in use."""
        return self._roles

    @property
    def choices(self) -> QMenu:
        """The menu."""
        return self._picker_menu

    def show_choice(self, text: str, icon: str, tip: str = "", *, faulty: bool = False) -> None:
        """Say what is chosen; `faulty` puts a warning sign in the place of the icon."""
        self._text, self._icon_name, self._faulty = text, icon, faulty
        self.setAccessibleName(f"{self._name}: {text}")
        self.setAccessibleDescription(tip)
        self.setToolTip(tip or text)
        self.update()

    def show_marks(self, dot: str, badge: str, badge_role: str = "text_muted") -> None:
        """A dot of a colour ('#rrggbb', '' for none) in the place of the icon, and a second icon
        before the chevron."""
        self._dot, self._badge, self._badge_role = dot, badge, badge_role
        self.update()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.update()

    def sizeHint(self) -> QSize:
        """A fixed size, so that a longer name moves nothing."""
        return QSize(self._width, CONTROL_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """What a narrow window leaves."""
        return QSize(min(self._width, self._narrowest), CONTROL_HEIGHT)

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
        if self._badge:
            badge = tinted_pixmap(self._badge, self._roles.color(self._badge_role))
            painter.drawPixmap(QRect(area.right() - 13, _middle(area), _ICON, _ICON), badge)
            area.setRight(area.right() - _ICON - GAP_SMALL)
        icon = "warning" if self._faulty else self._icon_name
        if self._dot and not self._faulty:
            painter.drawPixmap(
                QRect(area.left(), _middle(area), _ICON, _ICON), dot_pixmap(self._dot, _ICON)
            )
            area.setLeft(area.left() + _ICON + 6)
        elif icon:
            color = self._roles.warning if self._faulty else muted
            painter.drawPixmap(
                QRect(area.left(), _middle(area), _ICON, _ICON), tinted_pixmap(icon, color)
            )
            area.setLeft(area.left() + _ICON + 6)
        painter.setPen(self._roles.color("text" if self.isEnabled() else "text_muted"))
        text = self._elided(painter.fontMetrics(), area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _elided(self, metrics: QFontMetrics, width: int) -> str:
        ports = _PORTS.search(self._text) if self._keeps_ports else None
        tail = ports.group() if ports is not None else ""
        room = width - metrics.horizontalAdvance(tail)
        if tail and room > metrics.horizontalAdvance("0…"):
            head = self._text.removesuffix(tail)
            return metrics.elidedText(head, Qt.TextElideMode.ElideRight, room) + tail
        shown = metrics.elidedText(self._text, Qt.TextElideMode.ElideMiddle, width)
        region = _REGION.match(self._text)
        if region is not None and shown != self._text:
            return metrics.elidedText(f"{region.group()} …", Qt.TextElideMode.ElideRight, width)
        return shown


def dot_pixmap(color: str, pixels: int = 16) -> QPixmap:
    """A round mark of a colour, sharp up to three device pixels per pixel."""
    pixmap = QPixmap(QSize(pixels, pixels) * 3)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    radius = 0.3 * 3 * pixels
    painter.drawEllipse(QPointF(1.5 * pixels, 1.5 * pixels), radius, radius)
    painter.end()
    pixmap.setDevicePixelRatio(3)
    return pixmap


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
    shown = menu.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, _WIDEST_CHOICE)
    action = menu.addAction(shown.replace("&", "&&"))
    action.setData(text)  # by which it is found
    action.setCheckable(True)
    action.setChecked(chosen)
    action.setEnabled(not blocked)
    action.setToolTip(blocked or tip or text)
    return action
