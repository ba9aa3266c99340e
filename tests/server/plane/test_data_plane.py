"""The data plane: where models run, how requests queue, and how they are given up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import numpy as np
import pytest

from backend.core.errors import InvalidInput, ModelFailed, NotFound, NotReady, Overloaded
from backend.core.inference import InferRequest, InferResponse
from backend.core.predictions import Tensors
from backend.core.tensors import Array, Datatype, Tensor
from backend.core.timing import ServerTiming
from backend.models.repository.registry import ModelRegistry
from backend.server.plane.local import LocalDataPlane
from backend.server.scheduling.scheduler import QUEUE_LIMIT
from backend.wire.serving.items import Item, Sound, Values
from tests.server.scripted_models import Failing, Gated
from tests.waiting import WAIT_S

T = TypeVar("T")


def request(value: int, model: str = "gated") -> InferRequest:
    return InferRequest(model, (Tensor("INPUT0", Datatype.UINT8, np.array([value], np.uint8)),))


def on_a_loop(work: Coroutine[Any, Any, T], plane: LocalDataPlane) -> T:
    async def body() -> T:
        try:
            return await asyncio.wait_for(work, WAIT_S)
        finally:
            plane.close()

    try:
        return asyncio.run(body())
    finally:
        assert plane.join(30)


async def entered(model: Gated) -> None:
    assert await asyncio.to_thread(model.entered.acquire, timeout=30)


def answers(response: tuple[InferResponse, ServerTiming]) -> list[int]:
    return [int(value) for value in response[0].outputs[0].data]


def test_a_model_runs_on_a_thread_of_its_own_and_an_instant_one_on_the_loop(
    registry: ModelRegistry, gated: Gated
) -> None:
    plane = LocalDataPlane(registry)
    gated.gate.set()

    async def work() -> None:
        assert answers(await plane.infer(request(7))) == [7]
        assert gated.threads == {"model-gated"}
        before = threading.active_count()
        assert answers(await plane.infer(request(8, "identity"))) == [8]
        assert threading.active_count() == before

    on_a_loop(work(), plane)


def test_the_loop_is_free_while_a_model_computes(registry: ModelRegistry, gated: Gated) -> None:
    plane = LocalDataPlane(registry)

    async def work() -> None:
        slow = asyncio.create_task(plane.infer(request(1)))
        await entered(gated)
        assert answers(await plane.infer(request(2, "identity"))) == [2]
        assert not slow.done()
        gated.gate.set()
        assert answers(await slow) == [1]

    on_a_loop(work(), plane)


def test_requests_are_computed_one_at_a_time_in_the_order_they_came(
    registry: ModelRegistry, gated: Gated
) -> None:
    plane = LocalDataPlane(registry)

    async def work() -> None:
        tasks = [asyncio.create_task(plane.infer(request(n))) for n in range(10)]
        await entered(gated)
        assert gated.computed == [0]
        gated.gate.set()
        for n, task in enumerate(tasks):
            assert answers(await task) == [n]

    on_a_loop(work(), plane)
    assert gated.computed == list(range(10))


def test_a_full_queue_refuses_at_once(registry: ModelRegistry, gated: Gated) -> None:
    plane = LocalDataPlane(registry, queue_limit=2)

    async def work() -> None:
        tasks = [asyncio.create_task(plane.infer(request(0)))]
        await entered(gated)
        tasks += [asyncio.create_task(plane.infer(request(n))) for n in (1, 2)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match="model 'gated' is busy: 2 requests wait already"):
            await plane.infer(request(3))
        gated.gate.set()
        assert [answers(await task) for task in tasks] == [[0], [1], [2]]

    on_a_loop(work(), plane)


def test_200_requests_at_once_are_served_and_the_usual_queue_is_bounded(
    registry: ModelRegistry, gated: Gated
) -> None:
    plane = LocalDataPlane(registry)

    async def work() -> None:
        tasks = [asyncio.create_task(plane.infer(request(0)))]
        await entered(gated)
        tasks += [asyncio.create_task(plane.infer(request(1))) for _ in range(QUEUE_LIMIT)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match=f"{QUEUE_LIMIT} requests wait already"):
            await plane.infer(request(2))
        gated.gate.set()
        assert [answers(await task) for task in tasks] == [[0]] + [[1]] * QUEUE_LIMIT

    on_a_loop(work(), plane)
    assert QUEUE_LIMIT >= 200


def test_a_request_given_up_while_it_waits_is_never_computed(
    registry: ModelRegistry, gated: Gated
) -> None:
    plane = LocalDataPlane(registry, queue_limit=1)

    async def work() -> None:
        first = asyncio.create_task(plane.infer(request(1)))
        await entered(gated)
        second = asyncio.create_task(plane.infer(request(2)))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        third = asyncio.create_task(plane.infer(request(3)))  # there is room again
        await asyncio.sleep(0)
        gated.gate.set()
        assert answers(await first) == [1]
        assert answers(await third) == [3]

    on_a_loop(work(), plane)
    assert gated.computed == [1, 3]


def test_giving_up_a_request_that_computes_leaves_the_model_usable(
    registry: ModelRegistry, gated: Gated
) -> None:
    plane = LocalDataPlane(registry)

    async def work() -> None:
        first = asyncio.create_task(plane.infer(request(1)))
        await entered(gated)
        first.cancel()
        await asyncio.wait([first])
        second = asyncio.create_task(plane.infer(request(2)))
        gated.gate.set()
        assert answers(await second) == [2]

    on_a_loop(work(), plane)


def test_stopping_refuses_what_waits_and_what_comes(registry: ModelRegistry, gated: Gated) -> None:
    plane = LocalDataPlane(registry)

    async def work() -> None:
        first = asyncio.create_task(plane.infer(request(1)))
        await entered(gated)
        second = asyncio.create_task(plane.infer(request(2)))
        await asyncio.sleep(0)
        plane.close()
        with pytest.raises(NotReady, match="being stopped"):
            await second
        for model in ("gated", "identity"):
            with pytest.raises(NotReady, match="being stopped"):
                await plane.infer(request(3, model))
        gated.gate.set()
        assert answers(await first) == [1]

    on_a_loop(work(), plane)


def test_the_queue_and_each_step_are_timed(registry: ModelRegistry, gated: Gated) -> None:
    plane = LocalDataPlane(registry)

    async def work() -> tuple[ServerTiming, ServerTiming]:
        first = asyncio.create_task(plane.infer(request(1)))
        await entered(gated)
        second = asyncio.create_task(plane.infer(request(2)))
        while plane.statistics("gated")[0].pending < 2:
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        gated.gate.set()
        return (await first)[1], (await second)[1]

    first, second = on_a_loop(work(), plane)
    # The gate was closed for 50 ms: the first request computed as long, the second waited.
    assert first.compute_infer_us >= 50_000
    assert second.queue_us >= 50_000
    assert min(second.compute_input_us, second.compute_output_us) >= 0


def test_a_model_that_breaks_says_so_and_is_asked_again(
    registry: ModelRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    plane = LocalDataPlane(registry)

    async def work() -> None:
        for _ in range(2):
            with pytest.raises(ModelFailed, match="ZeroDivisionError: the weights are gone"):
                await plane.infer(request(1, "failing"))

    on_a_loop(work(), plane)
    assert "Model failing failed" in caplog.text


def test_a_model_that_was_replaced_is_not_asked_any_more(
    registry: ModelRegistry, gated: Gated
) -> None:
    plane = LocalDataPlane(registry)
    gated.gate.set()

    async def work() -> None:
        await plane.infer(request(1))
        registry.remove("gated")
        with pytest.raises(NotFound, match="unknown model: 'gated' is not found"):
            await plane.infer(request(2))
        newer = Gated()
        newer.gate.set()
        registry.add(newer)
        await plane.infer(request(3))
        assert newer.computed == [3]

    on_a_loop(work(), plane)
    assert gated.computed == [1]


def test_plain_numbers_become_what_the_model_takes(registry: ModelRegistry) -> None:
    plane = LocalDataPlane(registry)

    async def result(model: str, value: object) -> Tensor:
        predictions, _ = await plane.predict(model, Values(value))
        (tensors,) = predictions
        assert isinstance(tensors, Tensors)
        return tensors.tensors[0]

    async def work() -> None:
        assert (await result("identity", [[1, 2], [3, 255]])).data.tolist() == [1, 2, 3, 255]
        assert (await result("identity", 5)).data.tolist() == [5]
        assert (await result("identity_fp32", [0.5, 2])).data.tolist() == [0.5, 2.0]
        for wrong, text in (
            ([1, [2]], "not all of one length"),
            ("text", "got text"),
            ({"a": 1}, "got an object"),
            ([0.5], "with a fraction"),
            ([256], "0 to 255; got 256 to 256"),
            ([-1], "got -1 to -1"),
            (["a"], "holds something else"),
        ):
            with pytest.raises(InvalidInput, match=text):
                await result("identity", wrong)

    on_a_loop(work(), plane)


def test_sound_of_another_rate_is_brought_to_the_models(registry: ModelRegistry) -> None:
    plane = LocalDataPlane(registry)
    seconds = np.arange(24_000) / 48_000
    tone = np.sin(2 * np.pi * 440 * seconds).astype(np.float32)

    async def heard(item: Item) -> Array:
        predictions, _ = await plane.predict("heard", item)
        assert isinstance(predictions[0], Tensors)
        return predictions[0].tensors[0].data

    async def work() -> None:
        with pytest.raises(InvalidInput, match="rate"):
            await plane.predict("heard", Sound(tone, 0))
        assert len(await heard(Sound(tone, 48_000))) == 8_000
        assert len(await heard(Sound(tone))) == 24_000
        np.testing.assert_array_equal(await heard(Values(tone.tolist(), 16_000)), tone)
        with pytest.raises(InvalidInput, match="flat list of samples, got 2 levels"):
            await heard(Values([[0.0]]))

    on_a_loop(work(), plane)


def test_a_failing_model_is_told_apart_from_a_wrong_request() -> None:
    plane = LocalDataPlane(ModelRegistry([Failing()]))

    async def work() -> None:
        with pytest.raises(InvalidInput):
            await plane.infer(InferRequest("failing", ()))

    on_a_loop(work(), plane)
