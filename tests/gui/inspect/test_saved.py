"""Saved requests in the window: opened, changed, saved and run against the embedded server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QInputDialog
from pytestqt.qtbot import QtBot

from backend.core.choices import ImageEncoding
from backend.core.samples import Frame
from backend.core.target import Target
from backend.inspector.collections import read_collection
from backend.wire.media.images import encode_image
from gui.inspect.page import InspectPage
from gui.inspect.saved.menu import Act
from tests.embedded import server, target
from tests.gui.inspect.inspect_stage import ListeningHost, inspect_page, leave
from tests.stored_files import FOLDER

__all__ = ["server", "target"]


SAME = PurePosixPath("Same back")


@pytest.fixture
def stage(
    target: Target, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[InspectPage, ListeningHost, Path]]:
    monkeypatch.setenv("TOKEN", "not-for-files")
    folder = tmp_path / "requests"
    shutil.copytree(FOLDER / "collection", folder)
    page, host = inspect_page(target, tmp_path)
    with qtbot.waitSignal(page.catalogue.methods_known):
        pass
    page.saved.use(str(folder))
    qtbot.waitUntil(lambda: len(page.saved.tree._items) == 1)
    yield page, host, folder
    leave(page, host)


def opened(page: InspectPage, qtbot: QtBot) -> None:
    """Open the request by a click."""
    page.show_saved()
    tree = page.saved.tree.tree
    place = tree.visualItemRect(page.saved.tree._items[SAME]).center()
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(
        lambda: (
            (draft := page.request.draft()) is not None
            and draft.form is not None
            and draft.form.id == "same"
        )
    )


def test_a_request_is_opened_sent_and_kept_without_its_secret(
    stage: tuple[InspectPage, ListeningHost, Path], qtbot: QtBot, tmp_path: Path
) -> None:
    page, _, _ = stage
    opened(page, qtbot)
    draft = page.request.draft()
    assert draft is not None
    assert draft.headers == (("authorization", "Bearer {{TOKEN}}"),)
    assert draft.deadline_s == 2.5
    with qtbot.waitSignal(page.calls.ended) as ended:
        page.request.acts.act()
    exchange = ended.args[0].exchange
    assert exchange.ok
    assert ("authorization", "Bearer not-for-files") in exchange.request.headers
    qtbot.waitUntil(lambda: page.past.list.view.model().rowCount() == 1)
    page.past.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("history.sqlite*"))
    assert kept
    assert b"not-for-files" not in kept


def test_a_run_shows_what_came_of_the_checks(
    stage: tuple[InspectPage, ListeningHost, Path], qtbot: QtBot
) -> None:
    page, host, folder = stage
    (folder / "health").mkdir()
    (folder / "health" / "live.toml").write_text("version = 1\nmethod = 'ServerLive'\n")
    (folder / "broken.toml").write_text("version = 1\nmethod = 3\n")
    page.saved.refresh()
    tree = page.saved.tree
    qtbot.waitUntil(lambda: len(tree._items) == 3)
    tree.environment.setCurrentIndex(tree.environment.findData("lab"))
    tree.environment.activated.emit(1)
    assert host.store.current.environment == "lab"
    tree.tree.setCurrentIndex(QModelIndex())
    tree._run.click()
    qtbot.waitUntil(lambda: len(host.notifier.notices) == 1)
    assert host.notifier.notices[0].body == "3 requests, 1 failed"
    results = {str(path): item.text(1) for path, item in tree._items.items()}
    assert results["broken"] == "\u2717"
    assert tree._items[PurePosixPath("broken")].toolTip(1) == "not sent"
    assert results["Same back"].endswith("ms")
    tree.select(SAME)
    qtbot.waitUntil(lambda: "reply.outputs.OUTPUT0.data" in tree.findings.toPlainText())
    assert page.replies.shown is None
    tree.act_wanted.emit(Act.OPEN)
    qtbot.waitUntil(lambda: page.replies.shown is not None)
    assert "not-for-files" not in str(page.replies.shown)
    tree.select(PurePosixPath("broken"))
    qtbot.waitUntil(lambda: "broken.toml, line 2" in tree.findings.toPlainText())
    qtbot.waitUntil(lambda: page.past.list.view.model().rowCount() == 2)


def test_what_is_run_alone_shows_its_reply(
    stage: tuple[InspectPage, ListeningHost, Path], qtbot: QtBot
) -> None:
    page, _, _ = stage
    page.saved.use_environment("lab")
    page.saved.tree.select(SAME)
    page.saved.tree._run.click()
    qtbot.waitUntil(lambda: page.replies.shown is not None)
    assert page.replies.shown is not None
    assert page.replies.shown.exchange.ok


def test_what_is_on_show_is_saved_and_keeps_its_checks(
    stage: tuple[InspectPage, ListeningHost, Path], qtbot: QtBot
) -> None:
    page, _, folder = stage
    opened(page, qtbot)
    before = read_collection(folder).entries[0].request
    page.request.terms._deadline.setValue(9)
    page.saved.on_show.save()
    qtbot.waitUntil(lambda: read_collection(folder).entries[0].request != before)
    after = read_collection(folder).entries[0].request
    assert before is not None
    assert after is not None
    assert (after.deadline_s, after.checks, after.about) == (9, before.checks, before.about)
    assert after.headers == before.headers
    assert after.inputs == before.inputs


def test_an_unknown_variable_is_told_before_anything_is_sent(
    stage: tuple[InspectPage, ListeningHost, Path], qtbot: QtBot
) -> None:
    page, _, _ = stage
    opened(page, qtbot)
    page.request._headers.show_headers((("x", "{{nobody}}"),))
    with qtbot.waitSignal(page.calls.failed):
        page.requests.send()
    assert "{{nobody}}" in page.request._wrong.text()


def test_a_file_dialog_lets_the_window_go_on(
    stage: tuple[InspectPage, ListeningHost, Path], qtbot: QtBot
) -> None:
    page, _, folder = stage
    ticks: list[int] = []
    timer = QTimer(page, interval=5)
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start()
    for ask in (page.saved.ask_folder, page.add_proto, page.past._export, page.past._import):
        ask()
        dialog = next(one for one in page.widget.findChildren(QFileDialog) if one.isVisible())
        seen = len(ticks)
        qtbot.waitUntil(lambda seen=seen: len(ticks) > seen + 3)  # type: ignore[misc]
        dialog.close()
        qtbot.waitUntil(lambda: not page.widget.findChildren(QFileDialog))
    assert folder.is_dir()


def named(page: InspectPage, qtbot: QtBot, name: str) -> None:
    """Answer the question for a name."""
    qtbot.waitUntil(lambda: bool(page.saved.tree.findChildren(QInputDialog)))
    (dialog,) = page.saved.tree.findChildren(QInputDialog)
    dialog.setTextValue(name)
    dialog.accept()


def test_an_exchange_of_the_history_is_saved_as_a_request(
    stage: tuple[InspectPage, ListeningHost, Path], qtbot: QtBot
) -> None:
    page, _host, folder = stage
    opened(page, qtbot)
    with qtbot.waitSignal(page.calls.ended):
        page.request.acts.act()
    qtbot.waitUntil(lambda: page.past.list.view.model().rowCount() == 1)
    index = page.past.list.view.model().index(0, 0)
    page.past.list.save_wanted.emit(page.past.list._row(index).id)
    named(page, qtbot, "From the past")
    qtbot.waitUntil((folder / "From the past.toml").exists)
    saved = {entry.name: entry.request for entry in read_collection(folder).entries}
    again, before = saved["From the past"], saved["Same back"]
    assert again is not None
    assert before is not None
    assert again.headers == before.headers
    assert again.model == "identity_fp32"
    assert list(again.inputs) == list(before.inputs)


def test_the_current_frame_is_saved_as_a_picture_beside_the_request(
    stage: tuple[InspectPage, ListeningHost, Path], qtbot: QtBot
) -> None:
    page, host, folder = stage
    host.sample = Frame(0, 0, np.full((48, 64, 3), 80, np.uint8))
    page.request.terms._model.setCurrentText("shapes")
    page.request.terms._choose_model()
    qtbot.waitUntil(
        lambda: (
            (draft := page.request.draft()) is not None
            and draft.form is not None
            and draft.form.model == "shapes"
        )
    )
    page.saved.on_show.save()
    named(page, qtbot, "Now")
    qtbot.waitUntil((folder / "Now.toml").exists)
    request = next(e.request for e in read_collection(folder).entries if e.name == "Now")
    assert request is not None
    assert request.inputs == {"IMAGE": "picture:Now.png"}
    assert (folder / "Now.png").read_bytes().startswith(b"\x89PNG")


def test_what_no_file_can_say_is_told_before_anything_is_asked(
    stage: tuple[InspectPage, ListeningHost, Path],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, _host, _folder = stage
    opened(page, qtbot)
    draft = page.request.draft()
    assert draft is not None
    recorded = replace(draft, form=None, recorded=(b"x", b"y"))
    monkeypatch.setattr(page.request, "draft", lambda: recorded)
    page.saved.on_show.save()
    qtbot.waitUntil(lambda: "2 messages were sent" in page.request._wrong.text())
    assert page.widget.findChild(QInputDialog) is None


def test_an_opened_request_keeps_the_inputs_that_its_file_does_not_name(
    stage: tuple[InspectPage, ListeningHost, Path], qtbot: QtBot
) -> None:
    page, _host, folder = stage
    (folder / "Shapes.toml").write_text(
        "version = 1\nmethod = 'inference.GRPCInferenceService/ModelInfer'\nmodel = 'shapes'\n"
        "[inputs]\nIMAGE = 'zeros'\n"
    )
    page.saved.refresh()
    path = PurePosixPath("Shapes")
    qtbot.waitUntil(lambda: path in page.saved.tree._items)
    page.saved.tree.select(path)
    page.saved.tree.act_wanted.emit(Act.OPEN)
    qtbot.waitUntil(lambda: page.request.model == "shapes")
    draft = page.request.draft()
    assert draft is not None
    assert draft.form is not None
    rows = [(row.spec.name, row.sent, row.spec.optional) for row in draft.form.rows]
    assert rows == [("IMAGE", True, True), ("IMAGE_ENCODED", False, True)]


def test_boxes_are_drawn_over_a_picture_of_a_file_sent_or_run(
    stage: tuple[InspectPage, ListeningHost, Path], qtbot: QtBot
) -> None:
    page, _host, folder = stage
    pixels = np.full((240, 320, 3), 20, np.uint8)
    pixels[60:180, 100:220] = (220, 40, 40)
    (folder / "red.png").write_bytes(encode_image(pixels, ImageEncoding.PNG, 90))
    (folder / "Shapes.toml").write_text(
        "version = 1\nmethod = 'inference.GRPCInferenceService/ModelInfer'\nmodel = 'shapes'\n"
        "[inputs]\nIMAGE = 'picture:red.png'\n"
    )
    page.saved.refresh()
    path = PurePosixPath("Shapes")
    qtbot.waitUntil(lambda: path in page.saved.tree._items)
    page.saved.tree.select(path)
    picture = page.reply.summary.picture
    page.saved.tree._run.click()
    qtbot.waitUntil(lambda: not picture.isHidden())
    page.saved.tree.act_wanted.emit(Act.OPEN)
    qtbot.waitUntil(lambda: page.catalogue.model("shapes") is not None)
    qtbot.waitUntil(lambda: page.request.model == "shapes")
    page.reply.summary.clear()
    with qtbot.waitSignal(page.calls.ended) as ended:
        page.request.acts.act()
    assert ended.args[0].reading.sample.pixels.shape == pixels.shape
    assert not picture.isHidden()


def test_the_focus_stays_on_run_until_what_was_run_is_shown(
    stage: tuple[InspectPage, ListeningHost, Path], qtbot: QtBot
) -> None:
    page, _, _ = stage
    page.show_saved()
    page.saved.use_environment("lab")
    page.saved.tree.select(SAME)
    run = page.saved.tree._run
    run.setFocus()
    QTest.keyClick(run, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: page.replies.shown is not None)
    assert page.widget.window().focusWidget() is run


def test_the_first_request_is_saved_into_a_folder_of_ours_made_for_it(
    stage: tuple[InspectPage, ListeningHost, Path], qtbot: QtBot, tmp_path: Path
) -> None:
    page, host, _ = stage
    opened(page, qtbot)
    page.saved._collection = None
    host.store.update(replace(host.store.current, collection=""))
    own = tmp_path / "own" / "Requests"
    assert not own.exists()
    page.saved.on_show.save_as()
    qtbot.waitUntil(lambda: bool(page.saved.tree.findChildren(QInputDialog)))
    (dialog,) = page.saved.tree.findChildren(QInputDialog)
    assert dialog.labelText().endswith("own/Requests")
    named(page, qtbot, "Mine")
    qtbot.waitUntil((own / "Mine.toml").exists)
    qtbot.waitUntil(lambda: PurePosixPath("Mine") in page.saved.tree._items)
    assert host.store.current.collection == str(own)
