"""Compare two in the window: real runs of two models, targets and ways over one source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from backend.core.predictions import Text
from backend.core.samples import AudioBlock, AudioWindow
from backend.core.status import Result, RunState, RunStatus, Sent
from backend.core.target import Target
from backend.core.timing import Timeline
from backend.core.traffic import Traffic
from backend.models.catalogue import bundled_registry
from backend.server.lifecycle import EmbeddedServer
from backend.server.settings import ServerOptions
from backend.session.run import Session
from gui.live.side_by_side import SideBySidePart, parting
from gui.live.side_by_side import Stage as Where
from gui.live.side_by_side.choices import OtherSide, recorded_side
from gui.live.side_by_side.parting import Parting
from gui.state.run_control import Phase
from gui.state.switches import Switches
from gui.views.preview import WipeView
from tests.gui.shell_stage import Stage
from tests.wire.recording.recorded import SETTINGS, Item, answered, record


def part_of(stage: Stage) -> SideBySidePart:
    return stage.live.side_by_side


def view_of(stage: Stage) -> WipeView:
    return stage.live.page.pane.preview


def offered(stage: Stage, title: str) -> OtherSide:
    return next(each for each in part_of(stage)._offers() if each.title == title)


def run(stage: Stage, qtbot: QtBot, source: str = "pattern", model: str = "shapes") -> None:
    stage.live.switches.use(Switches(source=source, model=model))
    stage.live.sources.choose(source)
    qtbot.waitUntil(lambda: stage.live.run.source is not None)
    stage.live.start.toggle()
    qtbot.waitUntil(lambda: answers(stage) > 3)


def statuses(stage: Stage) -> tuple[RunStatus, RunStatus]:
    a, b = part_of(stage).controller.ledgers()
    assert a is not None
    assert b is not None
    return a, b


def answers(stage: Stage) -> int:
    session = stage.live.run.session
    return session.status().counts.answered if session is not None else 0


def compare(stage: Stage, qtbot: QtBot, side: OtherSide, pairs: int = 5) -> None:
    part = part_of(stage)
    part.begin(side)
    qtbot.waitUntil(lambda: part.controller.stage in (Where.COMPARING, Where.FAILED))
    assert part.controller.stage is Where.COMPARING, part.controller.error

    def enough() -> bool:
        figures = part.controller.figures
        return figures is not None and figures.pairs >= pairs

    qtbot.waitUntil(enough)


def test_two_models_answer_the_same_samples_in_one_picture(stage: Stage, qtbot: QtBot) -> None:
    run(stage, qtbot)
    compare(stage, qtbot, offered(stage, "faces"))
    part, view = part_of(stage), view_of(stage)
    qtbot.waitUntil(lambda: view.compared is not None)
    pair = view.compared
    assert pair is not None
    assert pair.a is not None
    assert pair.a.settings.model == "shapes"
    assert pair.a.sample is pair.frame, "each answer lies on its own picture"
    assert view._names == ("shapes", "faces")
    a, b = statuses(stage)
    assert b.counts.answered >= 5
    assert a.counts.answered > b.counts.answered, "the ledger of the run goes on"
    assert part.panel.title.text() == "A shapes   B faces"
    qtbot.waitUntil(lambda: bool(part.panel.worst.rows))
    assert part.panel.agreement.text() == "0.0 %"


def test_ways_of_one_model_agree_and_their_times_are_compared(stage: Stage, qtbot: QtBot) -> None:
    run(stage, qtbot)
    compare(stage, qtbot, offered(stage, "REST"), 40)
    part = part_of(stage)
    figures = part.controller.figures
    assert figures is not None
    assert figures.identical == figures.pairs
    assert part.panel.agreement.text() == "identical"
    qtbot.waitUntil(lambda: "ms" in part.panel.faster.text())
    assert not part.panel.worst.rows, "nothing differs"


def test_the_end_leaves_the_run_alone(stage: Stage, qtbot: QtBot) -> None:
    run(stage, qtbot)
    session = stage.live.run.session
    compare(stage, qtbot, offered(stage, "faces"))
    part, view = part_of(stage), view_of(stage)
    qtbot.waitUntil(lambda: view.compared is not None)
    lanes = part.controller._lanes
    assert lanes is not None
    other = lanes.b
    assert other is not None
    before = answers(stage)
    part.controller.end()
    assert view.compared is None
    assert part.controller.stage is Where.OFF
    assert stage.live.run.session is session
    qtbot.waitUntil(lambda: other.join(0.0))
    qtbot.waitUntil(lambda: answers(stage) > before + 5)
    assert session is not None
    names = {sink.name for sink in session.status().sinks}
    assert "comparison" not in names
    info = session.status().source.info
    assert info is not None
    assert info.live, "what cannot be taken in time is dropped again"


def test_side_b_that_dies_is_named_and_a_goes_on(stage: Stage, qtbot: QtBot) -> None:
    server = EmbeddedServer(bundled_registry(), ServerOptions(rest_port=0, grpc_port=0))
    server.start()
    target = Target("lab", server.rest_url, server.grpc_address)
    run(stage, qtbot)
    side = OtherSide("lab", lambda _: "here", lambda now: now.aimed_at(target))
    compare(stage, qtbot, side)
    server.stop()
    part = part_of(stage)
    qtbot.waitUntil(lambda: part.controller.stage is Where.FAILED)
    assert part.panel.state.text().startswith("B is gone, A goes on. ")
    assert len(part.panel.state.text()) > len("B is gone, A goes on. ")
    assert part.panel.retry.isVisibleTo(part.panel)
    assert view_of(stage).compared is None
    before = answers(stage)
    qtbot.waitUntil(lambda: answers(stage) > before + 5)


def test_a_side_b_that_nobody_answers_for_leaves_the_run_untouched(
    stage: Stage, qtbot: QtBot
) -> None:
    run(stage, qtbot)
    nobody = Target("nobody", "http://127.0.0.1:9", "127.0.0.1:9")
    part = part_of(stage)
    part.begin(OtherSide("nobody", lambda _: "here", lambda now: now.aimed_at(nobody)))
    qtbot.waitUntil(lambda: part.controller.stage is Where.FAILED)
    assert part.controller.error
    before = answers(stage)
    qtbot.waitUntil(lambda: answers(stage) > before + 3)


def test_before_the_run_it_waits_and_begins_with_it(stage: Stage, qtbot: QtBot) -> None:
    part = part_of(stage)
    part.begin(offered(stage, "faces"))
    qtbot.waitUntil(lambda: part.controller.stage is Where.WAITING)
    assert part.panel.state.text() == "Begins with the run: press Start."
    stage.live.start.toggle()
    qtbot.waitUntil(lambda: part.controller.stage is Where.COMPARING)
    stage.live.start.toggle()
    qtbot.waitUntil(lambda: stage.live.run.phase is Phase.IDLE)
    assert part.controller.stage is Where.WAITING
    assert view_of(stage).compared is not None, "what was compared stays on show"
    stage.live.start.toggle()
    qtbot.waitUntil(lambda: part.controller.stage is Where.COMPARING)


def test_kinds_without_anything_in_common_are_named(stage: Stage, qtbot: QtBot) -> None:
    run(stage, qtbot)
    compare(stage, qtbot, offered(stage, "identity"))
    state = part_of(stage).panel.state
    qtbot.waitUntil(lambda: "No kind of prediction in common" in state.text())
    assert "A gives boxes, B gives tensors" in state.text()


def test_the_list_is_walked_by_keys_and_holds_its_picture(stage: Stage, qtbot: QtBot) -> None:
    run(stage, qtbot)
    compare(stage, qtbot, offered(stage, "faces"))
    part, view = part_of(stage), view_of(stage)
    qtbot.waitUntil(lambda: len(part.panel.worst.rows) > 1)
    part.step(1)
    held = view.compared
    assert held is not None
    assert part._held is part._listed[0]
    assert held.frame is part._listed[0].sample
    before = answers(stage)
    qtbot.waitUntil(lambda: answers(stage) > before + 5)
    assert view.compared is held, "it stays while the run goes on"
    part.panel.worst.setCurrentCell(1, 0)
    QTest.keyClick(part.panel.worst, Qt.Key.Key_Return)
    assert part._held is part._listed[1]
    part.release()
    qtbot.waitUntil(lambda: view.compared is not None and view.compared is not held)


def test_the_divider_is_dragged_and_moved_by_keys(stage: Stage, qtbot: QtBot) -> None:
    run(stage, qtbot)
    compare(stage, qtbot, offered(stage, "faces"))
    view = view_of(stage)
    qtbot.waitUntil(lambda: view.compared is not None and not view._message)
    pair = view.compared
    assert pair is not None
    area = view._shown_area(pair.frame)
    middle = QPoint(round(area.x + area.width / 2), view.height() // 2)
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(view, left, pos=middle)
    QTest.mouseMove(view, QPoint(round(area.x + area.width / 4), middle.y()))
    QTest.mouseRelease(view, left, pos=QPoint(round(area.x + area.width / 4), middle.y()))
    assert view.divider == pytest.approx(0.25, abs=0.01)
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Period)
    assert view.divider == pytest.approx(0.30, abs=0.01)
    QTest.keyClick(view, Qt.Key.Key_Comma)
    QTest.mouseDClick(view, left, pos=QPoint(round(view._divider_x(pair.frame)), middle.y()))
    assert view.divider == 0.5
    assert "shapes left of the divider at 50" in view.summary


def test_sound_has_agreement_and_a_list(stage: Stage, qtbot: QtBot) -> None:
    run(stage, qtbot, "tone", "pitch")
    compare(stage, qtbot, offered(stage, "REST"))
    part = part_of(stage)
    assert view_of(stage).compared is None
    qtbot.waitUntil(lambda: bool(part.panel.said.text()))
    assert part.panel.agreement.text() == "identical"
    qtbot.waitUntil(lambda: len(part.panel.strip._values) >= 5)


def test_models_that_hear_other_stretches_are_refused(stage: Stage, qtbot: QtBot) -> None:
    run(stage, qtbot, "tone", "pitch")
    part = part_of(stage)
    part.begin(offered(stage, "spoken_digits"))
    qtbot.waitUntil(lambda: part.controller.stage is Where.FAILED)
    assert "stretches of sound that differ" in part.controller.error


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return record(tmp_path / "run.mcap", answered(40))


def test_a_recording_against_now(stage: Stage, qtbot: QtBot, recording: Path) -> None:
    run(stage, qtbot, str(recording))
    compare(stage, qtbot, recorded_side(recording), 10)
    part = part_of(stage)
    assert part.controller.names == ("now", "as recorded")
    figures = part.controller.figures
    assert figures is not None
    assert figures.failed == {"a": 0, "b": 0}
    seen = part._newest
    assert seen is not None
    assert seen.b.predictions is not None
    assert part.controller.ledgers()[1] is None, "what was recorded is no run"


def test_side_b_joins_the_run_where_it_is(stage: Stage, qtbot: QtBot) -> None:
    """No source is made or opened anew, neither when it begins nor when it ends."""
    run(stage, qtbot)
    session, source = stage.live.run.session, stage.live.run.source
    assert isinstance(session, Session)
    capture = session._capture
    compare(stage, qtbot, offered(stage, "faces"))
    assert session.status().source.info == capture.status().info  # type: ignore[union-attr]
    part_of(stage).controller.end()
    before = answers(stage)
    qtbot.waitUntil(lambda: answers(stage) > before + 5)
    assert session._capture is capture
    assert stage.live.run.source is source
    compare(stage, qtbot, offered(stage, "REST"))
    stage.live.switches.choose(replace(stage.live.switches.current, model="faces"))
    part = part_of(stage)
    qtbot.waitUntil(lambda: part._newest is not None and part._newest.a.result is not None)
    assert session._capture is capture


def sounding(blocks: int, *, answered: bool) -> Iterator[Item]:
    """Half a second and more of noise, with a window at the end of each block."""
    rng = np.random.default_rng(1)
    for number in range(blocks):
        moment = 10_000_000_000 + number * 50_000_000
        block = rng.uniform(-0.5, 0.5, 2400).astype(np.float32)
        yield AudioBlock(number, moment, block, 48_000)
        window = AudioWindow(number, moment, np.zeros(1600, np.float32), 16_000)
        yield Sent(number, window, moment + 1000, SETTINGS, 1)
        if answered:
            said = (Text("noise"),)
            yield Result(number, window, said, Timeline({}), Traffic(), SETTINGS, 1)


def test_recorded_sound_against_now(stage: Stage, qtbot: QtBot, tmp_path: Path) -> None:
    path = record(tmp_path / "sound.mcap", sounding(40, answered=True))
    run(stage, qtbot, str(path), "pitch")
    part = part_of(stage)
    assert any(side.recording == path for side in part._offers())
    compare(stage, qtbot, recorded_side(path), 10)
    seen = part._newest
    assert seen is not None
    assert seen.b.predictions == (Text("noise"),)
    assert isinstance(seen.sample, AudioWindow)


def test_what_is_not_recorded_is_said_not_to_be(stage: Stage, qtbot: QtBot, tmp_path: Path) -> None:
    path = record(tmp_path / "sound.mcap", sounding(40, answered=False))
    run(stage, qtbot, str(path), "pitch")
    part = part_of(stage)
    part.begin(recorded_side(path))
    text = "Nothing is recorded of what is answered now."
    qtbot.waitUntil(lambda: part.panel.state.text() == text)


def test_another_source_is_shared_anew(stage: Stage, qtbot: QtBot, recording: Path) -> None:
    run(stage, qtbot)
    compare(stage, qtbot, offered(stage, "faces"))
    part, view = part_of(stage), view_of(stage)
    first = part.controller._lanes
    stage.live.sources.choose(str(recording))
    qtbot.waitUntil(lambda: part.controller._lanes not in (first, None))
    qtbot.waitUntil(lambda: part.controller.stage is Where.COMPARING)
    qtbot.waitUntil(lambda: view.compared is not None and view.compared.frame.width != 640)


def test_another_model_of_side_a_is_compared_anew(stage: Stage, qtbot: QtBot) -> None:
    run(stage, qtbot)
    compare(stage, qtbot, offered(stage, "REST"))
    part = part_of(stage)
    first = part.controller._lanes
    stage.live.switches.choose(replace(stage.live.switches.current, model="faces"))
    qtbot.waitUntil(lambda: part.controller._lanes not in (first, None))
    qtbot.waitUntil(lambda: part._newest is not None and part._newest.a.result is not None)

    def both_are_of_it() -> bool:
        pair = part._newest
        found = [o.result.settings.model for o in (pair.a, pair.b) if o.result] if pair else []
        return found == ["faces", "faces"]

    qtbot.waitUntil(both_are_of_it)
    stage.live.sources.choose("tone")
    qtbot.waitUntil(lambda: part.controller.names[0] == "gRPC stream" and answers(stage) > 0)

    def hears() -> bool:
        pair = part._newest
        return pair is not None and isinstance(pair.sample, AudioWindow)

    qtbot.waitUntil(hears)


def test_a_side_b_that_hangs_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    watch, hangs = Parting(), RunStatus(state=RunState.STALLED)
    assert watch.why(hangs) == ""
    monkeypatch.setattr(parting, "_STALLED_S", 0.0)
    assert watch.why(hangs) == "It gave no answer for 0 s."
    assert watch.why(RunStatus(state=RunState.STREAMING)) == ""
    assert watch.why(hangs) == "", "it is given the time anew"


def test_commands_say_why_not_and_the_menu_offers_what_there_is(stage: Stage, qtbot: QtBot) -> None:
    part = part_of(stage)
    commands = {command.id: command for command in part.commands()}
    for name in ("end", "next", "previous", "newest"):
        assert commands[f"side_by_side.{name}"].blocked()
    part._fill()
    groups = [action.text() for action in part.menu.actions() if action.text()]
    assert groups == [
        "Another model",
        "Another way",
        "Profile of a file...",
        "Another recording...",
    ]
    assert commands["side_by_side.recording"].blocked() == "No recording is open."
    titles = [command.title for command in part.palette_entries()]
    assert "Compare with faces" in titles
    assert "Compare with shapes" not in titles, "that is side A"
