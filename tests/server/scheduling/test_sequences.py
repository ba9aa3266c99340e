"""Sequences: they stay with an instance, in order, from START to END or until they are idle."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from backend.core.errors import InvalidInput, NotReady, Overloaded
from backend.core.inference import InferRequest
from backend.core.tensors import Datatype
from backend.server.plane.local import LocalDataPlane
from tests.server.plane_runs import begin, entered, settle, stats, value, with_plane
from tests.server.scripted_servables import Scripted, asking, config

PATIENT = "max_sequence_idle_microseconds: 60000000 "
DIRECT = "sequence_batching { direct { } %s }"
OLDEST = "sequence_batching { oldest { max_candidate_sequences: %d } " + PATIENT + "}"


def step(
    sequence: int | str, number: int, *, start: bool = False, end: bool = False, batch: int = 0
) -> InferRequest:
    return asking(
        "m",
        number,
        batch=batch,
        sequence_id=sequence,
        sequence_start=start,
        sequence_end=end,
    )


def test_a_sequence_stays_with_one_instance_in_order() -> None:
    model = Scripted(config("m", "instance_group { count: 2 } " + DIRECT % PATIENT))

    async def work(plane: LocalDataPlane) -> None:
        tasks = []
        for n in range(6):
            for sequence in (1, "b"):
                number = n + (0 if sequence == 1 else 100)
                tasks.append(begin(plane, step(sequence, number, start=n == 0, end=n == 5)))
        await asyncio.gather(*tasks)

    with_plane(work, model)
    runs = sorted(model.by_instance.values())
    assert runs == [list(range(6)), list(range(100, 106))]


def test_the_first_request_must_have_the_start_flag() -> None:
    model = Scripted(config("m", DIRECT % PATIENT))

    async def work(plane: LocalDataPlane) -> None:
        with pytest.raises(InvalidInput, match="sequence 7 to model 'm' must specify the START"):
            await plane.infer(step(7, 1))
        assert await value(plane, step(7, 1, start=True)) == 1
        assert await value(plane, step(7, 2, end=True)) == 2
        with pytest.raises(InvalidInput, match="must specify the START"):
            await plane.infer(step(7, 3))
        with pytest.raises(InvalidInput, match="non-zero or non-empty correlation ID"):
            await plane.infer(asking("m", 1))
        assert stats(plane, "m").inference_stats.fail.count == 3

    with_plane(work, model)
    assert model.batches == [[1], [2]]


def test_an_idle_sequence_is_given_up_and_its_instance_told() -> None:
    model = Scripted(config("m", DIRECT % "max_sequence_idle_microseconds: 30000"))

    async def work(plane: LocalDataPlane) -> None:
        await plane.infer(step(7, 1, start=True))
        while not model.forgotten:
            await asyncio.sleep(0.005)
        with pytest.raises(InvalidInput, match="must specify the START"):
            await plane.infer(step(7, 2))

    with_plane(work, model)
    assert model.forgotten == [7]


def test_a_sequence_that_ends_itself_is_not_told_to_be_forgotten() -> None:
    model = Scripted(config("m", DIRECT % PATIENT))

    async def work(plane: LocalDataPlane) -> None:
        await plane.infer(step(7, 1, start=True, end=True))

    with_plane(work, model)
    assert not model.forgotten


def test_sequences_without_a_place_wait_for_one() -> None:
    model = Scripted(config("m", OLDEST % 1))

    async def work(plane: LocalDataPlane) -> None:
        await plane.infer(step(1, 10, start=True))
        second = begin(plane, step(2, 20, start=True, end=True))
        await settle()
        assert await value(plane, step(1, 11)) == 11
        assert not second.done()
        assert await value(plane, step(1, 12, end=True)) == 12
        assert await second == 20

    with_plane(work, model)
    assert model.batches == [[10], [11], [12], [20]]


@pytest.mark.parametrize("strategy", [DIRECT % PATIENT, OLDEST % 4])
def test_requests_of_several_sequences_make_a_batch(strategy: str) -> None:
    model = Scripted(config("m", "max_batch_size: 4 " + strategy))
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        tasks = [begin(plane, step(1, 10, start=True, batch=1))]
        await entered(model)
        for sequence in (1, 2, 3):
            first = sequence > 1
            tasks += [
                begin(plane, step(sequence, sequence * 10 + 1, start=first, batch=1)),
                begin(plane, step(sequence, sequence * 10 + 2, batch=1)),
            ]
        await settle()
        model.gate.set()
        await asyncio.gather(*tasks)

    with_plane(work, model)
    assert [sorted(batch) for batch in model.batches] == [[10], [11, 21, 31], [12, 22, 32]]


def test_a_request_of_a_sequence_is_a_single_inference() -> None:
    model = Scripted(config("m", "max_batch_size: 4 " + DIRECT % PATIENT))

    async def work(plane: LocalDataPlane) -> None:
        with pytest.raises(InvalidInput, match="must specify batch-size 1"):
            await plane.infer(step(1, 1, start=True, batch=2))

    with_plane(work, model)


def test_the_model_is_told_where_in_its_sequence_a_request_is() -> None:
    controls = """
      control_input { name: "START" control {
        kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } }
      control_input { name: "END" control {
        kind: CONTROL_SEQUENCE_END fp32_false_true: [ -1, 1 ] } }
      control_input { name: "READY" control {
        kind: CONTROL_SEQUENCE_READY bool_false_true: [ false, true ] } }
      control_input { name: "ID" control {
        kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 } }
    """
    model = Scripted(config("m", DIRECT % (PATIENT + controls)))

    async def work(plane: LocalDataPlane) -> None:
        await plane.infer(step(9, 1, start=True))
        await plane.infer(step(9, 2, end=True))
        with pytest.raises(InvalidInput, match="sequence_id 'x' does not fit the model"):
            await plane.infer(step("x", 1, start=True))

    with_plane(work, model)
    first, last = model.requests
    kinds = {name: tensor.datatype for name, tensor in first.inputs.items()}
    assert kinds == {
        "INPUT0": Datatype.INT32,
        "START": Datatype.INT32,
        "END": Datatype.FP32,
        "READY": Datatype.BOOL,
        "ID": Datatype.UINT64,
    }
    told = [
        [request.inputs[name].data.tolist() for name in ("START", "END", "READY", "ID")]
        for request in (first, last)
    ]
    assert told == [[[1], [-1.0], [True], [9]], [[0], [1.0], [True], [9]]]
    assert first.sequence is not None
    assert (first.sequence.id, first.sequence.start, first.sequence.end) == (9, True, False)


def test_a_sequence_keeps_its_row_of_every_batch() -> None:
    """Rows without a request are zeros, not ready, and their answers nobody's."""
    controls = """
      control_input { name: "START" control {
        kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } }
      control_input { name: "READY" control {
        kind: CONTROL_SEQUENCE_READY fp32_false_true: [ 0, 1 ] } }
      control_input { name: "ID" control {
        kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_STRING } }
    """
    model = Scripted(config("m", "max_batch_size: 4 " + DIRECT % (PATIENT + controls)))

    async def work(plane: LocalDataPlane) -> None:
        async def ask(sequence: str, number: int, *, start: bool = False, end: bool = False) -> int:
            return await value(plane, step(sequence, number, start=start, end=end, batch=1))

        assert await ask("a", 10, start=True) == 10
        assert await ask("b", 20, start=True) == 20
        assert await ask("c", 30, start=True) == 30
        assert await ask("b", 21) == 21
        assert await ask("a", 11, end=True) == 11
        assert await ask("c", 31, end=True) == 31
        assert await ask("d", 40, start=True) == 40
        assert await ask("b", 22, end=True) == 22
        assert await ask("d", 41) == 41

    with_plane(work, model)
    assert model.batches == [
        [10],
        [0, 20],
        [0, 0, 30],
        [0, 21],
        [11],
        [0, 0, 31],
        [40],
        [0, 22],
        [41],
    ]
    padding, real = model.requests[1:3]
    told = [
        [one.inputs[name].data.tolist() for name in ("START", "READY", "ID")]
        for one in (padding, real)
    ]
    assert told == [[[[0]], [[0.0]], [[b""]]], [[[1]], [[1.0]], [[b"b"]]]]
    assert (padding.padding, padding.sequence, real.padding) == (True, None, False)


