"""Pages that are made when they are wanted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from backend.core.target import Target
from backend.gallery import Gallery
from backend.models.catalogue import repository_registry
from gui.compare import ComparePage
from gui.gallery import GalleryPage
from gui.inspect import Engine, InspectPage
from gui.shell.later_page import LaterPage, PageOutline
from gui.shell.page_outlines import compare_outline, gallery_outline, inspect_outline
from gui.state.models.repositories import RepositoryControl
from gui.widgets.theme import LIGHT, Palette
from gui.workspace.commands import Command
from gui.workspace.pages import Page, PageHost
from tests.gui.inspect.inspect_stage import ListeningHost

_NOT_AT_START = (
    "gui.compare",
    "gui.gallery",
    "gui.inspect",
    "onnxruntime",
    "pyqtgraph",
)
_CHILD = f"""
import sys
import gui.shell.app as app

def stop(*_):
    early = [name for name in {_NOT_AT_START} if name in sys.modules]
    print("imported at start:", *early)
    raise SystemExit(1 if early else 0)

app._show = stop
app.main(["--screenshot", "unused.png"])
"""


@pytest.fixture
def host(qtbot: QtBot) -> Iterator[ListeningHost]:
    made = ListeningHost(Target("nowhere"))
    yield made
    made.tasks.close(5.0)


def _inspect(host: ListeningHost) -> Page:
    return InspectPage(host, Engine())


def _compare(host: ListeningHost) -> Page:
    return ComparePage(host, lambda _target, _model: None)


def _gallery(host: ListeningHost) -> Page:
    def unused(_mirror: str, _folder: Path | None) -> Gallery:
        raise AssertionError("nobody opened the page")

    registry = repository_registry((), bundled=False)
    return GalleryPage(host, RepositoryControl(host.tasks, lambda: registry, host.store), unused)


def _shown(command: Command) -> tuple[object, ...]:
    return command.id, command.title, command.menu, command.keys, command.aliases


@pytest.mark.parametrize(
    ("outline", "make"),
    [(inspect_outline, _inspect), (compare_outline, _compare), (gallery_outline, _gallery)],
)
def test_an_outline_says_what_its_page_says(
    outline: Callable[[], PageOutline],
    make: Callable[[ListeningHost], Page],
    host: ListeningHost,
    qtbot: QtBot,
) -> None:
    page = make(host)
    qtbot.addWidget(page.widget)
    later = LaterPage(outline(), lambda _host: page, host)
    assert (later.name, later.title, later.icon) == (page.name, page.title, page.icon)
    assert list(map(_shown, later.commands())) == list(map(_shown, page.commands()))
    page.close()


class _Notes:
    """A page that notes what is asked of it, with a command that can be blocked."""

    name, title, icon = "notes", "Notes", "log"

    def __init__(self) -> None:
        self.told: list[str] = []
        self.reason = ""
        self.widget = QWidget()

    def commands(self) -> Iterator[Command]:
        yield Command(
            "notes.tear", "Tear", lambda: self.told.append("torn"), blocked=lambda: self.reason
        )

    def activated(self) -> None:
        self.told.append("in front")

    def deactivated(self) -> None:
        self.told.append("behind")

    def escape(self) -> bool:
        return True

    def set_palette_roles(self, palette: Palette) -> None:
        self.told.append(palette.name)

    def close(self) -> None:
        self.told.append("closed")


def test_a_page_is_made_when_it_comes_to_the_front_and_not_before(
    host: ListeningHost, qtbot: QtBot
) -> None:
    made: list[_Notes] = []

    def make(_host: PageHost) -> Page:
        made.append(_Notes())
        return made[-1]

    tear = Command("notes.tear", "Tear", lambda: None, "Notes/all")
    later = LaterPage(PageOutline("notes", "Notes", "log", (tear,)), make, host)
    qtbot.addWidget(later.widget)
    later.deactivated()
    later.set_palette_roles(LIGHT)
    later.close()
    assert not later.escape()
    [command] = later.commands()
    assert command.blocked() == ""
    assert not made
    later.activated()
    later.activated()
    assert [page.told for page in made] == [["in front", "in front"]]
    assert made[0].widget.parent() is later.widget
    made[0].reason = "There is no paper."
    assert command.blocked() == "There is no paper."
    later.set_palette_roles(LIGHT)
    later.deactivated()
    later.close()
    assert made[0].told[2:] == ["light", "behind", "closed"]
    assert later.escape()


def test_a_command_makes_its_page_and_says_what_that_page_cannot_do(
    host: ListeningHost, qtbot: QtBot
) -> None:
    page = _Notes()
    qtbot.addWidget(page.widget)
    tear = Command("notes.tear", "Tear", lambda: None, "Notes/all")
    later = LaterPage(PageOutline("notes", "Notes", "log", (tear,)), lambda _host: page, host)
    qtbot.addWidget(later.widget)
    [command] = later.commands()
    page.reason = "There is no paper."
    command.run()
    assert page.told == []
    assert [notice.title for notice in host.notifier.notices] == ["Tear: There is no paper."]
    page.reason = ""
    command.run()
    assert page.told == ["torn"]


def test_a_start_imports_nothing_that_is_not_shown(tmp_path: Path) -> None:
    environment = dict(os.environ, HOME=str(tmp_path), QT_QPA_PLATFORM="offscreen")
    told = subprocess.run(
        [sys.executable, "-c", _CHILD],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert told.returncode == 0, told.stdout + told.stderr
