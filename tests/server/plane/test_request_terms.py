"""What a request may ask of the queue: priority, and a limit to its wait."""

from __future__ import annotations

import asyncio

import pytest

from backend.core.errors import InvalidInput, NotReady, Overloaded
from backend.server.plane.local import LocalDataPlane
from backend.server.plane.request_terms import models_own, terms_of
from backend.server.scheduling.jobs import Terms
from tests.server.plane_runs import begin, entered, settle, stats, with_plane
from tests.server.scripted_servables import Scripted, asking, config

LEVELS = "max_batch_size: 1 dynamic_batching { priority_levels: 3 default_priority_level: 2 %s }"


def test_the_parameters_are_read_in_the_words_of_the_protocol() -> None:
    assert terms_of({"other": 1}) == Terms()
    assert terms_of({"priority": 2, "timeout": 5}) == Terms(priority=2, timeout_ns=5000)
    assert terms_of({"timeout": 0}) == Terms()
    assert models_own({"priority": 1, "mine": "x", "binary_data_output": True}) == {"mine": "x"}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("sequence_id", True),
        ("sequence_id", -1),
        ("sequence_id", 1.5),
        ("sequence_start", 1),
        ("priority", "high"),
        ("priority", -1),
        ("timeout", 0.5),
        ("timeout", 2**64),
    ],
)
def test_a_parameter_of_a_wrong_kind_is_refused(name: str, wrong: str | float) -> None:
    with pytest.raises(InvalidInput, match=f"parameter '{name}' must be"):
        terms_of({name: wrong})


def test_a_higher_priority_goes_first_and_none_means_the_models_default() -> None:
    model = Scripted(config("m", LEVELS % ""))
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        tasks = [begin(plane, asking("m", 0, batch=1))]
        await entered(model)
        tasks += [
            begin(plane, asking("m", level, batch=1, priority=level)) for level in (3, 0, 9, 1, 2)
        ]
        await settle()
        model.gate.set()
        await asyncio.gather(*tasks)

    with_plane(work, model)
    assert model.batches == [[0], [1], [0], [9], [2], [3]]


def test_each_level_has_its_own_limit() -> None:
    policy = "priority_queue_policy { key: 1 value { max_queue_size: 1 } }"
    model = Scripted(config("m", LEVELS % policy))
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        tasks = [begin(plane, asking("m", 0, batch=1))]
        await entered(model)
        tasks.append(begin(plane, asking("m", 1, batch=1, priority=1)))
        await settle()
        with pytest.raises(Overloaded, match="1 requests wait already"):
            await plane.infer(asking("m", 2, batch=1, priority=1))
        tasks.append(begin(plane, asking("m", 3, batch=1, priority=2)))
        await settle()
        model.gate.set()
        await asyncio.gather(*tasks)
        assert plane.statistics("m")[0].failures["REJECTED"] == 1
        assert plane.statistics("m")[0].pending == 0

    with_plane(work, model)


MAY_TIME_OUT = (
    "max_batch_size: 1 dynamic_batching { default_queue_policy { allow_timeout_override: true } }"
)


def test_a_request_that_waited_for_too_long_is_never_computed() -> None:
    model = Scripted(config("m", MAY_TIME_OUT))
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        first = begin(plane, asking("m", 1, batch=1))
        await entered(model)
        with pytest.raises(NotReady, match="Request timeout expired"):
            await plane.infer(asking("m", 2, batch=1, timeout=10_000))
        assert plane.statistics("m")[0].pending == 1
        model.gate.set()
        assert await first == 1
        row = stats(plane, "m")
        assert (row.inference_stats.success.count, row.inference_stats.fail.count) == (1, 1)
        assert plane.statistics("m")[0].failures["REJECTED"] == 1

    with_plane(work, model)
    assert model.batches == [[1]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "max_batch_size: 1 dynamic_batching {}",
        "max_batch_size: 1 dynamic_batching { default_queue_policy { max_queue_size: 9 } }",
    ],
)
def test_a_timeout_means_nothing_to_a_model_whose_queue_has_none(text: str) -> None:
    model = Scripted(config("m", text))
    model.gate.clear()
    batch = 1 if text else 0

    async def work(plane: LocalDataPlane) -> None:
        first = begin(plane, asking("m", 1, batch=batch))
        await entered(model)
        late = begin(plane, asking("m", 2, batch=batch, timeout=1))
        await asyncio.sleep(0.05)
        model.gate.set()
        assert (await first, await late) == (1, 2)

    with_plane(work, model)


def test_a_timeout_does_not_end_what_is_computed_already() -> None:
    model = Scripted(config("m", MAY_TIME_OUT))
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        first = begin(plane, asking("m", 1, batch=1, timeout=2_000_000))
        await entered(model)
        await asyncio.sleep(2.1)
        model.gate.set()
        assert await first == 1

    with_plane(work, model)


@pytest.mark.parametrize(
    ("policy", "over_after_s", "expected"),
    [
        # Long enough for the third request, which must not time out as the second does.
        ("default_timeout_microseconds: 2000000", 2.1, "refused"),
        ("default_timeout_microseconds: 2000000 timeout_action: DELAY", 2.1, "last"),
        # A policy that does not allow requests to override it.
        ("max_queue_size: 9", 0.1, "in order"),
        ("allow_timeout_override: true", 0.1, "refused"),
    ],
)
def test_the_configuration_says_what_a_timeout_does(
    policy: str, over_after_s: float, expected: str
) -> None:
    batching = "max_batch_size: 1 dynamic_batching { default_queue_policy { %s } }"
    model = Scripted(config("m", batching % policy))
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        first = begin(plane, asking("m", 1, batch=1))
        await entered(model)
        second = begin(plane, asking("m", 2, batch=1, timeout=10_000))
        await settle()
        await asyncio.sleep(over_after_s)
        third = begin(plane, asking("m", 3, batch=1))
        await settle()
        model.gate.set()
        assert (await first, await third) == (1, 3)
        if expected == "refused":
            with pytest.raises(NotReady, match="Request timeout expired"):
                await second
        else:
            assert await second == 2

    with_plane(work, model)
    order = {"refused": [[1], [3]], "last": [[1], [3], [2]], "in order": [[1], [2], [3]]}
    assert model.batches == order[expected]


def test_the_model_sees_its_own_parameters_and_whether_anybody_waits() -> None:
    model = Scripted(config("m"))
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        first = begin(plane, asking("m", 1, colour="red", priority=1))
        await entered(model)
        (request,) = model.requests
        assert request.parameters == {"colour": "red"}
        assert not request.cancelled()
        first.cancel()
        await asyncio.wait([first])
        assert request.cancelled()

    with_plane(work, model)
