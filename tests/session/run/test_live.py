"""A run in motion: switching, losing the server, stopping, and what is left afterwards."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import replace

import numpy as np
import psutil
import pytest

from backend.core.choices import Api, RunSettings, Transport
from backend.core.errors import ReplyMismatch, TargetUnreachable, UsageError
from backend.core.samples import AudioBlock, Captured, Frame, MediaKind
from backend.core.status import Result, RunState, SourceInfo
from backend.core.target import Target
from backend.profiles.bundled import BUNDLED
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.session.run.live import Session
from tests.balance import is_balanced
from tests.session.combinations import combinations
from tests.session.echo import echoes
from tests.session.list_source import ListSource
from tests.session.running import on_result, running
from tests.waiting import wait_for


def numbered_frames(count: int) -> list[Captured]:
    """Pictures that differ, so that an answer can be matched to what was sent."""
    rng = np.random.default_rng(3)
    return [Frame(n, 0, rng.integers(0, 256, (48, 64, 3), np.uint8)) for n in range(count)]


def test_every_switch_at_random_gives_no_error_and_no_mixed_up_answer(target: Target) -> None:
    wrong: list[Result] = []
    seen: set[str] = set()

    def check(result: Result) -> None:
        payload = result.settings.payload
        seen.add(f"{result.settings.api}-{result.settings.transport}-{payload.serialization}")
        if not echoes(result):
            wrong.append(result)

    ways = combinations(MediaKind.IMAGE)
    pick = random.Random(11)
    source = ListSource(numbered_frames(50), live=True, repeat=True, interval_s=0.005)
    session = Session(RunSettings(target, "identity"), source)
    on_result(session, check)
    with running(session):
        until = time.monotonic() + 60
        switches = 0
        while switches < 50 or len(seen) < 10 or session.status().counts.answered <= 100:
            assert time.monotonic() < until
            session.apply(
                pick.choice(ways).settings(target, "identity", in_flight=pick.randint(1, 4))
            )
            time.sleep(pick.uniform(0.0, 0.2))
            switches += 1
    counts = session.status().counts
    assert is_balanced(counts)
    assert not wrong
    assert counts.failed == 0, session.last_failure


def test_source_and_model_switch_together(target: Target) -> None:
    kinds: set[str] = set()
    tone = [AudioBlock(0, 0, np.zeros(1600, np.float32), 16_000)]
    session = Session(
        RunSettings(target, "shapes"),
        ListSource(numbered_frames(5), live=True, repeat=True, interval_s=0.01),
    )
    on_result(session, lambda result: kinds.add(type(result.sample).__name__))
    with running(session):
        wait_for(lambda: "Frame" in kinds)
        with pytest.raises(UsageError, match="takes pictures; the source gives sound"):
            session.use(ListSource(tone, live=True, repeat=True, interval_s=0.05))
        session.change(
            replace(session.settings, model="voice_activity"),
            ListSource(tone, live=True, repeat=True, interval_s=0.05),
        )
        wait_for(lambda: "AudioWindow" in kinds)
    assert session.last_failure is None


@pytest.mark.parametrize("transport", list(Transport))
def test_what_another_source_gives_first_is_not_sent_to_the_model_before(
    target: Target, transport: Transport
) -> None:
    """The lane before waits for the next sound, and the next one opens after the first picture."""
    way = next(w for w in combinations(MediaKind.AUDIO) if w.transport is transport)
    may_connect = threading.Event()
    may_connect.set()

    def resolve(target: Target) -> Target:
        may_connect.wait()
        return target

    settings = way.settings(target, "voice_activity")
    session = Session(settings, OneSound(), resolve=resolve)
    models: list[str] = []
    on_result(session, lambda result: models.append(result.settings.model))
    with running(session):
        wait_for(lambda: models == ["voice_activity"])
        may_connect.clear()
        session.change(replace(settings, model="shapes"), FirstPicture(may_connect))
        wait_for(lambda: "shapes" in models)
    assert session.last_failure is None
    assert session.status().counts.failed == 0
    assert is_balanced(session.status().counts)


class FirstPicture(ListSource):
    """Pictures that say when the first of them has been handed over."""

    def __init__(self, handed_over: threading.Event) -> None:
        super().__init__(numbered_frames(5), live=True, repeat=True)
        self._handed_over = handed_over

    def read(self, stop: threading.Event) -> Captured | None:
        if self._next == 1:
            stop.wait(0.5)  # long enough for a lane to take it that should not
            self._handed_over.set()
        self._interval_s = 0.01
        return super().read(stop)


class OneSound:
    """A live source that gives one window of sound, and then nothing."""

    def __init__(self) -> None:
        self.info = SourceInfo(MediaKind.AUDIO, "one sound", live=True)
        self._given = False

    def open(self, stop: threading.Event) -> SourceInfo:
        return self.info

    def read(self, stop: threading.Event) -> Captured | None:
        if self._given:
            stop.wait()
            return None
        self._given = True
        return AudioBlock(0, time.monotonic_ns(), np.zeros(8000, np.float32), 16_000)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("transport", list(Transport))
def test_the_run_resumes_when_the_server_comes_back(
    transport: Transport, server: EmbeddedServer
) -> None:
    way = next(w for w in combinations(MediaKind.IMAGE) if w.transport is transport)
    session = Session(
        way.settings(Target("embedded"), "identity"),
        ListSource(numbered_frames(5), live=True, repeat=True, interval_s=0.01),
        resolve=lambda _: Target("embedded", server.rest_url, server.grpc_address),
    )
    with running(session):
        wait_for(lambda: session.status().state is RunState.STREAMING)
        server.stop()
        wait_for(lambda: session.status().state is RunState.RECONNECTING)
        assert any(alert.id == "target" for alert in session.status().alerts)
        server.start()
        session.retry_now()
        before = session.status().counts.answered
        wait_for(lambda: session.status().counts.answered > before + 10)
        wait_for(lambda: session.status().state is RunState.STREAMING)
        wait_for(lambda: not session.status().alerts)


def test_nothing_at_the_address_ends_a_run_that_may_not_wait() -> None:
    target = Target("nowhere", "http://127.0.0.1:9", "127.0.0.1:9")
    for transport in Transport:
        way = next(w for w in combinations(MediaKind.IMAGE) if w.transport is transport)
        session = Session(
            way.settings(target, "identity", deadline_s=1.0),
            ListSource(numbered_frames(2)),
            retry=False,
        )
        session.start()
        assert session.join(30)
        assert isinstance(session.error, TargetUnreachable)
        assert session.error.exit_code == 3
        assert is_balanced(session.status().counts)


def test_an_unknown_model_is_refused_before_anything_runs(target: Target) -> None:
    with pytest.raises(UsageError, match="nonesuch"):
        Session(RunSettings(target, "nonesuch"), ListSource(numbered_frames(1)))


def test_stopping_in_full_flight_leaves_no_thread_and_no_descriptor(target: Target) -> None:
    process = psutil.Process()

    def run(way_index: int) -> None:
        way = combinations(MediaKind.IMAGE)[way_index]
        session = Session(
            way.settings(target, "identity", in_flight=4),
            ListSource(numbered_frames(5), live=True, repeat=True, interval_s=0.001),
        )
        with running(session):
            wait_for(lambda: session.status().counts.answered > 5)

    run(0)  # what libraries keep forever exists after the first run
    wait_for(lambda: not session_threads())
    descriptors = process.num_fds()
    for way_index in range(0, len(combinations(MediaKind.IMAGE)), 6):
        run(way_index)
    wait_for(lambda: not session_threads())
    wait_for(lambda: process.num_fds() <= descriptors + 1)


def session_threads() -> list[str]:
    names = ("capture", "conductor", "lane-", "sender-", "sink-")
    return [t.name for t in threading.enumerate() if t.name.startswith(names)]


def test_a_server_that_answers_something_else_is_not_called_dead(server: EmbeddedServer) -> None:
    """Swapping the models' names stands for a foreign server with a model of the same name."""
    shapes = BUNDLED["shapes"]
    foreign = replace(shapes, decoder=BUNDLED["voice_activity"].decoder)
    target = Target("embedded", server.rest_url, server.grpc_address)
    for transport in Transport:
        way = next(
            w
            for w in combinations(MediaKind.IMAGE)
            if w.transport is transport and w.api is Api.OIP
        )
        session = Session(
            way.settings(target, "shapes"),
            ListSource(numbered_frames(5), live=True, repeat=True, interval_s=0.02),
        )
        session._profile = foreign
        with running(session):
            wait_for(lambda session=session: session.status().counts.failed > 3)  # type: ignore[misc]
            status = session.status()
            assert status.state is RunState.STREAMING
            assert [alert.id for alert in status.alerts] == ["request"]
            assert isinstance(session.last_failure, ReplyMismatch)
            assert "'PROBABILITY' is missing" in session.last_failure.message
