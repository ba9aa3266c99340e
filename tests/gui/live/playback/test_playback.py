"""The bar under what is played: a recording that is looked at, and the file of a run."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from backend.sources.playback import PlayedSource
from gui.live.playback.bar import PlaybackBar, place_text, speed_text
from gui.live.playback.track import Track
from gui.state.run_control import Phase
from gui.widgets.theme import DARK
from tests.gui.shell_stage import Stage
from tests.sources.reading import write_video
from tests.wire.recording.recorded import SETTINGS, answered, record, result, sent

LEFT, RIGHT, NONE = Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return record(tmp_path / "run.mcap", answered(40))


def shows(stage: Stage, number: int) -> bool:
    return shown_frame(stage) == number


def shown_frame(stage: Stage) -> int:
    frame = stage.live.page.pane.preview._frame
    return -1 if frame is None else frame.seq


def test_a_chosen_recording_is_shown_with_its_answers_and_without_a_server(
    stage: Stage, path: Path, qtbot: QtBot
) -> None:
    page = stage.live.page
    stage.live.sources.choose(str(path))
    qtbot.waitUntil(lambda: page.pane.preview._result is not None)
    showing = stage.live.playback.showing
    assert showing is not None
    assert not stage.sessions, "nothing is streamed"
    assert page.playback.isVisibleTo(page)
    assert page.playback.note.text() == "Recorded answers"
    assert page.playback.place.text() == "0:00.0 / 0:01.3"
    assert stage.live.strip.text("state") == "Recorded: shapes on lab"
    result = page.pane.preview._result
    assert result is not None
    assert result.sample is page.pane.preview._frame
    assert shown_frame(stage) == 0


def test_keys_of_the_picture_step_and_play_it(stage: Stage, path: Path, qtbot: QtBot) -> None:
    stage.live.sources.choose(str(path))
    preview = stage.live.page.pane.preview
    qtbot.waitUntil(lambda: shown_frame(stage) == 0)
    preview.setFocus()
    for key, number in ((RIGHT, 1), (RIGHT, 2), (LEFT, 1), (Qt.Key.Key_End, 39), (LEFT, 38)):
        QTest.keyClick(preview, key)
        qtbot.waitUntil(partial(shows, stage, number))
    QTest.keyClick(preview, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: shown_frame(stage) == 0)
    stage.live.playback.use_speed(None)
    QTest.keyClick(preview, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: shown_frame(stage) == 39)
    assert not stage.sessions, "Space in the picture starts no run"


def test_a_stretch_is_set_by_keys_and_taken_back(stage: Stage, path: Path, qtbot: QtBot) -> None:
    stage.live.sources.choose(str(path))
    page, control = stage.live.page, stage.live.playback
    qtbot.waitUntil(lambda: shown_frame(stage) == 0)
    controls = control.controls
    assert controls is not None
    control.step(3)
    qtbot.waitUntil(lambda: shown_frame(stage) == 3)
    QTest.keyClick(page.pane.preview, Qt.Key.Key_I)
    control.step(4)
    qtbot.waitUntil(lambda: shown_frame(stage) == 7)
    QTest.keyClick(page.pane.preview, Qt.Key.Key_O)
    assert controls.status().span == pytest.approx((0.1, 0.233), abs=0.001)
    stage.window.commands["playback.whole"].run()
    assert controls.status().span is None


def test_running_it_again_sends_its_samples_and_ends_the_look(
    stage: Stage, path: Path, qtbot: QtBot
) -> None:
    stage.server_control.start()
    stage.live.sources.choose(str(path))
    qtbot.waitUntil(lambda: shown_frame(stage) == 0)
    assert stage.live.bar._start.text() == "Run again"
    stage.live.bar._start.click()
    assert stage.live.playback.showing is None
    source = stage.session.source
    assert isinstance(source, PlayedSource)
    assert stage.live.playback.controls is source.playback
    assert stage.live.page.playback.note.text() == "New answers"
    stage.live.page.playback.play.click()
    assert source.playback.paused


def test_the_bar_is_there_for_a_video_and_not_for_a_camera(
    stage: Stage, tmp_path: Path, qtbot: QtBot
) -> None:
    stage.server_control.start()
    bar = stage.live.page.playback
    assert not bar.isVisibleTo(stage.live.page)
    assert stage.window.commands["playback.toggle"].blocked() == "No file is chosen."
    stage.live.sources.choose(str(write_video(tmp_path / "clip.avi", 20, 20)))
    assert bar.isVisibleTo(stage.live.page)
    assert stage.window.commands["playback.forward"].blocked() == "No file is played."
    assert not bar.forward.isEnabled()
    bar.play.click()
    assert stage.live.run.phase is Phase.RUNNING
    stage.live.playback.use_speed(0.5)
    source = stage.session.source
    assert isinstance(source, PlayedSource)
    assert source.playback.status().speed == 0.5
    stage.live.sources.choose("pattern")
    assert not bar.isVisibleTo(stage.live.page)


def test_a_recording_in_which_the_model_changed_shows_both(
    stage: Stage, tmp_path: Path, qtbot: QtBot
) -> None:
    faces = replace(SETTINGS, model="faces")
    items = [*answered(2), replace(sent(2), settings=faces), replace(result(2), settings=faces)]
    stage.live.sources.choose(str(record(tmp_path / "two.mcap", items)))
    preview = stage.live.page.pane.preview
    qtbot.waitUntil(lambda: shown_frame(stage) == 0)
    stage.live.playback.to_end()
    qtbot.waitUntil(lambda: shown_frame(stage) == 2)
    qtbot.waitUntil(lambda: stage.live.page._expected[0] == "faces")
    stage.live.playback.step(0)
    stage.live.playback.to_end()
    qtbot.waitUntil(lambda: preview._result is not None and preview._result.seq == 2)


def test_keys_pause_sound_too(stage: Stage, tmp_path: Path) -> None:
    stage.server_control.start()
    path = tmp_path / "tone.wav"
    soundfile.write(path, np.zeros(8000), 8000)
    stage.live.sources.choose(str(path))
    stage.live.page.playback.play.click()
    source = stage.session.source
    assert isinstance(source, PlayedSource)
    stage.live.page.activated()
    waveform = stage.live.page.sound.waveform
    assert waveform.hasFocus()
    rested: list[bool] = []
    stage.live.playback.rested.connect(rested.append)
    QTest.keyClick(waveform, Qt.Key.Key_Space)
    assert source.playback.paused
    assert stage.live.run.phase is Phase.RUNNING
    assert rested == [True], "it stays where it is"
    strip = stage.live.strip
    assert strip.text("state") == "Paused"
    assert strip._dot_role == "text_muted"
    QTest.keyClick(waveform, Qt.Key.Key_Space)
    assert rested == [True, False]
    assert strip.text("state") == "Streaming to Local demo"
    assert strip._dot_role == "ok"


def test_another_source_ends_the_look(stage: Stage, path: Path, qtbot: QtBot) -> None:
    stage.live.sources.choose(str(path))
    qtbot.waitUntil(lambda: shown_frame(stage) == 0)
    showing = stage.live.playback.showing
    assert showing is not None
    stage.live.sources.choose("pattern")
    assert showing.join(30)
    assert stage.live.playback.showing is None
    assert shown_frame(stage) == -1


def test_a_recording_that_breaks_while_it_is_shown_says_so(
    stage: Stage, path: Path, qtbot: QtBot
) -> None:
    said: list[object] = []
    stage.live.playback.failed.connect(said.append)
    stage.live.sources.choose(str(path))
    qtbot.waitUntil(lambda: shown_frame(stage) == 0)
    path.unlink()
    stage.live.playback.to_end()
    qtbot.waitUntil(lambda: bool(said))
    assert stage.live.playback.showing is None
    assert "run.mcap" in str(said[0])


def test_the_track_is_pressed_dragged_and_let_go(qtbot: QtBot) -> None:
    from backend.sources.playback import PlaybackStatus

    track = Track(DARK)
    qtbot.addWidget(track)
    track.resize(216, 26)
    track.show_status(PlaybackStatus(2.0, 10.0))
    track.setEnabled(True)
    assert track.x_of(5.0) == 108
    sought: list[float] = []
    track.sought.connect(sought.append)
    QTest.mousePress(track, Qt.MouseButton.LeftButton, NONE, QPoint(108, 13))
    QTest.mouseMove(track, QPoint(1000, 13))
    QTest.mouseRelease(track, Qt.MouseButton.LeftButton, NONE, QPoint(158, 13))
    assert sought[0] == 5.0
    assert sought[-1] <= 10.0
    sought.clear()
    QTest.keyClick(track, Qt.Key.Key_PageUp)
    assert sought == [3.0]


def test_places_and_speeds_in_words(qtbot: QtBot) -> None:
    assert [place_text(s) for s in (0.0, 7.26, 59.96, 3723.4)] == [
        "0:00.0",
        "0:07.3",
        "1:00.0",
        "1:02:03.4",
    ]
    assert [speed_text(s) for s in (0.1, 0.25, 1.0, 8.0, None)] == [
        "0.1×",
        "0.25×",
        "1×",
        "8×",
        "As answered",
    ]
    bar = PlaybackBar(DARK)
    qtbot.addWidget(bar)
    assert not bar.track.isEnabled()