def test_a_sequence_that_is_given_up_frees_its_row() -> None:
    text = "max_batch_size: 2 " + DIRECT % "max_sequence_idle_microseconds: 20000"
    model = Scripted(config("m", text))

    async def work(plane: LocalDataPlane) -> None:
        await plane.infer(step(1, 10, start=True, batch=1))
        while not model.forgotten:
            await asyncio.sleep(0.01)
        await plane.infer(step(2, 20, start=True, end=True, batch=1))

    with_plane(work, model)
    assert model.batches == [[10], [20]]


def test_states_and_controls_are_not_asked_of_the_caller() -> None:
    text = """
      input { name: "STATE" data_type: TYPE_FP32 dims: [ 2 ] }
      input { name: "GO" data_type: TYPE_BOOL dims: [ 1 ] }
      sequence_batching {
        state { input_name: "STATE" output_name: "NEW" data_type: TYPE_FP32 dims: [ 2 ] }
        control_input { name: "GO" control { kind: CONTROL_SEQUENCE_START
          bool_false_true: [ false, true ] } }
      }
    """
    model = Scripted(config("m", text))

    async def work(plane: LocalDataPlane) -> None:
        await plane.infer(step(1, 5, start=True))

    with_plane(work, model)
    assert sorted(model.requests[0].inputs) == ["GO", "INPUT0"]
    np.testing.assert_array_equal(model.requests[0].inputs["GO"].data, [True])


