"""Recording from the window: a file of the run that is on, and the seconds before."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from backend.core.status import Notice
from backend.recording import contents_of
from backend.session.sinks import RESULTS, SENT
from backend.wire.recording import output
from gui.live import recording
from gui.live.recording import clock
from tests.gui.shell_stage import Stage
from tests.waiting import wait_for
from tests.wire.recording.recorded import result, sent


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where recordings of these tests go; it is not there yet."""
    monkeypatch.setattr(recording, "recordings_folder", lambda: tmp_path / "videos" / "Inferdeck")
    return tmp_path / "videos" / "Inferdeck"


@pytest.fixture
def notices(stage: Stage) -> list[Notice]:
    """What the window says from now on."""
    said: list[Notice] = []
    stage.notifier.notified.connect(lambda notice, _actions, _details: said.append(notice))
    return said


@pytest.fixture(autouse=True)
def _ends(stage: Stage) -> Iterator[None]:
    """The run of these tests ends with them: what reads it has a thread each."""
    yield
    for session in stage.sessions:
        session.subscriptions.finish(threading.Event())


def streaming(stage: Stage) -> None:
    stage.server_control.start()
    stage.window.commands["run.toggle"].run()
    stage.session.subscriptions.start()


def publish(stage: Stage, first: int, count: int) -> None:
    for number in range(first, first + count):
        stage.session.subscriptions.publish(SENT, sent(number))
        stage.session.subscriptions.publish(RESULTS, result(number))


def test_a_recording_begins_shows_itself_and_ends(
    stage: Stage, folder: Path, notices: list[Notice]
) -> None:
    record = stage.window.commands["run.record"]
    assert record.blocked() == "Nothing is streaming."
    streaming(stage)
    assert record.blocked() == ""
    record.run()
    assert record.checked is not None
    assert record.checked()
    control, slot = stage.live.recording, stage.live.strip._recording
    assert slot.isVisibleTo(stage.live.strip)
    assert slot.text().startswith("0:00")
    publish(stage, 0, 5)
    slot.click()
    wait_for(lambda: control._recorder is not None and control._recorder.closed, "the end")
    control._look()
    assert not control.recording
    assert not slot.isVisibleTo(stage.live.strip)
    (file,) = folder.iterdir()
    assert (contents_of(file).pictures, contents_of(file).answers) == (5, 5)
    assert notices[-1].title == f"Recording saved: {file.name}"
    assert str(folder) in notices[-1].body
    assert stage.store.current.recent[0] == str(file), "it is at hand in the menu of sources"
    (play,) = (b for b in stage.window.toasts.findChildren(QPushButton) if b.text() == "Open it")
    wanted: list[str] = []
    control.play_wanted.connect(wanted.append)
    play.click()
    assert wanted == [str(file)]


def test_a_recording_ends_with_its_run(stage: Stage, folder: Path, notices: list[Notice]) -> None:
    streaming(stage)
    stage.window.commands["run.record"].run()
    publish(stage, 0, 3)
    control = stage.live.recording
    for session in stage.sessions:
        session.subscriptions.finish(threading.Event())
    wait_for(lambda: control._recorder is not None and control._recorder.closed, "the end")
    control._look()
    (file,) = folder.iterdir()
    assert contents_of(file).pictures == 3
    assert not contents_of(file).unfinished


def test_a_recording_that_failed_is_not_called_saved(
    stage: Stage, folder: Path, notices: list[Notice], monkeypatch: pytest.MonkeyPatch
) -> None:
    streaming(stage)
    stage.window.commands["run.record"].run()
    control = stage.live.recording
    assert control._recorder is not None

    def full(_descriptor: int, _data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(output, "os", SimpleNamespace(**{**vars(os), "write": full}))
    publish(stage, 0, 3)
    stage.session.subscriptions.finish(threading.Event())
    wait_for(lambda: control._recorder is not None and control._recorder.closed, "the end")
    control._look()
    (file,) = folder.iterdir()
    assert notices[-1].title == f"Recorded until it failed: {file.name}"


def test_a_folder_that_cannot_be_made_is_said(
    stage: Stage, folder: Path, notices: list[Notice]
) -> None:
    folder.parent.write_text("a file in its place")
    streaming(stage)
    stage.window.commands["run.record"].run()
    assert not stage.live.recording.recording
    assert "cannot be made" in notices[-1].title
    assert "Errno" not in notices[-1].title
    assert notices[-1].body.startswith("Recordings go there")


def test_the_last_seconds_are_saved_on_demand(
    stage: Stage, folder: Path, notices: list[Notice]
) -> None:
    commands = stage.window.commands
    assert commands["run.save_recent"].blocked() == (
        "Switch on “Keep the last 30 s in memory” first."
    )
    commands["run.keep_recent"].run()
    assert commands["run.save_recent"].blocked() == "Nothing was streamed since they are kept."
    streaming(stage)
    publish(stage, 0, 4)
    recent = stage.live.recording._recent
    assert recent is not None
    wait_for(lambda: recent.held_bytes > 8 * 2048, "the items")
    commands["run.save_recent"].run()
    (file,) = folder.iterdir()
    assert 0 < contents_of(file).pictures <= 4
    assert notices[-1].title == f"Recording saved: {file.name}"
    assert notices[-1].body.startswith("0:00, "), "how far back it reaches"
    commands["run.save_recent"].run()
    assert len(list(folder.iterdir())) == 2
    commands["run.keep_recent"].run()
    assert commands["run.save_recent"].blocked()


def test_lengths_are_written_as_clocks() -> None:
    assert [clock(s) for s in (0.0, 7.9, 750.0, 3723.0)] == ["0:00", "0:07", "12:30", "1:02:03"]


def test_the_strip_needs_no_wider_window_while_recording(stage: Stage, qtbot: QtBot) -> None:
    stage.window.resize(1000, 700)
    before = stage.window.width()
    stage.live.strip.show_recording("9:59:59 999.9 MB", "into a file")
    qtbot.wait(0)
    assert stage.window.width() == before
    assert stage.live.strip.minimumSizeHint().width() <= 1000
    stage.live.strip.show_recording("", "")
    assert stage.live.strip._state.minimumWidth() == 180
