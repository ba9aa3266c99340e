"""Dynamic batching: what is computed together, and what waits for more."""

from __future__ import annotations

import asyncio
import threading

import pytest

from backend.core.errors import InvalidInput, ModelFailed
from backend.models.servable import ModelRequest, Respond
from backend.server.plane.local import LocalDataPlane
from backend.server.scheduling.batching import BatchRules, Choice, choose
from backend.server.scheduling.jobs import Job
from tests.server.plane_runs import begin, entered, settle, stats, value, with_plane
from tests.server.scripted_servables import Scripted, asking, config, echo

DYNAMIC = "max_batch_size: 4 dynamic_batching {{ {} }}"


def job(size: int = 1, kind: object = "same", queued_ns: int = 0) -> Job:
    made = Job(lambda _job: ModelRequest({}), size=size, kind=kind)
    made.queued_ns = queued_ns
    return made


@pytest.mark.parametrize(
    ("jobs", "rules", "expected"),
    [
        ([], BatchRules(4, 4), Choice(0)),
        ([job()], BatchRules(4, 4), Choice(1)),
        ([job()], BatchRules(4, 4, delay_ns=500), Choice(0, 400)),
        ([job(queued_ns=-400)], BatchRules(4, 4, delay_ns=500), Choice(1)),
        ([job()] * 6, BatchRules(4, 4, delay_ns=500), Choice(4)),
        ([job()] * 3, BatchRules(4, 4, frozenset({2}), 500), Choice(2)),
        ([job()] * 3, BatchRules(4, 4, frozenset({2, 3}), 500), Choice(3)),
        ([job(3), job(2)], BatchRules(4, 4, delay_ns=500), Choice(1)),
        ([job(), job(kind="other")], BatchRules(4, 4, delay_ns=500), Choice(1)),
        ([job(kind=None), job(kind=None)], BatchRules(4, 4), Choice(1)),
        ([job(9)], BatchRules(4, 4, delay_ns=500), Choice(1)),
        ([job()] * 2, BatchRules(4, 2, delay_ns=500), Choice(2)),
    ],
)
def test_a_batch_is_chosen_by_its_rules(
    jobs: list[Job], rules: BatchRules, expected: Choice
) -> None:
    assert choose(jobs, rules, 100, hurry=False) == expected


def test_in_a_hurry_nothing_waits_for_more() -> None:
    assert choose([job()], BatchRules(4, 4, delay_ns=500), 100, hurry=True) == Choice(1)


def test_what_waits_is_computed_together_up_to_the_largest_batch() -> None:
    model = Scripted(config("m", DYNAMIC.format("")))
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        tasks = [begin(plane, asking("m", 0, batch=1))]
        await entered(model)
        tasks += [begin(plane, asking("m", n, batch=1)) for n in range(1, 7)]
        await settle()
        model.gate.set()
        assert [await task for task in tasks] == list(range(7))
        row = stats(plane, "m")
        assert (row.inference_count, row.execution_count) == (7, 3)
        assert {b.batch_size: b.compute_infer.count for b in row.batch_stats} == {1: 1, 2: 1, 4: 1}
        assert row.inference_stats.success.count == row.inference_stats.queue.count == 7

    with_plane(work, model)
    assert model.batches == [[0], [1, 2, 3, 4], [5, 6]]


def test_without_dynamic_batching_each_request_is_a_batch() -> None:
    model = Scripted(config("m", "max_batch_size: 4"))
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        tasks = [begin(plane, asking("m", n, batch=2)) for n in range(3)]
        await settle()
        model.gate.set()
        await asyncio.gather(*tasks)
        assert stats(plane, "m").inference_count == 6

    with_plane(work, model)
    assert model.batches == [[0], [1], [2]]


def test_requests_of_different_shapes_are_not_computed_together() -> None:
    model = Scripted(config("m", DYNAMIC.format("")))
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        tasks = [begin(plane, asking("m", 0, batch=1))]
        await entered(model)
        tasks += [begin(plane, asking("m", *shape, batch=1)) for shape in ((1, 1), (2, 2), (3,))]
        await settle()
        model.gate.set()
        await asyncio.gather(*tasks)

    with_plane(work, model)
    assert model.batches == [[0], [1, 2], [3]]


