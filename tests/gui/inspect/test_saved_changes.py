"""What menu, keys and dragging do with a collection's files, and what others do to them."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog, QMenu
from pytestqt.qtbot import QtBot

from backend.core.target import Target
from backend.inspector.calls import Caller, Exchange, Request
from backend.inspector.collections import read_collection
from gui.inspect.page import InspectPage
from gui.inspect.saved.menu import Act
from gui.inspect.saved.text_dialog import FileTextDialog
from tests.embedded import server, target
from tests.gui.inspect.inspect_stage import ListeningHost, inspect_page, leave
from tests.stored_files import FOLDER

__all__ = ["server", "target"]


Stage = tuple[InspectPage, ListeningHost, Path]
LIVE = "version = 1\nmethod = 'ServerLive'  # alive\n"
SAME, LIVE_PATH = PurePosixPath("Same back"), PurePosixPath("health/Live")


@pytest.fixture
def stage(
    target: Target, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    monkeypatch.setenv("TOKEN", "not-for-files")
    folder = tmp_path / "requests"
    shutil.copytree(FOLDER / "collection", folder)
    (folder / "health").mkdir()
    (folder / "health" / "Live.toml").write_text(LIVE)
    page, host = inspect_page(target, tmp_path)
    with qtbot.waitSignal(page.catalogue.methods_known):
        pass
    page.saved.use(str(folder))
    qtbot.waitUntil(lambda: len(page.saved.tree._items) == 2)
    page.show_saved()
    yield page, host, folder
    leave(page, host)


def answer(page: InspectPage, qtbot: QtBot, name: str) -> None:
    """Answer the question for a name."""
    qtbot.waitUntil(lambda: bool(page.saved.tree.findChildren(QInputDialog)))
    (dialog,) = page.saved.tree.findChildren(QInputDialog)
    dialog.setTextValue(name)
    dialog.accept()


def dialog_of(page: InspectPage, qtbot: QtBot) -> FileTextDialog:
    qtbot.waitUntil(lambda: bool(page.saved.tree.findChildren(FileTextDialog)))
    (dialog,) = page.saved.tree.findChildren(FileTextDialog)
    return dialog


def press(page: InspectPage, key: Qt.Key, path: PurePosixPath) -> None:
    page.saved.tree.select(path)
    QTest.keyClick(page.saved.tree.tree, key)


def test_a_folder_is_made_and_a_request_renamed_and_moved_into_it(
    stage: Stage, qtbot: QtBot
) -> None:
    page, _, folder = stage
    tree = page.saved.tree
    tree.tree.setCurrentIndex(QModelIndex())
    tree.act_wanted.emit(Act.NEW_FOLDER)
    answer(page, qtbot, "new")
    qtbot.waitUntil(lambda: PurePosixPath("new") in tree._folders)
    press(page, Qt.Key.Key_F2, LIVE_PATH)
    answer(page, qtbot, "Alive")
    qtbot.waitUntil(lambda: PurePosixPath("health/Alive") in tree._items)
    tree.tree.moved.emit([PurePosixPath("health/Alive")], PurePosixPath("new"))
    qtbot.waitUntil(lambda: PurePosixPath("new/Alive") in tree._items)
    assert (folder / "new" / "Alive.toml").read_text() == LIVE
    entry = tree.entry()
    assert entry is not None
    assert entry.path == PurePosixPath("new/Alive")


def test_what_is_deleted_comes_back_by_undo(stage: Stage, qtbot: QtBot) -> None:
    page, host, folder = stage
    press(page, Qt.Key.Key_Delete, PurePosixPath("health"))
    qtbot.waitUntil(lambda: len(page.saved.tree._items) == 1)
    assert not (folder / "health").exists()
    assert host.notifier.notices[0].body == "health, 1 request"
    (undo,) = host.notifier.actions[0]
    undo.run()
    qtbot.waitUntil(lambda: len(page.saved.tree._items) == 2)
    assert (folder / "health" / "Live.toml").read_text() == LIVE


def test_what_another_program_writes_is_shown_at_once(stage: Stage, qtbot: QtBot) -> None:
    page, _, folder = stage
    tree = page.saved.tree
    tree.select(LIVE_PATH)
    tree._folders[PurePosixPath("health")].setExpanded(False)
    (folder / "health" / "Live.toml").write_text("version = 1\nmethod = 3\n")
    qtbot.waitUntil(lambda: bool(tree._items[LIVE_PATH].data(0, 0x100).problem))
    (folder / "more").mkdir()
    qtbot.waitUntil(lambda: PurePosixPath("more") in tree._folders)
    (folder / "more" / "One.toml").write_text(LIVE)
    qtbot.waitUntil(lambda: PurePosixPath("more/One") in tree._items)
    assert not tree._folders[PurePosixPath("health")].isExpanded()
    shutil.rmtree(folder / "more")
    qtbot.waitUntil(lambda: len(tree._items) == 2)


def test_saving_does_not_write_over_what_another_program_has_written(
    stage: Stage, qtbot: QtBot
) -> None:
    page, _, folder = stage
    page.saved.tree.select(SAME)
    page.saved.tree.act_wanted.emit(Act.OPEN)
    qtbot.waitUntil(lambda: page.saved.on_show._opened is not None)
    page.request.terms._deadline.setValue(9)
    other = (folder / "Same back.toml").read_text().replace("order = 2", "order = 3")
    (folder / "Same back.toml").write_text(other)
    page.saved.on_show.save()
    qtbot.waitUntil(lambda: "changed by another program" in page.request._wrong.text())
    assert (folder / "Same back.toml").read_text() == other
    page.saved.on_show.save_as()
    answer(page, qtbot, "Same back")
    qtbot.waitUntil(lambda: "'Same back' already" in page.request._wrong.text())
    assert (folder / "Same back.toml").read_text() == other


def test_what_is_on_show_follows_its_file_unless_it_was_changed_here(
    stage: Stage, qtbot: QtBot
) -> None:
    page, _, folder = stage
    file, deadline = folder / "Same back.toml", page.request.terms._deadline
    page.saved.tree.select(SAME)
    page.saved.tree.act_wanted.emit(Act.OPEN)
    qtbot.waitUntil(lambda: deadline.value() == 2.5)
    file.write_text(file.read_text().replace("deadline_s = 2.5", "deadline_s = 7"))
    qtbot.waitUntil(lambda: deadline.value() == 7)
    deadline.setValue(9)
    file.write_text(file.read_text().replace("deadline_s = 7", "deadline_s = 8"))
    tree = page.saved.tree
    qtbot.waitUntil(lambda: tree._items[SAME].data(0, 0x100).request.deadline_s == 8)
    assert deadline.value() == 9


def test_saving_changes_only_what_was_changed(stage: Stage, qtbot: QtBot) -> None:
    page, _, folder = stage
    page.saved.tree.select(LIVE_PATH)
    page.saved.tree.act_wanted.emit(Act.OPEN)
    qtbot.waitUntil(lambda: page.saved.on_show._opened is not None)
    page.saved.on_show.save()
    qtbot.waitUntil(lambda: len(page.saved._host.notifier.lines) == 1)  # type: ignore[attr-defined]
    assert (folder / "health" / "Live.toml").read_text() == LIVE
    item = page.saved.tree._items[LIVE_PATH]
    assert item.text(0) == "Live"
    page.request._headers.show_headers((("x", "y"),))
    page.request._headers_edited()
    qtbot.waitUntil(lambda: item.text(0) == "Live \u2022")
    page.saved.on_show.save()
    qtbot.waitUntil(lambda: "x: y" in (folder / "health" / "Live.toml").read_text())
    changed = f'{LIVE}headers = [\n    "x: y",\n]\n'
    assert (folder / "health" / "Live.toml").read_text() == changed
    qtbot.waitUntil(lambda: page.saved.tree._items[LIVE_PATH].text(0) == "Live")


def test_the_text_of_a_file_is_edited_and_nothing_wrong_is_saved(
    stage: Stage, qtbot: QtBot
) -> None:
    page, _, folder = stage
    page.saved.tree.select(LIVE_PATH)
    page.saved.tree.act_wanted.emit(Act.CHECKS)
    dialog = dialog_of(page, qtbot)
    text = dialog.editor.toPlainText()
    assert text == f'{LIVE}\n[checks]\nstatus = "OK"\nlatency_ms = "< 100"\n'
    dialog.editor.setPlainText(text.replace("= 1", "= 2"))
    dialog.accept()
    assert "newer program" in dialog.wrong.text()
    dialog.editor.setPlainText(text)
    dialog.editor.insertPlainText("# Ours.\n")
    dialog.reject()
    assert "Esc once more" in dialog.wrong.text()
    dialog.accept()
    qtbot.waitUntil(lambda: not page.saved.tree.findChildren(FileTextDialog))
    assert (folder / "health" / "Live.toml").read_text() == f"# Ours.\n{text}"
    entries = {entry.path: entry.request for entry in read_collection(folder).entries}
    request = entries[LIVE_PATH]
    assert request is not None
    assert request.checks["status"] == "OK"


def test_an_environment_is_made_of_the_one_in_use(stage: Stage, qtbot: QtBot) -> None:
    page, host, folder = stage
    page.saved.use_environment("lab")
    page.saved.tree.act_wanted.emit(Act.NEW_ENVIRONMENT)
    answer(page, qtbot, "prod")
    dialog = dialog_of(page, qtbot)
    dialog.accept()
    qtbot.waitUntil((folder / "environments" / "prod.toml").exists)
    lab = (folder / "environments" / "lab.toml").read_text()
    assert (folder / "environments" / "prod.toml").read_text() == lab
    qtbot.waitUntil(lambda: page.saved.tree.environment.findData("prod") > 0)
    note = "lab is meant for lab; the target in the bar is"
    assert note in page.saved.tree._note.text()
    assert not host.notifier.errors


def test_a_run_can_be_stopped_amid_it(
    stage: Stage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, host, folder = stage
    (folder / "Another.toml").write_text(LIVE)
    qtbot.waitUntil(lambda: len(page.saved.tree._items) == 3)
    sent = threading.Event()
    prepare = Caller.prepare

    class Waiting:
        """A call that ends when it is cancelled."""

        def __init__(self, caller: Caller, request: Request) -> None:
            self._call = prepare(caller, request)
            self._over = threading.Event()

        def run(self) -> Exchange:
            sent.set()
            assert self._over.wait(60)
            return self._call.run()

        def cancel(self) -> None:
            self._call.cancel()
            self._over.set()

    def prepared(caller: Caller, request: Request) -> Waiting:
        return Waiting(caller, request)

    monkeypatch.setattr(Caller, "prepare", prepared)
    tree = page.saved.tree
    tree.tree.setCurrentIndex(QModelIndex())
    tree._run.click()
    qtbot.waitUntil(sent.is_set)
    assert tree._run.text() == "Stop"
    tree._run.click()
    qtbot.waitUntil(lambda: not page.saved._runs.running)
    assert tree.findings.toPlainText() == "0 requests, 0 failed, 3 not sent"
    assert [item.text(1) for item in tree._items.values()] == ["", "", ""]
    assert not host.notifier.errors


def test_a_click_beside_the_rows_lets_all_of_them_run(stage: Stage, qtbot: QtBot) -> None:
    tree = stage[0].saved.tree
    tree.select(SAME)
    qtbot.waitUntil(lambda: tree._run.text() == "Run chosen")
    below = tree.tree.viewport().rect().bottomLeft() + QPoint(5, -5)
    QTest.mouseClick(tree.tree.viewport(), Qt.MouseButton.LeftButton, pos=below)
    qtbot.waitUntil(lambda: tree._run.text() == "Run all")
    assert tree.chosen() == tree.all()


@pytest.mark.parametrize("path", [SAME, PurePosixPath("health"), None])
def test_more_offers_what_can_be_done_with_the_row(
    stage: Stage, path: PurePosixPath | None
) -> None:
    tree = stage[0].saved.tree
    tree.tree.setCurrentIndex(QModelIndex())
    if path is not None:
        tree.select(path)
    menu = tree._more.menu()
    assert isinstance(menu, QMenu)
    menu.aboutToShow.emit()
    texts = {action.text().partition("\t")[0] for action in menu.actions() if action.text()}
    assert {"Run all", "New folder...", "Variables...", "New environment..."} <= texts
    assert ("Delete" in texts) is (path is not None)
    assert ("Edit as text..." in texts) is (path == SAME)
