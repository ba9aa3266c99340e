"""The frame and its features: what one brings arrives in its place, though the frame knows none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from gui.shell.command_order import in_order
from gui.shell.page_deck import PageDeck
from gui.shell.window import MainWindow
from gui.state.live_session import NewestSample
from gui.state.measured_ways import MeasuredWays
from gui.state.models.switching import SwitchModel
from gui.state.settings import Settings, SettingsStore
from gui.views.class_hues import ClassHues
from gui.widgets.theme import DARK, Palette, ThemeChoice
from gui.workspace.appearance import Appearance
from gui.workspace.commands import Command
from gui.workspace.feature import Feature, Workspace
from gui.workspace.notifier import Notifier
from gui.workspace.pages import Navigator
from tests.gui.inline_tasks import InlineTasks
from tests.gui.shell_fakes import SOURCES
from tests.gui.shell_stage import Stage


def nothing() -> None:
    """Do nothing."""


class Recording(Feature):
    """A feature of the future, which remembers what was asked of it."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def commands(self) -> Iterable[Command]:
        return (
            Command("recording.start", "Record", lambda: self.calls.append("start"), "Inspect"),
        )

    def palette_entries(self) -> Iterable[Command]:
        return (
            Command("recording.open.first", "Recording: first", lambda: self.calls.append("open")),
        )

    def set_palette_roles(self, palette: Palette) -> None:
        self.calls.append(palette.name)

    def begin(self) -> None:
        self.calls.append("begin")

    def close(self) -> None:
        self.calls.append("close")


class NoDrops:
    """Takes nothing."""

    def take(self, specs: Sequence[str]) -> None:
        return None

    def describe(self, specs: Sequence[str], show: Callable[[str], None]) -> None:
        return None


class NothingToPresent:
    """Never has the screen."""

    def __init__(self) -> None:
        self.widget = QWidget()

    def begin(self) -> None:
        return None

    def end(self) -> None:
        return None


def workspace_over(deck: PageDeck, tmp_path: Path) -> Workspace:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    store = SettingsStore(tmp_path / "settings.json", Settings(), pytest.fail, SOURCES)
    return Workspace(
        Appearance(app, ThemeChoice.DARK),
        store,
        InlineTasks(),
        SwitchModel(store, deck),
        Notifier(deck),
        Navigator(deck),
        NewestSample(),
        deck,
        MeasuredWays(),
        ClassHues(),
    )


def test_a_feature_brings_its_commands_and_lives_as_long_as_the_window(
    qtbot: QtBot, tmp_path: Path, stage: Stage
) -> None:
    del stage  # puts the application's look back at the end
    deck, feature = PageDeck(DARK), Recording()
    workspace = workspace_over(deck, tmp_path)
    window = MainWindow(
        workspace, QWidget(), deck, QWidget(), (feature,), NoDrops(), NothingToPresent()
    )
    qtbot.addWidget(window)
    titles = [action.text() for action in window.menuBar().actions()]
    assert titles == ["&File", "&Inspect", "&View", "&Help"]
    window.commands.run("recording.start")
    window.show()
    window.open_palette()
    query = window.findChildren(QLineEdit)[0]
    QTest.keyClicks(query, "recording first")
    QTest.keyClick(query, Qt.Key.Key_Return)
    workspace.appearance.choose(ThemeChoice.LIGHT)
    assert workspace.window is window
    window.close()
    assert feature.calls == ["begin", "start", "open", "light", "close"]


def test_commands_stand_in_the_declared_order_and_new_ones_before_the_layouts() -> None:
    ids = (
        *("app.palette", "server.toggle", "view.escape", "layouts.open", "compare.start"),
        *(
            "panel.log",
            "view.mirror",
            "run.toggle",
            "app.quit",
            "export.save",
            "app.settings",
            "model.card",
        ),
        *("model.choose", "target.list", "target.choose", "target.new", "source.open_file"),
    )
    assert [command.id for command in in_order(Command(i, i, nothing) for i in ids)] == [
        *("source.open_file", "target.new", "target.choose", "target.list", "model.choose"),
        *(
            "model.card",
            "export.save",
            "app.settings",
            "app.quit",
            "run.toggle",
            "view.mirror",
            "panel.log",
        ),
        *("compare.start", "layouts.open", "view.escape", "server.toggle", "app.palette"),
    ]


def test_commands_with_the_same_start_stay_as_they_come() -> None:
    given = [Command(f"source.{name}", name, nothing) for name in ("b", "a", "c")]
    assert in_order(given) == given


def test_the_windows_menus_are_those_of_its_features(stage: Stage) -> None:
    titles = [action.text() for action in stage.window.menuBar().actions()]
    menus = [title.replace("&", "") for title in titles]
    letters = [title[title.index("&") + 1] for title in titles]
    assert len(set(letters)) == len(menus)
    assert menus == ["File", "Run", "View", "Panels", "Server", "Help"]
    ids = [command.id for command in stage.window.commands]
    assert ids == [command.id for command in in_order(stage.window.commands)]
