"""The gallery page: from Get to Use, cuts and cancels, removal, filters, keys and folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from backend.core.samples import MediaKind
from backend.core.target import Target
from backend.gallery import Gallery
from backend.models.repository import ModelState
from gui.gallery import GalleryPage
from gui.gallery.item import Action, Standing
from gui.gallery.mirror_form import MirrorForm
from gui.gallery.scenes import Category
from gui.state.models.repositories import RepositoryControl
from gui.widgets.theme import DARK, LIGHT
from tests.gallery.file_server import FileServer, Request, cut_after, held_after, status
from tests.gui.gallery.gallery_stage import (
    LISTENER,
    LISTENER_SIZE,
    LONGEST_MS,
    READER,
    SPOTTER,
    Stage,
    delete_now,
    leave,
    make_stage,
)
from tests.gui.inspect.inspect_stage import ListeningHost
from tests.gui.screen_reader import assert_told


def folder_of(stage: Stage, name: str) -> Path:
    return stage.root / name


def drop_by_drop(request: Request, data: bytes) -> None:
    """Send a little at a time, and no more once the gate opens."""
    request.start(200, len(data))
    for start in range(0, len(data), 2_000):
        if request.files.gate.wait(0.05):
            return
        request.send(data[start : start + 2_000])
        request.wfile.flush()


def saved_bytes(root: Path) -> int:
    """What has come of models that are not whole."""
    files = [path for path in root.rglob("*") if ".gallery" in path.parts and path.is_file()]
    return sum(path.stat().st_size for path in files if path.suffix != ".json")


def press_key(key: Qt.Key) -> None:
    """A key for whatever has the focus."""
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, key)


def served(stage: Stage) -> dict[str, ModelState]:
    return {row.name: row.state for row in stage.registry.index()}


# -- getting ---------------------------------------------------------------------------------------


def test_from_get_to_use_is_two_presses(stage: Stage) -> None:
    assert stage.standing(SPOTTER) is Standing.ABSENT
    stage.press(SPOTTER)
    stage.wait_for(SPOTTER, Standing.LOADED)
    assert served(stage) == {SPOTTER: ModelState.READY}
    assert stage.host.store.current.repositories == (str(stage.root),)
    assert stage.page.grid.cards[SPOTTER].first.text() == "Use"
    stage.press(SPOTTER)
    assert stage.host.used == [(SPOTTER, MediaKind.IMAGE)]


def test_the_demo_models_come_in_one_press_with_their_size_before(stage: Stage) -> None:
    bar = stage.page.bar
    assert bar.demo.property("role") == "primary"
    assert bar.words.text().startswith("2 models, 29")
    bar.demo.click()
    stage.wait_for(SPOTTER, Standing.LOADED)
    stage.wait_for(LISTENER, Standing.BROKEN)
    assert stage.standing(READER) is Standing.ABSENT
    stage.qtbot.waitUntil(lambda: bar.words.text() == "The demo models are installed.")
    assert bar.demo.isHidden()
    assert [notice.title for notice in stage.host.notifier.notices] == ["2 models are installed"]


def test_what_cannot_be_loaded_is_installed_and_says_why(stage: Stage) -> None:
    stage.press(LISTENER)
    stage.wait_for(LISTENER, Standing.BROKEN)
    assert (folder_of(stage, LISTENER) / "1" / "model.onnx").is_file()
    assert stage.page.pane.item is not None
    assert stage.page.pane.item.name == LISTENER
    assert stage.page.pane.problem.text()
    assert not stage.host.notifier.errors


def test_a_download_shows_its_bytes_and_goes_on_on_another_page(stage: Stage) -> None:
    stage.server.faults.append(drop_by_drop)
    stage.press(LISTENER)
    stage.qtbot.waitUntil(
        lambda: (
            (p := stage.page.controller.items[LISTENER].progress) is not None
            and p.total_received > 0
        ),
        timeout=LONGEST_MS,
    )
    card, pane = stage.page.grid.cards[LISTENER], stage.page.pane
    assert card.first.text() == "Cancel"
    assert not card.bar.isHidden()
    assert "KiB of 293.0 KiB" in pane.state.text()
    assert pane.file.text().startswith("1/model.onnx")
    stage.page.deactivated()
    stage.server.gate.set()  # the server ends it too early
    stage.wait_for(LISTENER, Standing.FAILED)
    assert stage.host.notifier.notices[-1].title == "Listener was not got"
    stage.page.controller.get(LISTENER)
    stage.wait_for(LISTENER, Standing.BROKEN)
    assert stage.host.notifier.notices[-1].title == "Listener is installed"


def test_what_was_cut_off_goes_on_where_it_stopped(stage: Stage) -> None:
    stage.server.faults.append(cut_after(120_000))
    stage.press(LISTENER)
    stage.wait_for(LISTENER, Standing.FAILED)
    pane = stage.page.pane
    assert pane.state.text() == "Cut off"
    assert "too early" in pane.problem.text() or "broke" in pane.problem.text()
    assert pane.advice.text()
    both = (Action.RETRY, Action.DISCARD)
    stage.qtbot.waitUntil(lambda: stage.page.controller.items[LISTENER].actions == both)
    stage.press(LISTENER)
    stage.wait_for(LISTENER, Standing.BROKEN)
    assert stage.server.ranges()[-1] == f"bytes=120000-{LISTENER_SIZE - 1}"


def test_cancelling_keeps_what_has_come_and_resume_goes_on(stage: Stage) -> None:
    stage.server.faults.append(held_after(150_000))
    stage.press(LISTENER)
    stage.qtbot.waitUntil(lambda: saved_bytes(stage.root) > 0, timeout=LONGEST_MS)
    stage.press(LISTENER)
    stage.wait_for(LISTENER, Standing.PAUSED)
    stage.server.gate.set()
    assert stage.page.grid.cards[LISTENER].first.text() == "Resume"
    assert "Paused at" in stage.page.pane.state.text()
    assert not stage.host.notifier.notices
    stage.press(LISTENER)
    stage.wait_for(LISTENER, Standing.BROKEN)
    assert stage.server.ranges()[-1].startswith("bytes=1")


def test_two_come_at_once_and_the_third_waits_its_turn(stage: Stage) -> None:
    stage.server.always = held_after(10)
    for name in (SPOTTER, LISTENER, READER):
        stage.press(name)
    stage.qtbot.waitUntil(lambda: len(stage.server.requests) == 2, timeout=LONGEST_MS)
    assert stage.standing(READER) is Standing.WAITING
    stage.press(READER)  # Cancel
    assert stage.standing(READER) is Standing.ABSENT
    stage.page.controller.cancel_all()
    for name in (SPOTTER, LISTENER):
        stage.wait_for(name, Standing.PAUSED, Standing.ABSENT)  # by whether a byte had come
    assert len(stage.server.requests) == 2


def test_closing_the_page_ends_downloads_and_the_next_one_resumes(
    server: FileServer, tmp_path: Path, qtbot: QtBot
) -> None:
    first = make_stage(server, tmp_path, qtbot)
    server.faults.append(held_after(150_000))
    first.press(LISTENER)
    qtbot.waitUntil(lambda: saved_bytes(first.root) > 0, timeout=LONGEST_MS)
    leave(first)
    server.gate.set()
    second = make_stage(server, tmp_path, qtbot)
    assert second.standing(LISTENER) is Standing.PAUSED
    second.press(LISTENER)
    second.wait_for(LISTENER, Standing.BROKEN)
    assert server.ranges()[-1].startswith("bytes=1")
    leave(second)


# -- nobody is reached -----------------------------------------------------------------------------


def test_offline_ends_the_rest_and_offers_ways_out(stage: Stage) -> None:
    page, mirror = stage.page, "http://127.0.0.1:9"
    page._use_mirror(mirror)
    page.bar.demo.click()
    stage.qtbot.waitUntil(lambda: not page.offline.isHidden(), timeout=LONGEST_MS)
    stage.qtbot.waitUntil(lambda: not page.controller.downloads.names, timeout=LONGEST_MS)
    assert page.offline.words.text().startswith("Offline. 127.0.0.1 cannot be reached")
    assert mirror in stage.mirrors
    assert Standing.FAILED in {stage.standing(SPOTTER), stage.standing(LISTENER)}
    page._use_mirror("")
    page.offline.retry_wanted.emit()
    failed = [n for n in (SPOTTER, LISTENER) if stage.standing(n) is not Standing.ABSENT]
    for name in failed:
        stage.wait_for(name, Standing.LOADED, Standing.BROKEN)
    assert page.offline.isHidden()


def test_a_refusal_is_said_on_its_model_alone(stage: Stage) -> None:
    stage.server.faults.append(status(404))
    stage.press(READER)
    stage.wait_for(READER, Standing.FAILED)
    assert stage.page.pane.problem.text()
    assert stage.page.grid.cards[READER].first.text() == "Retry"
    assert stage.page.offline.isHidden()


def test_a_mirror_is_checked_before_it_is_used(stage: Stage, qtbot: QtBot) -> None:
    def check(address: str) -> Gallery:
        return stage.page._open_gallery(address, None)

    form = MirrorForm(stage.page.widget.window(), "", check)
    qtbot.addWidget(form)
    for address, complaint in (
        ("ftp://mirror.lab", "https"),
        ("https://me:secret@mirror.lab", "password"),
    ):
        form.address.setText(address)
        form.accept()
        assert complaint in form.wrong.text()
        assert form.result() == 0
    form.address.setText("https://mirror.lab/files")
    form.accept()
    assert form.mirror == "https://mirror.lab/files"


def test_models_are_installed_from_a_folder(stage: Stage, tmp_path: Path) -> None:
    files = tmp_path / "stick" / "deep"
    files.mkdir(parents=True)
    (files / "anything.bin").write_bytes(
        next(d for path, d in stage.server.contents.items() if path.endswith("a.onnx"))
    )
    stage.page.controller.install_from(tmp_path / "stick")
    stage.wait_for(SPOTTER, Standing.LOADED)
    stage.qtbot.waitUntil(lambda: bool(stage.host.notifier.notices), timeout=LONGEST_MS)
    assert stage.host.notifier.notices[-1].title == "1 model was installed"
    assert stage.standing(LISTENER) is Standing.ABSENT
    assert not stage.server.requests
    (tmp_path / "empty").mkdir()
    stage.page.controller.install_from(tmp_path / "empty")
    stage.qtbot.waitUntil(lambda: len(stage.host.notifier.notices) == 2, timeout=LONGEST_MS)
    assert stage.host.notifier.notices[-1].title == "No model was installed"


# -- removing --------------------------------------------------------------------------------------


def test_removing_unloads_at_once_and_can_be_undone(stage: Stage) -> None:
    stage.press(SPOTTER)
    stage.wait_for(SPOTTER, Standing.LOADED)
    requests = len(stage.server.requests)
    stage.page.pane.buttons[Action.REMOVE].click()
    assert stage.standing(SPOTTER) is Standing.ABSENT
    stage.qtbot.waitUntil(
        lambda: served(stage)[SPOTTER] is not ModelState.READY, timeout=LONGEST_MS
    )
    (undo,) = stage.host.notifier.actions[-1]
    assert undo.title == "Undo"
    undo.run()
    stage.wait_for(SPOTTER, Standing.LOADED)
    assert len(stage.server.requests) == requests


def test_the_pane_stays_where_it_is_when_the_button_that_was_pressed_goes(stage: Stage) -> None:
    stage.press(SPOTTER)
    stage.wait_for(SPOTTER, Standing.LOADED)
    pane = stage.page.pane
    pane.setFixedHeight(340)  # what is below the buttons is out of sight
    pane.buttons[Action.REMOVE].setFocus()
    pane.verticalScrollBar().setValue(0)
    pane.buttons[Action.REMOVE].click()
    assert stage.standing(SPOTTER) is Standing.ABSENT
    assert QApplication.focusWidget() is pane.buttons[Action.GET]
    assert pane.verticalScrollBar().value() == 0


def test_what_was_removed_is_deleted_and_can_be_got_anew(
    server: FileServer, tmp_path: Path, qtbot: QtBot
) -> None:
    stage = make_stage(server, tmp_path, qtbot, undo_ms=1)
    stage.press(SPOTTER)
    stage.wait_for(SPOTTER, Standing.LOADED)
    stage.page.pane.buttons[Action.REMOVE].click()
    qtbot.waitUntil(lambda: not folder_of(stage, SPOTTER).exists(), timeout=LONGEST_MS)
    qtbot.waitUntil(lambda: SPOTTER not in stage.page.controller.removals, timeout=LONGEST_MS)
    qtbot.waitUntil(lambda: SPOTTER not in served(stage), timeout=LONGEST_MS)
    stage.host.notifier.actions[-1][0].run()  # Undo comes too late: it is fetched
    stage.wait_for(SPOTTER, Standing.LOADED)
    leave(stage)


def test_what_was_removed_is_deleted_when_the_window_closes(
    server: FileServer, tmp_path: Path, qtbot: QtBot
) -> None:
    stage = make_stage(server, tmp_path, qtbot)
    stage.press(READER)
    stage.wait_for(READER, Standing.BROKEN)
    stage.page.pane.buttons[Action.REMOVE].click()
    assert folder_of(stage, READER).exists()
    leave(stage)
    assert not folder_of(stage, READER).exists()


def test_a_folder_of_another_origin_is_left_alone(
    server: FileServer, tmp_path: Path, qtbot: QtBot
) -> None:
    mine = tmp_path / "models" / READER / "1"
    mine.mkdir(parents=True)
    stage = make_stage(server, tmp_path, qtbot)
    assert stage.standing(READER) is Standing.FOREIGN
    stage.page.grid.choose(READER)
    assert "did not come from the gallery" in stage.page.pane.advice.text()
    assert stage.page.grid.cards[READER].first.isHidden()
    leave(stage)
    assert mine.is_dir()


# -- speed -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_measuring_shows_the_speed_on_card_and_pane(stage: Stage) -> None:
    stage.press(SPOTTER)
    stage.wait_for(SPOTTER, Standing.LOADED)
    card = stage.page.grid.cards[SPOTTER]
    card.measure.click()
    assert stage.page.pane.state.text() == "Measuring its speed"
    stage.qtbot.waitUntil(
        lambda: stage.page.controller.items[SPOTTER].row.speed is not None, timeout=LONGEST_MS
    )
    assert card._speed.text().endswith(" ms a frame")
    assert card.measure.isHidden()
    assert "in 50 runs" in stage.page.pane.facts.texts()["Speed"]


# -- finding, keys, looks --------------------------------------------------------------------------


def test_search_and_filter_leave_what_fits(stage: Stage) -> None:
    page = stage.page
    page.bar.filter.choose(Category.SOUND)
    assert set(page.grid.shown) == {LISTENER}
    assert page.chosen is not None
    assert page.chosen.name == LISTENER
    page.bar.search.setText("nothing like it")
    assert "No model fits" in page.message.text()
    assert page.message.isVisible()
    assert [page.escape(), page.escape()] == [True, False]
    assert len(page.grid.shown) == 3
    page.bar.search.setText("TEXT det")
    assert set(page.grid.shown) == {READER}


def test_arrows_choose_and_enter_leads_to_the_next_thing_to_do(stage: Stage) -> None:
    page = stage.page
    page.grid.focus_chosen()
    first, second = page.grid.shown[:2]
    assert page.grid.chosen_name == first
    press_key(Qt.Key.Key_Right)
    assert page.grid.chosen_name == second
    assert QApplication.focusWidget() is page.grid.cards[second].picture
    press_key(Qt.Key.Key_Home)
    assert page.grid.chosen_name == first
    press_key(Qt.Key.Key_Return)
    assert QApplication.focusWidget() is page.pane.buttons[Action.GET]


def test_who_enters_types_a_search_and_goes_down_to_the_cards(stage: Stage) -> None:
    page = stage.page
    page.activated()
    assert QApplication.focusWidget() is page.bar.search
    press_key(Qt.Key.Key_Down)
    assert QApplication.focusWidget() is page.grid.cards[page.grid.chosen_name].picture


def test_tab_goes_from_the_bar_over_the_chosen_card_into_the_pane(stage: Stage) -> None:
    page = stage.page
    page.bar.more.setFocus()
    seen = []
    for _ in range(4):
        press_key(Qt.Key.Key_Tab)
        seen.append(QApplication.focusWidget())
    card = page.grid.cards[page.grid.chosen_name]
    assert seen == [
        card.picture,
        card.first,
        page.pane.buttons[Action.GET],
        page.pane.files.copies[0],
    ]


def test_the_pane_names_origin_checksum_licence_and_profile(stage: Stage) -> None:
    facts = stage.page.pane.facts.texts()
    assert facts["Licence"] == "MIT"
    assert facts["Origin"] == "github.com/lab/models at 0123456789ab"
    assert "Speed" not in facts
    assert stage.page.pane.profile.text().startswith("No profile comes with it")
    entry = stage.page.controller.items[stage.page.grid.chosen_name].entry
    stage.page.pane.files.copies[0].click()
    assert QApplication.clipboard().text() == entry.files[0].sha256


def test_everything_fits_and_has_a_name(stage: Stage) -> None:
    for palette in (LIGHT, DARK):
        stage.page.set_palette_roles(palette)
        assert not stage.page.widget.grab().isNull()
    for card in stage.page.grid.cards.values():
        assert card.width() >= card.minimumSizeHint().width()
        assert card.height() >= card.sizeHint().height()
        assert card.picture.accessibleName().startswith(card.item.entry.title)
    for part in (stage.page.bar, stage.page.pane, stage.page.grid):
        for widget in part.findChildren(QWidget):
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
                text = getattr(widget, "text", lambda: "")()
                assert widget.accessibleName() or text, widget


def test_commands_say_why_they_cannot_be_done(stage: Stage) -> None:
    commands = {command.id: command for command in stage.page.commands()}
    assert not commands["gallery.get"].blocked()
    assert "not in a state" in commands["gallery.use"].blocked()
    commands["gallery.get"].run()
    stage.wait_for(stage.page.grid.chosen_name, Standing.LOADED, Standing.BROKEN)
    assert not commands["gallery.remove"].blocked()


def test_a_catalogue_that_cannot_be_read_is_said_and_read_again(qtbot: QtBot) -> None:
    def broken(_mirror: str, _folder: Path | None) -> Gallery:
        raise OSError("the disk is gone")

    host = ListeningHost(Target("nobody"))
    control = RepositoryControl(host.tasks, lambda: None, host.store)
    page = GalleryPage(host, control, broken)
    qtbot.addWidget(page.widget)
    page.activated()
    qtbot.waitUntil(lambda: page.message.text() == "the disk is gone", timeout=LONGEST_MS)
    assert not page._again.isHidden()
    page.close()
    host.tasks.close(5.0)
    delete_now(page.widget, page.controller, page, control, host.store, host.tasks, host)


def test_a_screen_reader_is_told_all_of_the_page(stage: Stage) -> None:
    assert_told(stage.page.widget)
