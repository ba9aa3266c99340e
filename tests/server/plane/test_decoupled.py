"""Models that answer a request any number of times, also after `execute` has returned."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from backend.core.errors import InvalidInput, ModelFailed, Unsupported
from backend.core.inference import InferRequest
from backend.models.servable import ModelRequest, ModelResponse, Respond
from backend.server.plane.data_plane import StreamAnswer
from backend.server.plane.local import LocalDataPlane
from backend.server.scheduling.mailbox import Mailbox
from tests.server.plane_runs import entered, stats, with_plane
from tests.server.scripted_servables import Scripted, asking, config, response
from tests.waiting import WAIT_S

DECOUPLED = "model_transaction_policy { decoupled: true }"


def counting(index: int, request: ModelRequest, respond: Respond) -> None:
    """As many answers as the request says, the last one with the final flag."""
    count = int(request.inputs["INPUT0"].data[0])
    for n in range(count):
        respond(index, response(n), n == count - 1)
    if not count:
        respond(index, None, True)  # noqa: FBT003


def flag_alone(index: int, request: ModelRequest, respond: Respond) -> None:
    for n in range(int(request.inputs["INPUT0"].data[0])):
        respond(index, response(n), False)  # noqa: FBT003
    respond(index, None, True)  # noqa: FBT003


def later(threads: list[threading.Thread]) -> Callable[[int, ModelRequest, Respond], None]:
    def script(index: int, request: ModelRequest, respond: Respond) -> None:
        thread = threading.Thread(target=counting, args=(index, request, respond))
        threads.append(thread)
        thread.start()

    return script


async def answers(plane: LocalDataPlane, request: InferRequest) -> list[StreamAnswer]:
    return [answer async for answer in plane.stream(request)]


def values(given: list[StreamAnswer]) -> list[tuple[int | None, bool]]:
    return [
        (int(answer.response.outputs[0].data[0]) if answer.response else None, answer.final)
        for answer in given
    ]


@pytest.mark.parametrize("instant", [False, True])
@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, [(None, True)]), (1, [(0, True)]), (3, [(0, False), (1, False), (2, True)])],
)
def test_a_request_has_as_many_answers_as_the_model_gives(
    count: int, expected: list[tuple[int | None, bool]], *, instant: bool
) -> None:
    model = Scripted(config("m", DECOUPLED), counting, instant=instant)

    async def work(plane: LocalDataPlane) -> None:
        assert values(await answers(plane, asking("m", count))) == expected
        row = stats(plane, "m")
        assert (row.inference_stats.success.count, row.execution_count) == (1, 1)
        assert len(row.response_stats) == max(count, 1)
        kind = "success" if count else "empty_response"
        assert all(getattr(each, kind).count == 1 for each in row.response_stats.values())

    with_plane(work, model)


def test_the_last_answer_may_be_the_flag_alone() -> None:
    model = Scripted(config("m", DECOUPLED), flag_alone)

    async def work(plane: LocalDataPlane) -> None:
        given = values(await answers(plane, asking("m", 2)))
        assert given == [(0, False), (1, False), (None, True)]
        row = stats(plane, "m")
        assert row.response_stats["2"].empty_response.count == 1

    with_plane(work, model)


def test_answers_may_come_after_execute_has_returned() -> None:
    threads: list[threading.Thread] = []
    model = Scripted(config("m", DECOUPLED), later(threads))

    async def work(plane: LocalDataPlane) -> None:
        given = await asyncio.gather(*(answers(plane, asking("m", n)) for n in (1, 2, 3)))
        assert [len(each) for each in given] == [1, 2, 3]
        while stats(plane, "m").inference_stats.success.count < 3:
            await asyncio.sleep(0.005)
        assert plane.statistics("m")[0].pending == 0

    with_plane(work, model)
    for thread in threads:
        thread.join()


def test_a_model_that_answers_once_is_streamed_too() -> None:
    model = Scripted(config("m"))

    async def work(plane: LocalDataPlane) -> None:
        (answer,) = await answers(plane, asking("m", 5))
        assert values([answer]) == [(5, True)]
        assert answer.timing is not None

    with_plane(work, model)


def test_a_decoupled_model_is_not_asked_for_a_single_answer() -> None:
    model = Scripted(config("m", DECOUPLED), counting)

    async def work(plane: LocalDataPlane) -> None:
        with pytest.raises(Unsupported, match="decoupled transaction policy"):
            await plane.infer(asking("m", 1))

    with_plane(work, model)


def test_an_error_may_come_between_answers() -> None:
    def script(index: int, _request: ModelRequest, respond: Respond) -> None:
        respond(index, response(1), False)  # noqa: FBT003
        respond(index, ModelResponse(error=ModelFailed("half way")), True)  # noqa: FBT003

    model = Scripted(config("m", DECOUPLED), script)

    async def work(plane: LocalDataPlane) -> None:
        first, last = await answers(plane, asking("m", 1))
        assert (first.error, first.final) == (None, False)
        assert (str(last.error), last.final) == ("half way", True)
        row = stats(plane, "m")
        assert (row.inference_stats.fail.count, row.response_stats["1"].fail.count) == (1, 1)

    with_plane(work, model)


def test_a_model_that_breaks_ends_the_answers_with_the_reason() -> None:
    def script(index: int, _request: ModelRequest, respond: Respond) -> None:
        respond(index, response(1), False)  # noqa: FBT003
        raise ZeroDivisionError("gone")

    model = Scripted(config("m", DECOUPLED), script)

    async def work(plane: LocalDataPlane) -> None:
        stream = plane.stream(asking("m", 1))
        assert values([await anext(stream)]) == [(1, False)]
        with pytest.raises(ModelFailed, match="ZeroDivisionError: gone"):
            await anext(stream)
        assert plane.statistics("m")[0].failures["BACKEND"] == 1

    with_plane(work, model)


def test_what_is_wrong_with_the_request_is_raised_by_the_first_step() -> None:
    model = Scripted(config("m", DECOUPLED), counting)

    async def work(plane: LocalDataPlane) -> None:
        with pytest.raises(InvalidInput, match="missing required input"):
            await anext(plane.stream(InferRequest("m", ())))

    with_plane(work, model)


def test_closing_the_stream_gives_the_request_up() -> None:
    told = threading.Event()

    def script(index: int, request: ModelRequest, respond: Respond) -> None:
        respond(index, response(0), False)  # noqa: FBT003
        while not request.cancelled():
            told.wait(0.005)
        respond(index, response(1), True)  # noqa: FBT003
        told.set()

    model = Scripted(config("m", DECOUPLED), script)

    async def work(plane: LocalDataPlane) -> None:
        stream = plane.stream(asking("m", 1))
        assert values([await anext(stream)]) == [(0, False)]
        await stream.aclose()
        assert await asyncio.to_thread(told.wait, WAIT_S)
        while plane.statistics("m")[0].pending:
            await asyncio.sleep(0.005)
        (metrics,) = plane.statistics("m")
        assert metrics.failures["CANCELED"] == 1
        assert metrics.statistics.inference_stats.success.count == 0

    with_plane(work, model)


def test_a_model_waits_for_a_reader_that_is_slow() -> None:
    given = 0

    def script(index: int, _request: ModelRequest, respond: Respond) -> None:
        nonlocal given
        for n in range(1000):
            respond(index, response(n), n == 999)
            given += 1

    model = Scripted(config("m", DECOUPLED), script)

    async def work(plane: LocalDataPlane) -> None:
        stream = plane.stream(asking("m", 1))
        await anext(stream)
        await asyncio.sleep(0.1)
        assert given < 300
        assert len([answer async for answer in stream]) == 999

    with_plane(work, model)


def test_a_model_that_never_ends_a_request_does_not_keep_the_server() -> None:
    def script(index: int, _request: ModelRequest, respond: Respond) -> None:
        respond(index, response(0), False)  # noqa: FBT003

    model = Scripted(config("m", DECOUPLED), script)

    async def work(plane: LocalDataPlane) -> None:
        stream = plane.stream(asking("m", 1))
        await anext(stream)
        await entered(model)
        plane.close()
        await stream.aclose()  # as the edges do with what is not over in time

    with_plane(work, model)


def test_a_mailbox_ends_with_its_error_after_what_is_in_it() -> None:
    async def work() -> None:
        mailbox: Mailbox[int] = Mailbox()
        assert mailbox.put(1, last=False)
        mailbox.fail(ModelFailed("over"))
        assert not mailbox.put(2, last=True)
        assert await mailbox.get() == (1, False)
        with pytest.raises(ModelFailed, match="over"):
            await mailbox.get()

    asyncio.run(work())
