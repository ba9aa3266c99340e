"""What a screen reader is told: what can be used has a name, and Tab comes to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from backend.core.target import Target
from backend.sources.cameras import CameraMode
from gui.compare import ComparePage
from gui.live.sources.camera_mode_form import CameraModeForm
from tests.embedded import server, target  # noqa: F401 - fixtures
from tests.gui.inspect.inspect_stage import ListeningHost, inspect_page, leave
from tests.gui.screen_reader import assert_told, nameless, unreachable
from tests.gui.shell_stage import Stage, begin, end

# The offscreen platform says so about every window with a smallest size.

ON_SCREEN = ("source.region",)
"""Covers the screen, and is no dialog."""


def test_what_has_no_name_or_is_passed_by_is_found(qtbot: QtBot) -> None:
    window, named, nameless_one, lost = QWidget(), QCheckBox("Named"), QToolButton(), QWidget()
    qtbot.addWidget(window)
    row = QHBoxLayout(window)
    for each in (named, nameless_one, lost):
        row.addWidget(each)
    nameless_one.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    window.show()
    assert [text.partition(" ")[0] for text in nameless(window)] == ["QToolButton"]
    assert unreachable(window) == []


def test_the_live_page_and_what_is_around_it_is_told(stage: Stage) -> None:
    stage.server_control.start()
    stage.live.readout.refresh()
    for panel, _ in stage.live.page.panel_titles():
        stage.live.page.open_dock(panel)
        assert_told(stage.window)


def test_a_run_and_its_presentation_are_told(stage: Stage, qtbot: QtBot) -> None:
    begin(stage)
    stage.live.readout.refresh()
    assert_told(stage.window)
    stage.window.toggle_presenting()
    assert_told(stage.window)
    stage.window.toggle_presenting()
    end(stage, qtbot)


def test_every_dialog_that_a_command_opens_is_told(stage: Stage) -> None:
    stage.server_control.start()
    stage.live.sources.choose("webcam:C920")
    others = {"app.shortcuts", "help.documents", "help.about"}
    asking = [
        command.id
        for command in stage.window.commands
        if (command.title.endswith("...") or command.id in others)
        and not (command.blocked() or command.id in ON_SCREEN)
        and "choose" not in command.id
    ]
    seen = [type(each).__name__ for command in asking for each in opened_by(stage, command)]
    assert {"SettingsForm", "TargetForm", "CameraModeForm", "AboutDialog"} <= set(seen)


def opened_by(stage: Stage, command: str) -> Iterator[QWidget]:
    """What a command opens, told and closed again."""
    before = {each for each in QApplication.allWidgets() if each.isVisible()}
    stage.window.commands.run(command)
    for each in QApplication.allWidgets():
        if not (each.isVisible() and each.isWindow()) or each in before:
            continue
        if not isinstance(each, QFileDialog):  # made by Qt, or by the system
            assert_told(each)
        yield each
        each.close()


def test_the_camera_mode_is_told(stage: Stage) -> None:
    form = CameraModeForm(stage.window, "C920", (), CameraMode(), lambda _: None)
    form.open()
    assert_told(form)


def test_the_inspect_page_is_told(target: Target, tmp_path: Path, qtbot: QtBot) -> None:  # noqa: F811
    page, host = inspect_page(target, tmp_path)
    qtbot.waitUntil(lambda: page.methods.tree.topLevelItemCount() > 0)
    assert_told(page.widget)
    leave(page, host)


def test_the_compare_page_is_told(target: Target, qtbot: QtBot) -> None:  # noqa: F811
    host = ListeningHost(target)
    page = ComparePage(host, lambda _target, _model: None)
    page.widget.resize(1000, 640)
    page.widget.show()
    page.activated()
    assert_told(page.widget)
    page.close()
    host.tasks.close(5.0)
    page.widget.deleteLater()
