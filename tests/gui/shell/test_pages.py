"""Pages: tabs from the second one on, keys, commands that bring theirs to the front."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QLabel, QTabBar, QWidget

from gui.shell.page_deck import PageDeck
from gui.widgets.theme import DARK, LIGHT, Palette
from gui.workspace.commands import Command

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


# The offscreen platform says so about every window with a smallest size.


class NotesPage:
    """A page that remembers what it was told."""

    icon = "file"

    def __init__(self, name: str) -> None:
        self.name = name
        self.title = name.capitalize()
        self.widget: QWidget = QLabel(name)
        self.told: list[str] = []

    def commands(self) -> Iterable[Command]:
        yield Command(f"{self.name}.act", "Act", lambda: self.told.append("act"))

    def activated(self) -> None:
        self.told.append("activated")

    def deactivated(self) -> None:
        self.told.append("deactivated")

    def escape(self) -> bool:
        self.told.append("escape")
        return True

    def set_palette_roles(self, palette: Palette) -> None:
        self.told.append(palette.name)

    def close(self) -> None:
        self.told.append("closed")


@pytest.fixture
def deck(qtbot: QtBot) -> PageDeck:
    deck = PageDeck(DARK)
    qtbot.addWidget(deck)
    deck.show()
    return deck


def test_one_page_has_no_tabs_and_no_command_to_show_it(deck: PageDeck) -> None:
    deck.add(NotesPage("live"))
    assert not deck.findChildren(QTabBar)[0].isVisible()
    assert [command.id for command in deck.commands()] == ["live.act"]
    assert deck.front == "live"


def test_two_pages_have_tabs_and_keys_and_tell_who_is_in_front(deck: PageDeck) -> None:
    first, second = NotesPage("live"), NotesPage("inspect")
    deck.add(first)
    deck.add(second)
    assert deck.findChildren(QTabBar)[0].isVisible()
    by_id = {command.id: command for command in deck.commands()}
    assert by_id["page.inspect"].keys == ("Ctrl+2",)
    by_id["page.inspect"].run()
    assert deck.front == "inspect"
    assert second.widget.isVisible()
    assert (first.told, second.told) == (["activated", "deactivated"], ["activated"])


def test_a_command_of_a_page_brings_it_to_the_front_first(deck: PageDeck) -> None:
    first, second = NotesPage("live"), NotesPage("inspect")
    deck.add(first)
    deck.add(second)
    next(command for command in deck.commands() if command.id == "inspect.act").run()
    assert second.told == ["activated", "act"]


def test_colours_and_the_end_reach_every_page(deck: PageDeck) -> None:
    pages = NotesPage("live"), NotesPage("inspect")
    for page in pages:
        deck.add(page)
    deck.set_palette_roles(LIGHT)
    deck.close_pages()
    assert [page.told[-2:] for page in pages] == [["light", "closed"]] * 2


def test_names_of_pages_are_unique(deck: PageDeck) -> None:
    deck.add(NotesPage("live"))
    with pytest.raises(ValueError, match="named 'live'"):
        deck.add(NotesPage("live"))
