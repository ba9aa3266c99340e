"""Preferences, layouts, and what the palette finds besides commands."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QListWidget

from backend.core.errors import UsageError
from backend.core.status import Notice, Severity
from backend.core.target import Target
from gui.shell.layouts.form import LayoutsForm
from gui.shell.settings.form import SettingsForm
from gui.state.preferences import Preferences
from gui.state.settings import Settings, ViewMemory, from_json, to_json
from gui.state.switches import target_title
from gui.widgets.picker import Picker
from gui.widgets.theme import DARK, ThemeChoice
from gui.workspace.layouts import Layout, LayoutStore, layout_from, name_problem
from tests.balance import is_balanced
from tests.gui.shell.test_pages import NotesPage
from tests.gui.shell_fakes import SOURCES
from tests.gui.shell_stage import Stage
from tests.stored_files import FOLDER

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

# The offscreen platform says so about every window with a smallest size.


def test_preferences_and_repositories_are_restored_and_old_files_are_read() -> None:
    wanted = Settings(
        preferences=Preferences(plot_window_s=60, toasts=Severity.ERROR, drop_alarm=9.5),
        repositories=("/models",),
        mirror="https://mirror.lab/files",
    )
    assert from_json(to_json(wanted, SOURCES).encode()) == wanted
    old = json.loads(to_json(Settings(), SOURCES))
    del old["preferences"], old["repositories"], old["language"], old["mirror"]
    assert from_json(json.dumps(old).encode()) == Settings()


@pytest.mark.parametrize("data", [{"rows": 0}, {"plot_window_s": 9000}, {"toasts": "loud"}])
def test_preferences_out_of_their_limits_are_refused(data: dict[str, object]) -> None:
    file = json.loads(to_json(Settings(), SOURCES)) | {"preferences": data}
    with pytest.raises(UsageError, match=r"rows|plot_window_s|loud"):
        from_json(json.dumps(file).encode())


def test_a_setting_holds_at_once(stage: Stage) -> None:
    stage.settings.open()
    form = stage.window.findChildren(SettingsForm)[0]
    form.plot_window.setValue(60)
    form.rows.setValue(3)
    form.toasts.setCurrentIndex(form.toasts.findData(Severity.WARNING))
    form.theme.setCurrentIndex(form.theme.findData(ThemeChoice.LIGHT))
    assert stage.store.current.preferences == Preferences(60, 3, Severity.WARNING)
    assert stage.appearance.choice is ThemeChoice.LIGHT
    stage.notifier.show_notice(Notice(Severity.INFO, "Quiet"))
    assert not stage.window.toasts.shown
    assert "Quiet" in stage.live.page.log.toPlainText()
    assert stage.store.current.language == "system"
    form.language.setCurrentIndex(form.language.findData("de"))
    assert stage.store.current.language == "de"
    form._restore()
    assert stage.store.current.preferences == Preferences()
    assert stage.store.current.language == "system"
    form.close()


@pytest.mark.parametrize(("saved", "shown"), [("de", "Deutsch"), ("tlh", "As the system")])
def test_the_language_of_the_next_start_is_shown(stage: Stage, saved: str, shown: str) -> None:
    stage.store.update(replace(stage.store.current, language=saved))
    stage.settings.open()
    form = stage.window.findChildren(SettingsForm)[0]
    names = [form.language.itemText(index) for index in range(form.language.count())]
    assert names == ["As the system", "Deutsch", "English"]
    assert form.language.currentText() == shown
    form.close()


def test_a_layout_is_saved_used_and_deleted(stage: Stage) -> None:
    stage.live.page.dock("latency").hide()
    stage.live.page.pane.toggle_mirror()
    stage.layouts.save("Mine")
    stage.layouts.use(stage.live.page.built_in_layouts()[0])
    stage.live.page.pane.toggle_mirror()
    assert stage.live.page.dock("latency").isVisibleTo(stage.live.page)
    stage.layouts.use("Mine")
    assert not stage.live.page.dock("latency").isVisibleTo(stage.live.page)
    assert stage.live.page.pane.memory.mirror
    picture = stage.live.page.built_in_layouts()[1]
    stage.layouts.use(picture)
    assert not stage.live.page.dock("timeline").isVisibleTo(stage.live.page)


def test_a_layout_remembers_the_page_in_front(stage: Stage) -> None:
    deck = stage.window.deck
    deck.add(NotesPage("notes"))
    deck.show_page("notes")
    stage.layouts.save("With notes")
    stage.layouts.use(stage.live.page.built_in_layouts()[0])
    assert deck.front == "live"
    stage.layouts.use("With notes")
    assert deck.front == "notes"
    stage.layouts.store.save(Layout("Of another version", "", page="no-such-page"))
    stage.layouts.use("Of another version")
    assert deck.front == "live"


def test_the_layouts_form_keeps_built_in_ones(stage: Stage) -> None:
    stage.layouts.open()
    form = stage.window.findChildren(LayoutsForm)[0]
    form.name.setText("Standard")
    form.save_present()
    assert stage.layouts.store.names() == ()
    form.name.setText("Talk")
    form.save_present()
    assert [*stage.layouts.store.names()] == ["Talk"]
    form.delete_selected()
    assert [*stage.layouts.store.names()] == ["Talk"]
    form.list.setCurrentRow(3)
    form.delete_selected()
    assert not stage.layouts.store.names()
    form.close()


def test_layouts_are_files_and_a_broken_one_is_set_aside(tmp_path: Path) -> None:
    problems: list[str] = []
    layout = Layout("Talk", "AAAA", locked=False, view=ViewMemory(rotation=90))
    LayoutStore(tmp_path, problems.append).save(layout)
    assert LayoutStore(tmp_path, problems.append).get("Talk") == layout
    assert not problems
    (tmp_path / "late.json").write_text('{"schema": 0}')
    assert LayoutStore(tmp_path, problems.append).names() == ("Talk",)
    assert (tmp_path / "late.json.broken-1").exists()
    assert "set aside" in problems[0]
    again = LayoutStore(tmp_path, problems.append)
    again.delete("Talk")
    assert not list(tmp_path.glob("*.json"))


def test_a_layout_of_a_newer_program_is_left_alone_and_said_once(tmp_path: Path) -> None:
    problems: list[str] = []
    path = tmp_path / "Talk.json"
    path.write_text('{"schema": 2}')
    store = LayoutStore(tmp_path, problems.append)
    store.save(Layout("Other", "AAAA"))
    assert store.names() == ("Other",)
    assert len(problems) == 1
    assert "newer program" in problems[0]
    store.save(Layout("Talk", "AAAA"))
    assert "newer program" in problems[1]
    assert path.read_text() == '{"schema": 2}'


def test_a_layout_of_version_1_is_read_as_it_was(tmp_path: Path) -> None:
    layout = Layout("Talk", "AAAA", locked=False, view=ViewMemory(rotation=90))
    content = (FOLDER / "layout.json").read_bytes()
    assert layout_from(content) == layout
    LayoutStore(tmp_path, print).save(layout)
    written = json.loads((tmp_path / "Talk.json").read_bytes())
    assert written == {**json.loads(content), "page": ""}, (
        "the page came later, and may be left out"
    )


@pytest.mark.parametrize(
    "content",
    [
        b"\xff",
        b"[" * 5000,
        b"[]",
        b'{"schema": 1, "name": "Talk"}',
        b'{"schema": 1, "name": "../x", "docks": ""}',
        b'{"schema": 1, "name": "Talk", "docks": "", "view": {"rotation": 45}}',
        b'{"schema": 1, "name": "Talk", "docks": 7}',
        b" " * (1 << 21),
    ],
)
def test_a_layout_that_is_none_is_neither_lost_nor_in_the_way(
    tmp_path: Path, content: bytes
) -> None:
    problems: list[str] = []
    (tmp_path / "Talk.json").write_bytes(content)
    store = LayoutStore(tmp_path, problems.append)
    assert store.names() == ()
    assert "Talk.json.broken-1" in problems[0]
    assert (tmp_path / "Talk.json.broken-1").read_bytes() == content
    (tmp_path / "Talk.json").mkdir()
    store.save(Layout("Talk", "AAAA"))
    assert store.names() == ("Talk",)
    assert (tmp_path / "Talk.json.broken-2").is_dir()


def test_a_layout_of_another_window_is_there_when_it_is_asked_for(tmp_path: Path) -> None:
    problems: list[str] = []
    first, second = (LayoutStore(tmp_path, problems.append) for _ in range(2))
    first.save(Layout("Talk", "AAAA"))
    assert second.names() == ("Talk",)
    second.delete("Talk")
    assert first.names() == ()
    assert not problems


def test_a_layout_that_cannot_be_saved_lasts_for_this_run(tmp_path: Path) -> None:
    problems: list[str] = []
    (tmp_path / "file").write_text("in the way")
    store = LayoutStore(tmp_path / "file" / "layouts", problems.append)
    store.save(Layout("Talk", "AAAA"))
    assert store.get("Talk") == Layout("Talk", "AAAA")
    assert "cannot be saved" in problems[0]


@pytest.mark.parametrize("name", ["", "../x", "a/b", "CON.", ".x", "x" * 41])
def test_names_of_layouts_are_names_of_files(name: str) -> None:
    assert name_problem(name)


def find(stage: Stage, words: str) -> None:
    """Type into the palette and press Enter."""
    stage.window.open_palette()
    query = QApplication.focusWidget()
    assert query is not None
    QTest.keyClicks(query, words)
    QTest.keyClick(query, Qt.Key.Key_Return)


def test_the_palette_finds_sources_models_and_targets_by_name(stage: Stage) -> None:
    lab = Target("lab", rest="http://127.0.0.1:1", grpc="127.0.0.1:2")
    stage.server_control.start()
    stage.targets.saved.targets += (lab,)
    find(stage, "source sweep")
    assert stage.store.current.switches.source == "sweep"
    find(stage, "source test pattern")
    find(stage, "model identity")
    assert stage.store.current.switches.model == "identity"
    find(stage, "target lab")
    assert stage.store.current.switches.target == lab


def test_an_exact_name_outranks_everything_in_the_palette(stage: Stage) -> None:
    stage.server_control.start()
    stage.window.open_palette()
    query = QApplication.focusWidget()
    assert query is not None
    for words, first in (("identity", "Model: identity"), ("tone", "Source: Tone")):
        query.setText(words)  # type: ignore[attr-defined]
        found = next(one for one in stage.window.findChildren(QListWidget) if one.isVisible())
        assert found.item(0).text() == first
    QTest.keyClick(query, Qt.Key.Key_Escape)


def test_a_word_of_a_name_outranks_one_of_what_a_command_is_also_called(stage: Stage) -> None:
    titles = [c for c in stage.window.commands if c.matches("record")]
    ranks = [c.distance("record") for c in sorted(titles, key=lambda c: c.distance("record"))]
    assert 3 in ranks
    assert all(c.distance("record") < 3 for c in titles if "record" in c.title.lower())


def test_a_palette_without_a_match_says_so_and_runs_nothing(stage: Stage) -> None:
    find(stage, "qqq")
    found = next(one for one in stage.window.findChildren(QListWidget) if one.isVisible())
    assert [found.item(row).text() for row in range(found.count())] == ["Nothing matches: qqq"]
    query = QApplication.focusWidget()
    assert query is not None
    QTest.keyClick(query, Qt.Key.Key_Down)
    QTest.keyClick(query, Qt.Key.Key_Return)
    assert found.isVisible()
    QTest.keyClick(query, Qt.Key.Key_Escape)


def test_what_cannot_be_chosen_says_why_in_the_palette(stage: Stage) -> None:
    stage.server_control.start()
    find(stage, "model pitch")
    assert stage.store.current.switches.model != "pitch"
    assert "takes sound" in stage.window.toasts.shown[-1].title


def test_an_address_keeps_its_ports_when_there_is_little_room(qtbot: QtBot) -> None:
    picker = Picker("Target", 164, DARK, keeps_ports=True)
    qtbot.addWidget(picker)
    metrics = QFontMetrics(picker.font())
    for ports in (":8000,8001", "-8000-8001", ":,8001", ":8000"):
        picker.show_choice(f"a-very-long-name.of-a-host.example{ports}", "network")
        assert picker._elided(metrics, 110).endswith(f"…{ports}")


def test_a_region_is_never_cut_within_a_number(qtbot: QtBot) -> None:
    picker = Picker("Source", 164, DARK)
    qtbot.addWidget(picker)
    metrics = QFontMetrics(picker.font())
    picker.show_choice("350 × 320 + 1100 + 300", "screen")
    whole = metrics.horizontalAdvance("350 × 320 + 1100 + 300")
    assert picker._elided(metrics, 2 * whole) == "350 × 320 + 1100 + 300"
    assert picker._elided(metrics, whole - 1) == "350 × 320 …"


def test_a_name_made_from_an_address_is_shown_as_that(qapp: object) -> None:
    home = Target("127.0.0.1-8300", rest="http://127.0.0.1:8300")
    assert target_title(home) == "127.0.0.1:8300"
    assert target_title(replace(home, rest="", grpc="127.0.0.1:8300")) == "127.0.0.1:8300"
    assert target_title(replace(home, name="lab")) == "lab"


def test_counters_are_reset_while_a_run_is_on(stage: Stage) -> None:
    stage.window.commands.run("run.reset_counters")
    assert "Nothing is streaming." in stage.window.toasts.shown[-1].title
    stage.server_control.start()
    stage.live.start.toggle()
    stage.session.answer(41)
    stage.window.commands.run("run.reset_counters")
    status = stage.session.status()
    assert stage.live.page.counters.since(status).counts.captured == 0
    assert is_balanced(replace(status, counts=stage.live.page.counters.since(status).counts).counts)


@pytest.mark.parametrize(("width", "room"), [(1000, False), (2200, True)])
def test_switches_for_which_the_bar_has_no_room_are_grey_with_the_reason(
    stage: Stage, width: int, *, room: bool
) -> None:
    stage.window.resize(width, 900)
    stage.settings.open()
    form = stage.window.findChildren(SettingsForm)[0]
    assert form.open_switches.isEnabled() is room
    words = [label.text() for label in form.findChildren(QLabel)]
    assert any("points wide" in text for text in words) is not room
    form.close()