def test_a_request_waits_for_others_until_the_delay_is_over() -> None:
    delayed = "preferred_batch_size: [ 4 ] max_queue_delay_microseconds: 50000"
    model = Scripted(config("m", DYNAMIC.format(delayed)))

    async def work(plane: LocalDataPlane) -> None:
        assert await value(plane, asking("m", 7, batch=1)) == 7
        assert stats(plane, "m").inference_stats.queue.ns >= 50_000_000

    with_plane(work, model)
    assert model.batches == [[7]]


def test_a_preferred_batch_does_not_wait_for_the_delay() -> None:
    an_hour = "preferred_batch_size: [ 3 ] max_queue_delay_microseconds: 3600000000"
    model = Scripted(config("m", DYNAMIC.format(an_hour)))

    async def work(plane: LocalDataPlane) -> None:
        await asyncio.gather(*[begin(plane, asking("m", n, batch=1)) for n in range(3)])

    with_plane(work, model)
    assert model.batches == [[0, 1, 2]]


@pytest.mark.parametrize(
    ("batch", "text"), [(5, r"batch-size must be <= 4 for 'm'"), (0, "unexpected shape for input")]
)
def test_a_batch_the_model_cannot_take_is_refused_and_counted(batch: int, text: str) -> None:
    model = Scripted(config("m", DYNAMIC.format("")))

    async def work(plane: LocalDataPlane) -> None:
        with pytest.raises(InvalidInput, match=text):
            await plane.infer(asking("m", 1, batch=batch))
        row = stats(plane, "m")
        assert (row.inference_stats.fail.count, row.inference_stats.success.count) == (1, 0)
        assert plane.statistics("m")[0].failures["OTHER"] == 1

    with_plane(work, model)
    assert not model.batches


def test_one_request_of_a_batch_may_fail_alone() -> None:
    def script(index: int, request: ModelRequest, respond: Respond) -> None:
        if request.inputs["INPUT0"].data.flat[0] != 2:
            echo(index, request, respond)

    model = Scripted(config("m", DYNAMIC.format("")), script)
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        first = begin(plane, asking("m", 0, batch=1))
        await entered(model)
        tasks = [begin(plane, asking("m", n, batch=1)) for n in (1, 2, 3)]
        await settle()
        model.gate.set()
        assert await first == 0
        assert await tasks[0] == 1
        with pytest.raises(ModelFailed, match="model 'm' gave no answer"):
            await tasks[1]
        assert await tasks[2] == 3
        row = stats(plane, "m")
        assert (row.inference_stats.success.count, row.inference_stats.fail.count) == (3, 1)

    with_plane(work, model)


def test_several_instances_compute_at_the_same_time() -> None:
    model = Scripted(config("m", "instance_group { count: 3 }"))
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        tasks = [begin(plane, asking("m", n)) for n in range(3)]
        for _ in range(3):
            await entered(model)
        model.gate.set()
        assert [await task for task in tasks] == [0, 1, 2]

    with_plane(work, model)
    assert sorted(model.by_instance) == [0, 1, 2]
    assert model.closed == ["instance 0", "instance 1", "instance 2", "model"]


@pytest.mark.parametrize("preserved", [False, True])
def test_answers_may_have_to_keep_the_order_of_the_requests(*, preserved: bool) -> None:
    first_may_go = threading.Event()

    def script(index: int, request: ModelRequest, respond: Respond) -> None:
        if request.inputs["INPUT0"].data.flat[0] == 0:
            assert first_may_go.wait(30)
        echo(index, request, respond)

    order = f"preserve_ordering: {str(preserved).lower()}"
    two = "instance_group { count: 2 }"
    model = Scripted(config("m", f"max_batch_size: 1 dynamic_batching {{ {order} }} {two}"), script)

    async def work(plane: LocalDataPlane) -> None:
        first = begin(plane, asking("m", 0, batch=1))
        await entered(model)
        others = [begin(plane, asking("m", n, batch=1)) for n in (1, 2)]
        for _ in others:
            await entered(model)
        while stats(plane, "m").inference_stats.success.count < 2:
            await asyncio.sleep(0.005)
        if preserved:
            await settle()
            assert not any(task.done() for task in others)
        else:
            assert [await task for task in others] == [1, 2]
        first_may_go.set()
        assert [await task for task in (first, *others)] == [0, 1, 2]

    with_plane(work, model)
