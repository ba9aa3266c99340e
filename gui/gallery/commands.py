"""What can be done on the gallery page, by menu, palette and key."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Protocol

from gui.gallery.controller import GalleryController
from gui.gallery.item import Action, Item
from gui.widgets.language import marked, tr
from gui.workspace.commands import Command

_MENU = marked("Gallery")
_GET = (Action.GET, Action.RESUME, Action.RETRY)


class GalleryView(Protocol):
    """What the commands need of the page."""

    controller: GalleryController

    @property
    def chosen(self) -> Item | None:
        """The model that is chosen."""
        ...

    def get_demo(self) -> None:
        """Get the demo models."""
        ...

    def ask_mirror(self) -> None:
        """Ask for the address of a mirror."""
        ...

    def ask_folder(self) -> None:
        """Ask for a folder that holds models' files."""
        ...

    def find(self) -> None:
        """Put the cursor into the search field."""
        ...


def gallery_commands(page: GalleryView) -> Iterator[Command]:
    """About the whole page, then about the chosen model."""
    yield Command(
        "gallery.demo",
        tr("Get the demo models"),
        page.get_demo,
        f"{_MENU}/all",
        aliases="download install gallery",
    )
    yield Command(
        "gallery.find", tr("Find a model"), page.find, f"{_MENU}/all", aliases="search filter"
    )
    for command_id, title, wanted in (
        ("get", tr("Get the chosen model"), _GET),
        ("cancel", tr("Cancel its download"), (Action.CANCEL,)),
        ("use", tr("Use the chosen model"), (Action.USE,)),
        ("measure", tr("Measure its speed here"), (Action.MEASURE,)),
        ("remove", tr("Remove the chosen model"), (Action.REMOVE, Action.DISCARD)),
    ):
        yield Command(
            f"gallery.{command_id}",
            title,
            partial(_act, page, wanted),
            f"{_MENU}/model",
            blocked=partial(_why_not, page, wanted),
        )
    yield Command("gallery.mirror", tr("Mirror..."), page.ask_mirror, f"{_MENU}/from")
    yield Command("gallery.folder", tr("Install from folder..."), page.ask_folder, f"{_MENU}/from")


def _act(page: GalleryView, wanted: tuple[Action, ...]) -> None:
    item = page.chosen
    if item is None:
        return
    action = next((action for action in wanted if action in item.actions), None)
    if action is not None:
        page.controller.act(action, item.name)


def _why_not(page: GalleryView, wanted: tuple[Action, ...]) -> str:
    item = page.chosen
    if item is None:
        return tr("Choose a model on the gallery page first.")
    if set(wanted) & set(item.actions):
        return ""
    return tr("{model} is not in a state for it.", model=item.entry.title)
