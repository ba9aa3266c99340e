"""Buttons that open a menu."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QPushButton, QToolButton


def give_menu(button: QPushButton | QToolButton, menu: QMenu) -> None:
    """Let the button open this menu, and look as it did before when that is gone.

    An open menu takes the pointer away without Qt's telling the button, which would be drawn as
    under it until the pointer comes and goes again.
    """
    button.setMenu(menu)
    menu.aboutToHide.connect(partial(_forget_pointer, button))


def _forget_pointer(button: QPushButton | QToolButton) -> None:
    button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, on=False)
    button.update()
