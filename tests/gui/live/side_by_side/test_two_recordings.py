"""Two recordings in the window: both read through, what is shown of the one beside the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from backend.core.predictions import Detection, Detections
from backend.core.status import Result
from backend.side_by_side import Estimate
from gui.live.side_by_side import SideBySidePart
from gui.live.side_by_side import Stage as Where
from gui.live.side_by_side.two_recordings import least_of
from gui.live.side_by_side.words import difference
from tests.gui.shell_stage import Stage
from tests.wire.recording.recorded import Item, answered, record, result, sent

ELSEWHERE = (Detections((Detection((30.0, 30.0, 40.0, 40.0), "circle", 0.5, 0),)),)
ODD = 7
"""The sample that the second recording has another answer to; it has none of the last ten."""


def changed() -> Iterator[Item]:
    for number in range(30):
        yield sent(number)
        yield result(number, ELSEWHERE) if number == ODD else result(number)


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return record(tmp_path / "before.mcap", answered(40))


@pytest.fixture
def after(tmp_path: Path) -> Path:
    return record(tmp_path / "after.mcap", changed())


def look_at(
    stage: Stage, qtbot: QtBot, path: Path, *, answered_at_once: bool = True
) -> SideBySidePart:
    stage.live.sources.choose(str(path))
    preview = stage.live.page.pane.preview
    qtbot.waitUntil(lambda: (preview._result if answered_at_once else preview._frame) is not None)
    return stage.live.side_by_side


def shown_pair(part: SideBySidePart) -> int:
    """The number of the sample on show with both answers."""
    newest = part._newest
    return newest.a.result.seq if newest is not None and newest.a.result is not None else -1


def test_what_is_shown_comes_with_what_the_other_recording_has(
    stage: Stage, qtbot: QtBot, before: Path, after: Path
) -> None:
    part = look_at(stage, qtbot, before)
    part._use_recording(str(after))
    qtbot.waitUntil(lambda: part.controller.stage is Where.COMPARING)
    assert part.controller.names == ("before.mcap", "after.mcap")
    figures = part.controller.figures
    assert figures is not None
    assert (figures.pairs, figures.identical) == (30, 29), "of the whole recordings, at once"
    assert len(part.controller.recent) == 30
    assert part.panel.state.text() == "10 samples are in one of the recordings only."
    assert shown_pair(part) == 0
    assert not part.panel.ledgers.isVisibleTo(part.panel), "no run is counted"
    part.step(1)
    qtbot.waitUntil(lambda: shown_pair(part) == ODD)
    assert part._newest is not None
    assert part._newest.b.predictions == ELSEWHERE
    assert stage.live.playback.showing is not None
    place = stage.live.page.playback.place
    qtbot.waitUntil(lambda: place.text().startswith("0:00.2 /"))
    stage.live.playback.to_end()
    qtbot.waitUntil(lambda: shown_pair(part) == 39)
    assert part._newest.b.error == "not in this recording"
    assert not stage.sessions, "nothing is streamed"


def test_another_recording_that_is_opened_is_compared_with_the_same_one(
    stage: Stage, qtbot: QtBot, before: Path, after: Path, tmp_path: Path
) -> None:
    part = look_at(stage, qtbot, before)
    part._use_recording(str(after))
    qtbot.waitUntil(lambda: part.controller.stage is Where.COMPARING)
    third = record(tmp_path / "third.mcap", answered(20))
    stage.live.sources.choose(str(third))
    qtbot.waitUntil(lambda: part.controller.names == ("third.mcap", "after.mcap"))
    figures = part.controller.figures
    assert figures is not None
    assert figures.pairs == 20
    worst = part.panel.worst
    assert len(worst.rows) == 1
    assert worst.nothing.isHidden()
    worst.show_rows([])
    assert not worst.nothing.isHidden(), "no empty table without a word"
    part.controller.end()
    assert part.controller.stage is Where.OFF
    assert stage.live.playback.showing is not None


def test_of_a_sample_without_an_answer_nothing_is_shown_of_the_one_before(
    stage: Stage, qtbot: QtBot, after: Path, tmp_path: Path
) -> None:
    def broken_off() -> Iterator[Item]:
        yield from answered(20)
        yield sent(20)

    part = look_at(stage, qtbot, record(tmp_path / "broken_off.mcap", broken_off()))
    part._use_recording(str(after))
    qtbot.waitUntil(lambda: shown_pair(part) == 0)
    stage.live.playback.to_end()
    qtbot.waitUntil(
        lambda: part._newest is not None and part._newest.a.error == "no answer recorded"
    )
    compared = stage.live.page.pane.preview.compared
    assert compared is not None
    assert compared.frame.seq == 20
    stage.live.playback.step(-1)
    qtbot.waitUntil(lambda: shown_pair(part) == 19)


def test_figures_are_there_before_the_first_answer_is_shown(
    stage: Stage, qtbot: QtBot, after: Path, tmp_path: Path
) -> None:
    def late() -> Iterator[Item]:
        yield sent(100)
        yield from answered(20)

    part = look_at(stage, qtbot, record(tmp_path / "late.mcap", late()), answered_at_once=False)
    part._use_recording(str(after))
    qtbot.waitUntil(lambda: part.panel.overall.text() != "")
    assert part.panel.overall.text().endswith("19 of 20 identical")
    assert "Waiting" not in part.panel.state.text()


def test_a_run_over_one_is_compared_with_the_other(
    stage: Stage, qtbot: QtBot, before: Path, after: Path
) -> None:
    part = look_at(stage, qtbot, before)
    part._use_recording(str(after))
    qtbot.waitUntil(lambda: part.controller.stage is Where.COMPARING)
    stage.live.start.toggle()
    qtbot.waitUntil(lambda: part.controller.names == ("now", "after.mcap"))
    qtbot.waitUntil(lambda: part._newest is not None)
    assert part._newest is not None
    assert isinstance(part._newest.a.result, Result)


def test_recordings_of_other_samples_are_refused_in_words(
    stage: Stage, qtbot: QtBot, before: Path, tmp_path: Path
) -> None:
    part = look_at(stage, qtbot, before)
    (tmp_path / "none.mcap").write_bytes(b"no recording")
    part._use_recording(str(tmp_path / "none.mcap"))
    qtbot.waitUntil(lambda: part.controller.stage is Where.FAILED)
    assert "none.mcap" in part.controller.error
    assert stage.live.playback.showing is not None, "it is still looked at"


def test_of_many_bars_each_has_the_least() -> None:
    assert least_of([0.5, None], 600) == [0.5, None]
    assert least_of([1.0, 0.2, 1.0, None, 0.9, 0.8], 3) == [0.2, None, 0.8]


def test_only_a_run_sets_the_pace() -> None:
    a_slower = Estimate(-2.14, -3.86, -1.09)
    assert difference(a_slower, both_run=False) == "A took 2.1 ms longer (1.1 to 3.9 ms)"
    assert difference(Estimate(2.0, 1.5, 3.0), both_run=True) == (
        "B takes 2.0 ms longer (1.5 to 3.0 ms) and sets the pace"
    )
    assert difference(Estimate(-0.1, -0.5, 0.2), both_run=False).startswith("Neither is faster")
