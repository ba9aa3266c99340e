"""Measuring against a real server: every way, what cannot be, what is lost, and being ended."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from dataclasses import replace

import pytest

from backend.compare.bench import (
    Arrivals,
    Bench,
    BenchPayload,
    Cell,
    Cpu,
    Load,
    Matrix,
    Plan,
    Progress,
    payload_of_size,
    result_of,
)
from backend.compare.bench.answers import Answer, Tally
from backend.compare.bench.schedule import Schedule
from backend.core.choices import Api, ImageEncoding, Serialization, Transport
from backend.core.errors import StreamBroken, UsageError
from backend.core.target import Target
from backend.core.traffic import Traffic
from backend.profiles.bundled import profile_for
from backend.server.lifecycle import EmbeddedServer
from tests.embedded import server, target  # noqa: F401 - fixtures

PROFILE = profile_for("identity")
CLOSED = Load()
SMALL = payload_of_size(3072, PROFILE)


def plan(
    target: Target,  # noqa: F811
    cells: Iterable[Cell],
    payload: BenchPayload = SMALL,
    model: str = "identity",
    load: Load = CLOSED,
) -> Plan:
    return Plan(
        target,
        profile_for(model),
        tuple(cells),
        {payload.name: payload},
        load,
        budget_s=0.5,
        most_rounds=4,
    )


def test_every_way_of_both_interfaces_is_measured(target: Target) -> None:  # noqa: F811
    matrix = Matrix((SMALL.name,), apis=tuple(Api), in_flight=(1, 3))
    bench = Bench(plan(target, matrix.cells()))
    found = result_of(bench._plan, bench.run(), server="s", server_process="other", cancelled=False)
    assert len(found.cells) == 24
    for cell in found.cells:
        assert cell.measured, cell
        assert cell.failed == 0, cell.failures
        assert cell.windows >= 3
        assert cell.answered >= 3
        assert cell.figure("p50_ms")
        assert (cell.figure("bytes_out") or 0) > 3072
        assert sum(cell.histogram.values()) == cell.answered
        assert cell.stages_ms["encode"] >= 0


def test_what_cannot_be_is_left_out_with_its_reason(target: Target) -> None:  # noqa: F811
    jpeg = Cell(SMALL.name, Api.OIP, Transport.REST, Serialization.JSON, ImageEncoding.JPEG)
    bench = Bench(plan(target, [jpeg, Cell(SMALL.name)]))
    refused, done = bench.run()
    assert "JSON carries pixels as numbers" in refused.impossible
    assert done.windows


def test_a_server_that_is_not_there_is_said_and_nothing_hangs() -> None:
    nowhere = Target("nowhere", rest="http://127.0.0.1:9", grpc="127.0.0.1:9")
    rest = Cell(SMALL.name, transport=Transport.REST, serialization=Serialization.BINARY)
    found = Bench(plan(nowhere, [rest, Cell(SMALL.name)])).run()
    assert all("127.0.0.1:9" in each.impossible for each in found)


def test_a_server_that_goes_away_ends_its_cells_and_not_the_run() -> None:
    from backend.models.catalogue import bundled_registry
    from backend.server.settings import ServerOptions

    own = EmbeddedServer(bundled_registry(), ServerOptions())
    own.start()
    away = threading.Event()

    def leave(progress: Progress) -> None:
        if progress.window is not None and not away.is_set():
            away.set()
            own.stop()

    ways = [
        Cell(SMALL.name),
        Cell(SMALL.name, transport=Transport.GRPC),
        Cell(SMALL.name, transport=Transport.REST, serialization=Serialization.BINARY),
    ]
    reached = Target("own", rest=own.rest_url, grpc=own.grpc_address)
    found = Bench(plan(reached, ways), on_progress=leave).run()
    assert away.is_set()
    assert all(each.failure for each in found), found
    assert sum(len(each.windows) for each in found) >= 1


class BreakingSender:
    """Answers twice in each window, and loses the connection in the third."""

    def __init__(self, *_: object) -> None:
        self.windows = 0

    def connect(self) -> None:
        """Nothing to reach."""

    def send(self, schedule: Schedule, tally: Tally, stop: threading.Event) -> None:
        del schedule, stop
        self.windows += 1
        for number in (1, 2):
            ended_ns = number * 1_000_000
            tally.answered(Answer(0, 0, 0, 0, ended_ns, ended_ns, Traffic()))
        if self.windows == 3:
            raise StreamBroken("The server ended the stream.")

    def close(self) -> None:
        """Nothing is open."""


def test_a_window_that_loses_its_connection_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.compare.bench.run.make_sender", BreakingSender)
    nowhere = Target("nowhere", rest="http://127.0.0.1:9", grpc="127.0.0.1:9")
    (found,) = Bench(plan(nowhere, [Cell(SMALL.name)])).run()
    assert found.failure == "The server ended the stream."
    assert [window.answered for window in found.windows] == [2]  # the first one warmed up


def test_the_rest_of_a_round_that_has_begun_is_still_to_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backend.compare.bench.run.make_sender", BreakingSender)
    nowhere = Target("nowhere", rest="http://127.0.0.1:9", grpc="127.0.0.1:9")
    ways = [Cell(SMALL.name), Cell(SMALL.name, transport=Transport.GRPC)]
    reports: list[Progress] = []
    bench = Bench(replace(plan(nowhere, ways), least_rounds=1), on_progress=reports.append)
    bench._until = -math.inf
    for rounds_done in (0.5, 2.5, 3.0):
        bench._report(rounds_done)
    round_s = sum(each.window_s for each in bench.measured)
    assert [report.left_s for report in reports] == [round_s / 2, round_s / 2, 0.0]


def test_a_model_that_refuses_everything_is_given_up(target: Target) -> None:  # noqa: F811
    unknown = replace(PROFILE, model="no_such_model")
    cells = [
        Cell(SMALL.name),
        Cell(SMALL.name, transport=Transport.REST, serialization=Serialization.BINARY),
    ]
    wanted = replace(plan(target, cells), profile=unknown)
    found = Bench(wanted).run()
    assert all("no_such_model" in (each.failure or each.impossible) for each in found)


def test_cancelling_keeps_what_was_measured(target: Target) -> None:  # noqa: F811
    reports: list[Progress] = []

    def cancel(progress: Progress) -> None:
        if progress.window is None:
            return  # everything is warmed up
        reports.append(progress)
        bench.cancel()

    bench = Bench(
        replace(plan(target, [Cell(SMALL.name)]), budget_s=60.0, most_rounds=1000),
        on_progress=cancel,
    )
    (found,) = bench.run()
    assert bench.cancelled
    assert len(reports) == len(found.windows) == 1
    assert found.windows[0].answered


@pytest.mark.parametrize(
    "way",
    [
        Cell(SMALL.name),
        Cell(SMALL.name, transport=Transport.GRPC),
        Cell(SMALL.name, transport=Transport.REST, serialization=Serialization.BINARY),
    ],
    ids=lambda cell: str(cell.transport),
)
def test_a_clock_sends_all_that_is_due(target: Target, way: Cell) -> None:  # noqa: F811
    load = Load(Arrivals.FIXED, 100.0)
    wanted = replace(plan(target, [way], load=load), budget_s=4.0, least_rounds=3, most_rounds=3)
    (found,) = Bench(wanted).run()
    assert [each.answered for each in found.windows] == [math.ceil(found.window_s * 100)] * 3


def test_processor_time_is_the_difference_of_two_readings(target: Target) -> None:  # noqa: F811
    readings = iter(range(1000))
    bench = Bench(plan(target, [Cell(SMALL.name)]), cpu=lambda: Cpu(float(next(readings)), None))
    (found,) = bench.run()
    assert {each.cpu for each in found.windows} == {Cpu(1.0, None)}


def test_a_plan_without_cells_or_payload_is_refused(target: Target) -> None:  # noqa: F811
    with pytest.raises(UsageError, match="nothing to measure"):
        plan(target, [])
    with pytest.raises(UsageError, match="no payload other"):
        plan(target, [Cell("other")])
