"""A recorder beside other readers of a real run: what it gets, what it loses, whom it holds up."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from backend.core.choices import RunSettings, Transport
from backend.core.flow import Policy
from backend.core.ledger import DropPlace
from backend.core.samples import Captured, Frame
from backend.core.status import Notice, RunState, Severity, SinkStatus
from backend.core.target import Target
from backend.session.run.live import Session
from backend.session.sinks import FRAMES, NOTICES, RESULTS, Callback, Item
from tests.session.list_source import ListSource
from tests.session.running import running
from tests.session.sinks.recorder import Recorder
from tests.waiting import wait_for

_COUNT = 40


def file_of(count: int) -> ListSource:
    return ListSource(frames(count))


def camera() -> ListSource:
    return ListSource(frames(8), live=True, repeat=True, interval_s=0.002)


def frames(count: int) -> list[Captured]:
    return [Frame(n, 0, np.full((2, 2, 3), n, np.uint8)) for n in range(count)]


def settings_for(target: Target, transport: Transport = Transport.GRPC_STREAM) -> RunSettings:
    return RunSettings(target, "identity", transport=transport, in_flight=2)


def sink_named(session: Session, name: str) -> SinkStatus:
    (found,) = (sink for sink in session.status().sinks if sink.name == name)
    return found


@pytest.mark.parametrize("transport", [Transport.GRPC_STREAM, Transport.GRPC])
def test_a_file_run_waits_for_a_recorder_that_gets_everything(
    tmp_path: Path, target: Target, transport: Transport
) -> None:
    resume = threading.Event()
    session = Session(settings_for(target, transport), file_of(_COUNT))
    session.subscribe(Recorder(tmp_path / "run.txt", resume), Policy.EVERY, "recorder", 4)
    latest = session.subscribe(RESULTS, Policy.NEWEST, "latest")
    with running(session):
        wait_for(lambda: sink_named(session, "recorder").waiting >= 4)
        held_up = session.status().counts
        assert held_up.captured < 10
        assert latest.take(30) is not None
        resume.set()
        wait_for(lambda: session.join(0.0))
    lines = (tmp_path / "run.txt").read_text().splitlines()
    assert lines.pop() == "end"
    assert [line for line in lines if "frame" in line] == [f"frame {n}" for n in range(_COUNT)]
    assert [line for line in lines if "result" in line] == [f"result {n}" for n in range(_COUNT)]
    assert session.status().state is RunState.FINISHED
    assert session.status().counts.answered == _COUNT
    assert sink_named(session, "recorder") == SinkStatus("recorder", Policy.EVERY, 0, 0)


def test_a_recorder_that_may_lose_items_holds_nobody_up_and_its_losses_are_counted(
    tmp_path: Path, target: Target
) -> None:
    resume = threading.Event()
    session = Session(settings_for(target), file_of(_COUNT))
    session.subscribe(Recorder(tmp_path / "run.txt", resume), Policy.DROP, "recorder", 4)
    results = session.subscribe(RESULTS, Policy.DROP, "plots")
    with running(session):
        wait_for(lambda: session.status().counts.answered == _COUNT)
        resume.set()
        wait_for(lambda: session.join(0.0))
    lines = (tmp_path / "run.txt").read_text().splitlines()
    assert lines.pop() == "end"
    assert lines[-1] == f"result {_COUNT - 1}"
    assert sink_named(session, "recorder").lost == 2 * _COUNT - len(lines) >= 2 * _COUNT - 5
    assert [result.seq for result in results.drain()] == list(range(_COUNT))
    assert sink_named(session, "plots").lost == 0
    missed = {"recorder": sink_named(session, "recorder").lost}
    assert session.summary().as_json()["missed"] == missed
    assert f"missed      recorder {missed['recorder']}" in session.summary().as_table()


def test_a_live_run_drops_at_its_source_while_a_reader_must_get_everything(
    target: Target,
) -> None:
    session = Session(settings_for(target), camera())
    every = session.subscribe(RESULTS, Policy.EVERY, "comparison", 2)
    with running(session):
        wait_for(lambda: sink_named(session, "comparison").waiting >= 2)
        wait_for(lambda: session.status().counts.dropped.get(DropPlace.WAITING, 0) > 20)
        answered = session.status().counts.answered
        assert answered <= 2 + 2  # what it holds, and what was in flight when it was full
        taken = [result.seq for result, _ in zip(every, range(20), strict=False)]
        assert session.status().counts.answered > answered
    assert taken == sorted(taken)
    assert session.status().counts.failed == 0
    rest = len(every.drain())
    assert len(taken) + 1 + rest >= session.status().counts.answered  # zip takes one more
    assert every.lost == 0


def test_frames_of_a_camera_that_find_no_room_are_counted_under_the_readers_name(
    target: Target,
) -> None:
    session = Session(settings_for(target), camera())
    session.subscribe(FRAMES, Policy.EVERY, "recorder", 2)
    with running(session):
        wait_for(lambda: sink_named(session, "recorder").lost > 5)
    counts, recorder = session.status().counts, sink_named(session, "recorder")
    assert recorder.waiting == 2
    # The stop may come between a frame's way to the readers and its way to the server.
    assert recorder.waiting + recorder.lost - counts.captured in (0, 1)


def test_closing_a_reader_lets_the_run_go_on(target: Target) -> None:
    session = Session(settings_for(target), file_of(_COUNT))
    every = session.subscribe(RESULTS, Policy.EVERY, "comparison", 1)
    with running(session):
        wait_for(lambda: sink_named(session, "comparison").waiting >= 1)
        assert not session.join(0.0)
        assert every.close() >= 1
        wait_for(lambda: session.join(0.0))
    assert session.status().counts.answered == _COUNT
    assert session.status().sinks == ()
    assert list(every) == []


@pytest.mark.parametrize("error", [OSError("disk full"), SystemExit("disk full")])
def test_a_sink_that_raises_is_closed_with_a_notice_and_the_run_goes_on(
    error: BaseException, target: Target
) -> None:
    def fail(_: object) -> None:
        raise error

    session = Session(settings_for(target), file_of(_COUNT))
    session.subscribe(Callback(RESULTS, fail), Policy.EVERY, "recorder", 1)
    notices = session.subscribe(NOTICES, Policy.DROP, "notices")
    with running(session):
        wait_for(lambda: session.join(0.0))
    assert session.status().counts.answered == _COUNT
    (notice,) = notices.drain()
    assert notice.severity is Severity.ERROR
    assert notice.title == f"recorder failed: {type(error).__name__}: disk full"
    assert [sink.name for sink in session.status().sinks] == ["notices"]


@pytest.mark.parametrize("policy", list(Policy))
def test_a_sink_that_hangs_does_not_keep_a_run_from_stopping(
    policy: Policy, target: Target
) -> None:
    resume, closed = threading.Event(), threading.Event()

    class Hanging:
        topics = (FRAMES, RESULTS)

        def write(self, item: Item) -> None:
            resume.wait()

        def close(self) -> None:
            closed.set()

    session = Session(settings_for(target), file_of(_COUNT))
    session.subscribe(Hanging(), policy, "hanging", 2)
    every = session.subscribe(RESULTS, Policy.EVERY, "nobody reads this", 2)
    notices = session.subscribe(NOTICES, Policy.DROP, "notices")
    with running(session):
        wait_for(lambda: sink_named(session, "hanging").waiting >= 1)
        wait_for(lambda: sink_named(session, every.name).waiting >= 1)
    assert not closed.is_set()
    (notice,) = notices.drain()
    assert notice.title == "hanging was not done in time."
    resume.set()
    assert closed.wait(30)


def test_readers_come_and_go_during_a_run(target: Target) -> None:
    seen: list[int] = []
    session = Session(settings_for(target), camera())
    with running(session):
        wait_for(lambda: session.status().counts.answered > 3)
        callback = Callback(RESULTS, lambda result: seen.append(result.seq))
        late = session.subscribe(callback, Policy.EVERY, "late")
        wait_for(lambda: len(seen) > 3)
        late.close()
        frames_seen = session.subscribe(FRAMES, Policy.NEWEST, "preview")
        assert frames_seen.take(30) is not None
    after: list[Notice] = list(session.subscribe(NOTICES, Policy.DROP, "too late"))
    assert after == []
    assert seen[0] > 0