def test_giving_up_the_start_gives_up_the_sequence() -> None:
    model = Scripted(config("m", OLDEST % 4))
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        busy = begin(plane, step(1, 10, start=True, end=True))
        await entered(model)
        first = begin(plane, step(2, 20, start=True))
        second = begin(plane, step(2, 21))
        await settle()
        first.cancel()
        with pytest.raises(NotReady, match="first request of its sequence was given up"):
            await second
        model.gate.set()
        assert await busy == 10
        with pytest.raises(InvalidInput, match="must specify the START"):
            await plane.infer(step(2, 22))
        assert plane.statistics("m")[0].failures["CANCELED"] == 2

    with_plane(work, model)
    assert model.batches == [[10]]


def test_the_queue_of_sequences_is_bounded() -> None:
    model = Scripted(config("m", OLDEST % 4))
    model.gate.clear()

    async def work(plane: LocalDataPlane) -> None:
        tasks = [begin(plane, step(1, 0, start=True))]
        await entered(model)
        tasks += [begin(plane, step(1, n)) for n in (1, 2)]
        await settle()
        with pytest.raises(Overloaded, match="2 requests wait already"):
            await plane.infer(step(1, 3))
        model.gate.set()
        assert [await task for task in tasks] == [0, 1, 2]

    with_plane(work, model, queue_limit=2)


def test_an_instance_that_cannot_forget_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    model = Scripted(config("m", DIRECT % "max_sequence_idle_microseconds: 10000"))
    model.forgotten = None  # type: ignore[assignment]  # so that forgetting raises

    async def work(plane: LocalDataPlane) -> None:
        await plane.infer(step(7, 1, start=True))
        while "could not be given up" not in caplog.text:
            await asyncio.sleep(0.005)
        assert await value(plane, step(8, 2, start=True, end=True)) == 2

    with_plane(work, model)
