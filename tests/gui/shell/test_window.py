"""The window with a scripted run behind it: what keys, switches and news do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from backend.core.choices import EMBEDDED, Serialization, Transport
from backend.core.errors import PortInUse, TargetUnreachable
from backend.core.samples import Frame, MediaKind
from backend.core.status import (
    Alert,
    Notice,
    RunState,
    RunStatus,
    Severity,
    SourceInfo,
    SourceState,
    SourceStatus,
)
from backend.core.target import Target
from gui.state.run_control import Phase
from gui.state.server_control import ServerState
from gui.widgets.theme import ThemeChoice
from gui.workspace.notices import ToastAction
from tests.gui.shell_fakes import (
    FakeSource,
)
from tests.gui.shell_stage import Stage, begin, end

# The offscreen platform says so about every window with a smallest size.


def test_space_before_the_server_is_up_starts_as_soon_as_it_is(stage: Stage) -> None:
    stage.window.commands.run("run.toggle")
    assert not stage.sessions
    stage.server_control.start()
    assert stage.session.started


def test_a_run_waits_for_its_model_to_be_loaded(
    stage: Stage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.server_control.start()
    repositories = stage.repositories
    comes = {"shapes"}
    monkeypatch.setattr(repositories, "brings", comes.__contains__)
    stage.window.commands.run("run.toggle")
    assert not stage.sessions
    assert stage.live.strip.text("state") == "Loading shapes"
    stage.window.commands.run("run.toggle")
    assert not stage.live.start.wanted
    stage.window.commands.run("run.toggle")
    comes.clear()
    repositories.changed.emit()
    qtbot.waitUntil(lambda: bool(stage.sessions))
    assert stage.session.started


def test_a_run_is_drawn_counted_and_summed_up(stage: Stage, qtbot: QtBot) -> None:
    session = begin(stage)
    page = stage.live.page
    for seq in range(3):
        session.answer(seq)
    qtbot.waitUntil(lambda: page.top.summary.find("cat") >= 0)
    qtbot.waitUntil(lambda: "Streaming to Local demo" in stage.live.strip.text("state"))
    end(stage, qtbot)
    assert [n.title for n in stage.window.toasts.shown] == ["Stopped"]
    assert "answered    3" in " ".join(page.log.toPlainText().split(" "))
    assert stage.live.run.session is None


def test_switches_reach_the_run_that_is_on(stage: Stage) -> None:
    session = begin(stage)
    bar = stage.live.bar
    bar.transport.choose("rest")
    bar.serialization.choose("json")
    settings, source = session.changes[-1]
    assert settings is not None
    assert source is None
    assert settings.transport is Transport.REST
    assert settings.payload.serialization is Serialization.JSON
    assert stage.store.current.switches.serialization is Serialization.JSON


def test_what_cannot_be_is_greyed_with_the_reason(stage: Stage) -> None:
    bar = stage.live.bar
    assert "REST has json" in bar.serialization.blocked("json")
    assert bar.serialization.button("json").toolTip() == bar.serialization.blocked("json")
    bar.transport.choose("rest")
    bar.serialization.choose("json")
    assert "JSON carries pixels as numbers" in bar.image.blocked("jpeg")
    assert "gRPC has typed" in bar.serialization.blocked("raw")
    assert "has a quality" in bar.quality.toolTip()


def test_a_target_without_an_address_for_a_transport_greys_it(stage: Stage) -> None:
    rest_only = Target("lab", rest="http://127.0.0.1:1")
    stage.live.switches.choose(
        replace(stage.store.current.switches, target=rest_only, transport=Transport.REST)
    )
    assert "no gRPC address" in stage.live.bar.transport.blocked("grpc")
    assert stage.live.bar.transport.blocked("rest") == ""


def test_sound_brings_a_model_that_takes_sound_and_shows_the_sound(stage: Stage) -> None:
    session = begin(stage)
    stage.live.sources.choose("tone")
    settings, source = session.changes[-1]
    assert settings is not None
    assert source is not None
    assert (settings.model, source.info.kind) == ("pitch", MediaKind.AUDIO)
    assert stage.live.page.sound.isVisible()
    assert "Model changed to pitch" in [n.title for n in stage.window.toasts.shown]
    stage.live.sources.choose("pattern")
    assert session.changes[-1][0] is not None
    assert stage.store.current.switches.model == "shapes"
    assert stage.live.page.pane.isVisible()


def test_files_play_once_when_asked_to(stage: Stage) -> None:
    session = begin(stage)
    stage.live.sources.choose("/x/film.mp4")
    stage.window.commands.run("run.loop")
    source = session.changes[-1][1]
    assert isinstance(source, FakeSource)
    assert (source.spec, source.loop) == ("/x/film.mp4", False)
    assert stage.store.current.switches.loop is False


def test_a_lost_camera_marks_the_picker_until_it_is_back(stage: Stage) -> None:
    session = begin(stage)
    lost = SourceStatus(SourceState.LOST, session.source.info, "Unplugged.", 1, 2.0)
    session.now = replace(session.now, source=lost)
    stage.live.readout.refresh()
    assert stage.live.bar.source.toolTip() == "Unplugged."
    assert "Source not there" in stage.live.strip.text("state")
    assert stage.live.page.top._stale
    session.now = replace(session.now, source=SourceStatus(SourceState.LIVE, session.source.info))
    stage.live.readout.refresh()
    assert "Unplugged." not in stage.live.bar.source.toolTip()
    assert not stage.live.page.top._stale


def test_the_line_over_the_picture_follows_the_size_of_a_captured_window(stage: Stage) -> None:
    session = begin(stage)
    info = SourceInfo(MediaKind.IMAGE, "Editor", live=True, width=640, height=480, rate=30.0)
    session.now = replace(session.now, source=SourceStatus(SourceState.LIVE, info))
    stage.live.readout.refresh()
    for width, height in ((64, 48), (40, 60)):
        stage.live.page.show_frame(Frame(0, 0, np.zeros((height, width, 3), np.uint8)))
        stage.live.readout.refresh()
        assert f"{width} × {height}" in stage.live.page.pane._caption.text()


def test_a_source_that_cannot_be_used_is_said_and_stays_chosen(stage: Stage) -> None:
    stage.server_control.start()
    stage.live.sources.choose("nowhere")
    assert stage.store.current.switches.source == "nowhere"
    assert "There is no nowhere." in stage.live.bar.source.toolTip()
    stage.live.start.toggle()
    assert stage.live.run.phase is Phase.IDLE
    assert not stage.sessions
    assert [n.title for n in stage.window.toasts.shown] == ["There is no nowhere."]
    stage.live.readout.refresh()
    assert stage.live.strip.text("state") == "nowhere cannot be used"
    stage.live.sources.choose("pattern")
    assert not stage.window.toasts.shown


@pytest.mark.filterwarnings("ignore:.*QDragEnterEvent:DeprecationWarning")
def test_dropped_files_use_the_first_that_fits_and_name_the_others_once(stage: Stage) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(f"/x/{name}") for name in ("a.txt", "b.png", "c.png")])
    enter = QDragEnterEvent(
        QPoint(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(stage.window, enter)
    assert enter.isAccepted()
    drop = QDropEvent(
        QPoint(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(stage.window, drop)
    assert stage.store.current.switches.source.endswith("b.png")
    assert stage.store.current.recent[0].endswith("b.png")
    assert [n.title for n in stage.window.toasts.shown] == ["2 files were not used"]


def test_a_failed_run_offers_a_way_out(stage: Stage, qtbot: QtBot) -> None:
    session = begin(stage)
    session.error = TargetUnreachable("Nothing answers at lab:8001.", "Is it up?")
    session.now = replace(session.now, state=RunState.FAILED, message="Nothing answers.")
    session.over = True
    qtbot.waitUntil(lambda: stage.live.run.phase is Phase.IDLE)
    assert stage.window.toasts.shown[-1].severity is Severity.ERROR
    assert stage.live.page.pane.preview.summary.find("Nothing answers at lab:8001.") >= 0


def test_dot_and_words_agree_after_an_error_and_both_go_with_another_source(
    stage: Stage, qtbot: QtBot
) -> None:
    session = begin(stage)
    session.error = TargetUnreachable("Nothing answers at lab:8001.", "Is it up?")
    session.now = RunStatus(state=RunState.FAILED, message="Nothing answers.")
    session.over = True
    qtbot.waitUntil(lambda: stage.live.run.phase is Phase.IDLE)
    assert stage.live.strip.text("state") == "Failed: Nothing answers."
    stage.live.sources.choose("sweep")
    stage.live.readout.refresh()
    assert stage.live.strip.text("state") == "Ready, Space streams"
    assert stage.live.strip._dot_role == "text_muted"


def test_a_port_in_use_is_an_alert_and_free_ports_get_out_of_it(stage: Stage) -> None:
    stage.server.error_at_start = PortInUse("127.0.0.1", 8000)
    stage.server_control.start()
    assert server_state(stage) is ServerState.FAILED
    assert [a.id for a in stage.live.page.alerts.alerts] == ["server"]
    stage.server.error_at_start = None
    press(stage.window.toasts, "Use free ports")
    assert server_state(stage) is ServerState.RUNNING
    assert not stage.live.page.alerts.alerts
    assert stage.live.page.dock("alerts").windowTitle() == "Alerts"


def test_the_server_panel_switches_doors_and_shows_requests(stage: Stage) -> None:
    stage.server_control.start()
    panel = stage.server_panel
    stage.live.page.open_dock("server")
    stage.window.commands.run("server.rest")
    assert not stage.server.rest_on
    assert stage.server_control.resolve(Target(EMBEDDED)).rest == ""
    stage.server.requests.add(
        time_s=0.0,
        api="REST",
        peer="x",
        method="POST /predict",
        model="shapes",
        status="200",
        failed=False,
        duration_ms=1.5,
        bytes_in=10,
        bytes_out=20,
    )
    panel.poll()
    assert "1 request" in panel.findChildren(QWidget, "requestCount")[0].accessibleName()


def test_alerts_replace_themselves_and_go(stage: Stage) -> None:
    alerts = stage.live.page.alerts
    lost = Alert("source", Severity.WARNING, "The source is not there")
    alerts.set_alerts("run", [lost, Alert("source", Severity.WARNING, "Still gone")])
    assert len(alerts.alerts) == 1
    assert stage.live.page.dock("alerts").windowTitle() == "Alerts 1"
    alerts.set_alerts("run", [])
    assert not alerts.alerts


def test_a_condition_with_other_words_below_its_title_keeps_its_buttons(stage: Stage) -> None:
    """One of them may be held down while the words change."""
    pressed: list[str] = []
    cancel = ToastAction("Cancel", lambda: pressed.append("cancel"))
    show = stage.notifier.show_condition
    show("copy", Notice(Severity.INFO, "Checking", "10 %"), (cancel,))
    (button,) = (b for b in stage.window.toasts.findChildren(QPushButton) if b.text() == "Cancel")
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    show("copy", Notice(Severity.INFO, "Checking", "20 %"), (cancel,))
    assert [notice.body for notice in stage.window.toasts.shown] == ["20 %"]
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert pressed == ["cancel"]
    show("copy", None)
    assert not stage.window.toasts.shown


def test_toasts_show_every_line_of_their_texts(stage: Stage) -> None:
    words = "The settings could not be understood and were set aside in the folder beside them. "
    long_path = "/home/somebody/.config/inferdeck/inferdeck/settings.json.bad "
    toasts = stage.window.toasts
    toasts.show_notice(Notice(Severity.WARNING, words, words + long_path + words))
    QApplication.processEvents()
    wrapped = [label for label in toasts.findChildren(QLabel) if label.wordWrap()]
    shown = [label for label in wrapped if label.isVisible()]
    assert len(shown) == 2
    for label in shown:
        assert label.height() >= label.heightForWidth(label.width())
        toast = label.parentWidget()
        assert toast is not None
        assert toast.rect().contains(label.geometry())
    assert toasts.geometry().bottom() < stage.window.height()


def test_space_belongs_to_a_button_or_field_that_has_the_focus(stage: Stage, qtbot: QtBot) -> None:
    stage.server_control.start()
    bar = stage.live.bar
    stage.live.page.pane.preview.setFocus()
    QTest.keyClick(stage.live.page.pane.preview, Qt.Key.Key_Space)
    assert stage.live.run.phase is Phase.RUNNING
    bar.open_wire()
    button = bar.compression.button("gzip")
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert stage.live.run.phase is Phase.RUNNING
    assert bar.compression.value == "gzip"


def test_the_palette_finds_and_runs_a_command_by_its_words(stage: Stage, qtbot: QtBot) -> None:
    stage.window.open_palette()
    query = QApplication.focusWidget()
    assert query is not None
    QTest.keyClicks(query, "comp gz")
    QTest.keyClick(query, Qt.Key.Key_Return)
    assert stage.live.bar.compression.value == "gzip"


def test_the_palette_has_first_what_is_called_so_then_what_begins_so(
    stage: Stage, qtbot: QtBot
) -> None:
    stage.server_control.start()
    stage.window.open_palette()
    query = QApplication.focusWidget()
    assert query is not None
    QTest.keyClicks(query, "shap")
    QTest.keyClick(query, Qt.Key.Key_Return)
    assert stage.store.current.switches.model == "shapes"


def test_escape_closes_the_palette_and_gives_the_focus_back(stage: Stage) -> None:
    preview = stage.live.page.pane.preview
    preview.setFocus()
    stage.window.open_palette()
    query = QApplication.focusWidget()
    assert query is not None
    QTest.keyClicks(query, "comp")
    QTest.keyClick(query, Qt.Key.Key_Escape)
    assert not query.isVisible()
    assert QApplication.focusWidget() is preview


@pytest.mark.parametrize("command", ["source.open_address", "target.new"])
def test_a_question_for_an_address_waits_in_its_field(
    stage: Stage, qtbot: QtBot, command: str
) -> None:
    stage.window.commands.run(command)
    qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), QLineEdit))
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    assert "ddress" in field.accessibleName()
    QTest.keyClick(field, Qt.Key.Key_Escape)


def test_a_blocked_command_says_why(stage: Stage) -> None:
    stage.window.commands.run("run.retry")
    assert "Nothing is streaming." in stage.window.toasts.shown[0].title


def test_ids_and_keys_of_commands_are_unique(stage: Stage) -> None:
    command = stage.window.commands["run.toggle"]
    with pytest.raises(ValueError, match="in use"):
        stage.window.commands.add([replace(command, id="other")])


def test_the_theme_changes_everything_at_once(stage: Stage) -> None:
    stage.settings.choose_theme(ThemeChoice.LIGHT)
    assert stage.live.page.pane.preview.roles.name == "light"
    assert stage.store.current.theme is ThemeChoice.LIGHT


def test_every_control_has_a_name(stage: Stage) -> None:
    for kind in (QAbstractButton, QAbstractSpinBox):
        for widget in stage.window.findChildren(kind):
            ours = not widget.objectName().startswith("qt_")
            if ours and widget.isVisible():
                assert widget.accessibleName() or _label(widget), widget


def test_a_crash_stops_the_run_and_can_be_copied(stage: Stage, qtbot: QtBot) -> None:
    begin(stage)
    stage.notifier.show_crash(ZeroDivisionError("oops"))
    qtbot.waitUntil(lambda: stage.live.run.phase is Phase.IDLE)
    press(stage.window.toasts, "Copy")
    text = QApplication.clipboard().text()
    assert "ZeroDivisionError" in text
    assert "PySide6" in text


def test_window_docks_and_switches_are_remembered_on_close(stage: Stage) -> None:
    begin(stage)
    stage.window.commands.run("panels.lock")
    stage.window.close()
    memory = stage.store.current.window
    assert memory.geometry
    assert memory.docks
    assert memory.locked is False
    assert stage.session.over


def server_state(stage: Stage) -> ServerState:
    """Where the server stands now."""
    return stage.server_control.state


def press(parent: QWidget, text: str) -> None:
    """Click the button that says so."""
    next(b for b in parent.findChildren(QAbstractButton) if b.text() == text).click()


def _label(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QAbstractButton) else ""


def test_a_dialog_that_is_open_does_not_outlive_the_window(stage: Stage) -> None:
    stage.window.show()
    stage.window.commands.run("app.settings")
    dialog = stage.window.findChild(QDialog)
    assert dialog is not None
    assert dialog.isVisible()
    stage.window.close()
    assert not dialog.isVisible()
