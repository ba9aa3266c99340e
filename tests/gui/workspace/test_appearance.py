"""Switching the theme: what is visible at once, what is hidden before anybody looks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from gui.widgets.stylesheet import stylesheet
from gui.widgets.theme import DARK, LIGHT, Palette, ThemeChoice
from gui.workspace.appearance import Appearance

HIDDEN = 100
"""Widgets on the page behind."""


@pytest.fixture
def appearance(qapp: QApplication) -> Iterator[Appearance]:
    palette, font = qapp.palette(), qapp.font()
    made = Appearance(qapp, ThemeChoice.DARK)
    yield made
    made._slices.stop()
    made.deleteLater()
    qapp.setStyleSheet("")
    qapp.setPalette(palette)
    qapp.setFont(font)


@pytest.mark.parametrize("theme", [ThemeChoice.DARK, ThemeChoice.LIGHT])
def test_the_choice_that_is_pointed_at_is_marked_and_read(
    appearance: Appearance, qtbot: QtBot, theme: ThemeChoice
) -> None:
    appearance.choose(theme)
    roles = DARK if theme is ThemeChoice.DARK else LIGHT
    box = QComboBox()
    qtbot.addWidget(box)
    box.addItems(["████", "████"])
    box.show()
    box.showPopup()
    view = box.view()
    view.setCurrentIndex(view.model().index(1, 0))
    row = view.visualRect(view.model().index(1, 0))
    picture = view.viewport().grab(row).toImage()
    seen = {picture.pixelColor(x, picture.height() // 2).name() for x in range(picture.width())}
    assert {roles.accent, roles.on_accent} <= seen
    box.hidePopup()


class Pages(QStackedWidget):
    """A page in front and one behind, each with a muted label and a button."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[QWidget] = []
        self.labels: list[QLabel] = []
        self.buttons: list[QPushButton] = []
        for more in (0, HIDDEN):
            page = QWidget()
            page.setObjectName("page")
            column = QVBoxLayout(page)
            label, button = QLabel("████"), QPushButton("Go")
            label.setProperty("role", "muted")
            button.setProperty("role", "primary")
            for widget in (label, button, *(QLabel(str(number)) for number in range(more))):
                column.addWidget(widget)
            self.pages.append(page)
            self.labels.append(label)
            self.buttons.append(button)
            self.addWidget(page)


@pytest.fixture
def pages(appearance: Appearance, qtbot: QtBot) -> Iterator[Pages]:
    window = QWidget()
    qtbot.addWidget(window)
    made = Pages()
    made.setParent(window)
    window.show()
    made.show()
    made.setCurrentIndex(1)
    made.setCurrentIndex(0)
    yield made
    window.close()


def has_colours(pages: Pages, number: int, palette: Palette) -> bool:
    """Whether a page's label and button show the palette's colours and no other's."""
    ground = pages.pages[number].grab().toImage().pixelColor(1, 1).name()
    text = pages.labels[number].grab().toImage()
    inks = {text.pixelColor(x, y).name() for x in range(text.width()) for y in range(text.height())}
    button = pages.buttons[number].grab().toImage()
    face = button.pixelColor(button.width() // 8, button.height() // 2).name()
    return ground == palette.background and palette.text_muted in inks and face == palette.accent


def test_what_is_visible_has_the_new_colours_at_once(
    appearance: Appearance, pages: Pages, qtbot: QtBot, qapp: QApplication
) -> None:
    assert has_colours(pages, 0, DARK)
    sheet = qapp.styleSheet()
    for choice, palette in ((ThemeChoice.LIGHT, LIGHT), (ThemeChoice.DARK, DARK)):
        with qtbot.waitSignal(appearance.changed):
            appearance.choose(choice)
        assert has_colours(pages, 0, palette)
        assert QApplication.instance().styleSheet() == sheet  # type: ignore[union-attr]


def test_what_is_hidden_follows_while_nothing_else_happens(
    appearance: Appearance, pages: Pages, qtbot: QtBot
) -> None:
    appearance.choose(ThemeChoice.LIGHT)
    assert pages.labels[1] in appearance._waiting
    qtbot.waitUntil(lambda: not appearance._waiting)
    assert not appearance._slices.isActive()
    pages.setCurrentIndex(1)
    assert has_colours(pages, 1, LIGHT)


def test_what_comes_to_the_front_is_next(
    appearance: Appearance, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.workspace.appearance._SLICE_NS", 0)
    appearance.choose(ThemeChoice.LIGHT)
    appearance._slices.stop()
    pages.setCurrentIndex(1)
    assert pages.labels[1] in appearance._waiting
    appearance._style_some()
    assert has_colours(pages, 1, LIGHT)
    assert not appearance._slices.isActive()


def test_a_second_change_on_the_way_and_widgets_that_go_do_no_harm(
    appearance: Appearance, pages: Pages, qtbot: QtBot
) -> None:
    appearance.choose(ThemeChoice.LIGHT)
    appearance.choose(ThemeChoice.DARK)
    behind = pages.pages[1]
    pages.removeWidget(behind)
    with qtbot.waitSignal(behind.destroyed):
        behind.deleteLater()
    qtbot.waitUntil(lambda: not appearance._waiting)
    assert has_colours(pages, 0, DARK)


def test_the_sheet_names_no_colour_of_its_own() -> None:
    sheet = stylesheet()
    colours = [each for palette in (DARK, LIGHT) for each in vars_of(palette)]
    assert not [colour for colour in colours if colour in sheet]
    assert "$" not in sheet


def vars_of(palette: Palette) -> list[str]:
    """The colours of a palette, as they are written."""
    names = ("background", "surface", "surface_raised", "border", "text", "text_muted", "accent")
    return [str(getattr(palette, name)) for name in (*names, "on_accent", "warning", "error")]
