"""Nothing of the source before is on show once another is chosen, whenever it comes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from backend.core.samples import AudioBlock
from backend.core.status import RunState, RunStatus, SourceState, SourceStatus
from gui.live.source_change import SourceChange
from gui.live.strip import state_text
from tests.gui.shell_stage import Stage, begin

if TYPE_CHECKING:
    from backend.core.status import Result

# The offscreen platform says so about every window with a smallest size.


def show(stage: Stage, result: Result) -> bool:
    """Whether there is a picture then."""
    page = stage.live.page
    assert result.sample is not None
    page.show_frame(result.sample)  # type: ignore[arg-type]
    page.show_result(result)
    page.plot([result], [], 10**12)
    return page.has_picture


def test_what_the_old_source_still_gives_is_left_out(stage: Stage) -> None:
    session = begin(stage)
    page = stage.live.page
    late = session.answer(1)
    assert show(stage, late)
    stage.live.sources.choose("rtsp://cam/a")
    assert not show(stage, late)
    assert page.pane.preview._result is None
    assert not page.timeline.lines()
    assert show(stage, session.answer(2))
    assert page.timeline.lines()


def answer(stage: Stage) -> None:
    """An answer that took 7 ms, read by the panel."""
    traces, now_ns = stage.session.traces, time.monotonic_ns()
    traces.append(dict.fromkeys(traces.columns, 7.0) | {"at_s": now_ns / 1e9, "lane": 0.0})
    stage.live.page.paints.sound_shown(now_ns - 7_000_000, now_ns)
    stage.live.page.write(stage.session, time.monotonic_ns())


def samples(stage: Stage) -> int:
    """How many answers the latency panel tells of."""
    report = stage.live.page.latency.report
    return report.samples if report is not None else 0


def test_what_the_old_source_cost_is_not_said_of_the_new_one(stage: Stage) -> None:
    begin(stage)
    page = stage.live.page
    answer(stage)
    assert samples(stage) == 1
    stage.live.sources.choose("rtsp://cam/a")
    now_ns = time.monotonic_ns()
    page.write(stage.session, now_ns)
    assert samples(stage) == 0
    assert page.latency.notice == "Waiting for the first result"
    assert page.paints.age_ms(now_ns) is None
    answer(stage)
    assert samples(stage) == 1


def test_a_source_that_cannot_be_used_leaves_the_one_before_in_sight(stage: Stage) -> None:
    session = begin(stage)
    late = session.answer(1)
    stage.live.sources.choose("nowhere")
    assert show(stage, late)


def test_until_the_run_reads_the_source_all_is_of_the_one_before() -> None:
    change = SourceChange()
    block = AudioBlock(0, 1000, np.zeros(4, np.float32), 16_000)
    assert change.is_new(block)
    change.awaited()
    assert not change.is_new(block)
    change.taken(1001)
    assert not change.is_new(block)
    change.taken(1000)
    assert change.is_new(block)
    change.awaited()
    change.over()
    assert change.is_new(block)


def test_a_source_that_is_being_opened_is_not_called_a_connection() -> None:
    opening = RunStatus(state=RunState.STARTING, source=SourceStatus(SourceState.OPENING))
    assert state_text(opening, "lab") == "Opening the source"
    assert state_text(RunStatus(state=RunState.STARTING), "lab") == "Connecting to lab"
