"""Choosing a source in the window."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from backend.core.status import Notice
from gui.live.sources.controller import _sort_out
from tests.attacks.picture_bombs import png_header
from tests.gui.shell_fakes import SOURCES
from tests.gui.shell_stage import Stage, begin, end

# The offscreen platform says so about every window with a smallest size.


def test_what_was_dropped_and_not_used_is_listed_without_its_secrets(stage: Stage) -> None:
    seen: list[tuple[Notice, str]] = []
    stage.live.sources.noticed.connect(lambda notice, lines: seen.append((notice, lines)))
    first, other = "http://me:s3cret@cam/video", "rtsp://cam/a?password=s3cret"
    stage.live.sources.take_files(["http://me:s3cret@cam/a.txt", first, other])
    ((notice, lines),) = seen
    assert lines.count("\n") == 1
    assert "***@cam" in lines
    assert "s3cret" not in f"{notice}{lines.partition(': ')[0]}{lines.splitlines()[1]}"


def test_what_was_opened_is_recent_and_what_the_menu_has_is_not(stage: Stage) -> None:
    for spec in ("pattern", "webcam:C920", "microphone", "film.mp4", "rtsp://cam/a"):
        stage.live.sources.choose(spec)
    assert stage.store.current.recent == ("rtsp://cam/a", "film.mp4")


def test_a_folder_without_pictures_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("Dear reader,", encoding="utf-8")
    usable, rejected = _sort_out([str(tmp_path / "letters")], SOURCES)
    assert usable == ""
    assert "There is no picture in the folder letters" in rejected[0][1].message


def test_a_refused_file_leaves_what_streams_alone_and_is_not_recent(
    stage: Stage, tmp_path: Path, qtbot: QtBot
) -> None:
    seen: list[Notice] = []
    stage.live.sources.noticed.connect(lambda notice, _lines: seen.append(notice))
    begin(stage)
    stage.live.sources._sources = SOURCES  # those that really read files
    wav = tmp_path / "broken.wav"
    wav.write_bytes(b"RIFF\0\0\0\0WAVEnothing")
    for spec in (str(wav), str(tmp_path / "gone.wav"), str(tmp_path / "notes.txt")):
        stage.store.update(stage.store.current.with_recent(spec))
        stage.live.sources.choose_checked(spec)
        assert stage.store.current.switches.source == "pattern"
        assert spec not in stage.store.current.recent
        assert not any(source for _, source in stage.session.changes)
    end(stage, qtbot)
    assert len(seen) == 3


def test_a_refusal_says_what_came_what_was_expected_and_what_to_do(
    stage: Stage, tmp_path: Path
) -> None:
    seen: list[Notice] = []
    stage.live.sources.noticed.connect(lambda notice, _lines: seen.append(notice))
    stage.live.sources._sources = SOURCES
    huge, mcap = tmp_path / "huge.png", tmp_path / "run.mcap"
    huge.write_bytes(png_header(60_000, 60_000) + bytes(99))
    mcap.write_bytes(b"garbage")
    for path in (huge, mcap):
        stage.live.sources.take_files([str(path)])
    assert [notice.title for notice in seen] == [f"{p.name} was not used" for p in (huge, mcap)]
    assert "60000 x 60000 pixels" in seen[0].body
    assert seen[0].body.endswith("Make it smaller first.")
    assert "or recording that can be read" in seen[1].body
    assert seen[1].body.endswith("Recordings: MCAP.")
    assert all("not used" in notice.title for notice in seen)
    assert not any(word in notice.body for notice in seen for word in ("b'", "Error(", "\\x"))
