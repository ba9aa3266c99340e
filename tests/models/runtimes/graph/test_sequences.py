"""A recurrent ONNX model remembers each sequence between its requests, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.core.errors import InvalidInput
from backend.core.tensors import Array, Datatype, Tensor
from backend.models.runtimes.onnx.instance import OnnxInstance
from backend.models.servable import (
    KeepsSequences,
    ModelLoadError,
    ModelRequest,
    SequenceId,
    SequenceStep,
)
from backend.wire.elements import to_raw
from tests.models.onnx_folders import (
    ONNX_TYPES,
    ask,
    fp32,
    int64,
    load,
    node,
    outputs_of,
    request,
    texts,
    value,
    write_model,
)

FP32 = Datatype.FP32


def running_sum(folder: Path, datatype: Datatype = FP32, *, batching: bool = False) -> Path:
    """TOTAL is X and all before it; the sum comes in as PAST and goes out as NEXT."""
    shape: list[int | str | None] = ["n", 2] if batching else [2]
    return write_model(
        folder,
        [node("Add", ["X", "PAST"], ["NEXT"]), node("Identity", ["NEXT"], ["TOTAL"])],
        [value("X", datatype, shape), value("PAST", datatype, shape)],
        [value("TOTAL", datatype, shape), value("NEXT", datatype, shape)],
    )


def config(initial: str = "", *, kind: str = "TYPE_FP32", dims: str = "2") -> str:
    return (
        "sequence_batching { oldest { max_candidate_sequences: 4 } state { "
        f'input_name: "PAST" output_name: "NEXT" data_type: {kind} dims: [{dims}] {initial} }} }}'
    )


def step(
    sequence: SequenceId, data: object, *, start: bool = False, end: bool = False
) -> ModelRequest:
    return request(fp32("X", data), step=SequenceStep(sequence, start, end))


def total(instance: OnnxInstance, asked: ModelRequest) -> list[float]:
    found: list[float] = outputs_of(ask(instance, asked)[0])["TOTAL"].data.tolist()
    return found


def refused(instance: OnnxInstance, asked: ModelRequest) -> str:
    (response,) = ask(instance, asked)
    assert isinstance(response.error, InvalidInput)
    return response.error.message


def test_each_sequence_has_its_own_past(tmp_path: Path) -> None:
    instance = load(running_sum(tmp_path / "m"), config()).make_instance(0)
    assert total(instance, step(7, [1, 10], start=True)) == [1, 10]
    assert total(instance, step("a", [5, 5], start=True)) == [5, 5]
    assert total(instance, step(7, [2, 20])) == [3, 30]
    assert total(instance, step("a", [1, 1], end=True)) == [6, 6]
    assert total(instance, step(7, [3, 30])) == [6, 60]


def test_the_caller_sees_only_its_own_tensors(tmp_path: Path) -> None:
    servable = load(running_sum(tmp_path / "m"), config())
    assert [spec.name for spec in servable.inputs] == ["X"]
    assert [spec.name for spec in servable.outputs] == ["TOTAL"]
    (response,) = ask(servable.make_instance(0), step(1, [1, 1], start=True))
    assert [tensor.name for tensor in response.outputs] == ["TOTAL"]


def test_a_state_may_be_an_output_as_well(tmp_path: Path) -> None:
    text = config() + ' output [ { name: "NEXT" }, { name: "TOTAL" } ]'
    servable = load(running_sum(tmp_path / "m"), text)
    (response,) = ask(servable.make_instance(0), step(1, [1, 2], start=True))
    assert [tensor.data.tolist() for tensor in response.outputs] == [[1, 2], [1, 2]]


def test_a_sequence_begins_with_start_and_is_gone_after_end(tmp_path: Path) -> None:
    instance = load(running_sum(tmp_path / "m"), config()).make_instance(0)
    expected = "sequence 7 to model 'm' must specify the START flag on the first request"
    assert expected in refused(instance, step(7, [1, 1]))
    total(instance, step(7, [1, 1], start=True))
    total(instance, step(7, [1, 1], end=True))
    assert expected in refused(instance, step(7, [1, 1]))
    assert total(instance, step(7, [2, 2], start=True, end=True)) == [2, 2]
    assert expected in refused(instance, step(7, [1, 1]))
    assert "correlation ID" in refused(instance, request(fp32("X", [1, 1])))


def test_start_again_forgets_what_was(tmp_path: Path) -> None:
    instance = load(running_sum(tmp_path / "m"), config()).make_instance(0)
    total(instance, step(7, [1, 1], start=True))
    assert total(instance, step(7, [2, 2], start=True)) == [2, 2]


def test_a_sequence_given_up_is_forgotten(tmp_path: Path) -> None:
    instance = load(running_sum(tmp_path / "m"), config()).make_instance(0)
    assert isinstance(instance, KeepsSequences)
    total(instance, step(7, [1, 1], start=True))
    instance.forget(7)
    instance.forget(8)
    assert "START flag" in refused(instance, step(7, [1, 1]))


def test_a_failed_request_leaves_the_past_as_it_was(tmp_path: Path) -> None:
    instance = load(running_sum(tmp_path / "m"), config()).make_instance(0)
    total(instance, step(7, [1, 1], start=True))
    assert refused(instance, step(7, [1, 1, 1]))
    assert total(instance, step(7, [1, 1])) == [2, 2]
    assert refused(instance, step(7, [1, 1, 1], end=True))
    assert "START flag" in refused(instance, step(7, [1, 1]))


def test_instances_do_not_share_sequences(tmp_path: Path) -> None:
    servable = load(running_sum(tmp_path / "m"), config())
    total(servable.make_instance(0), step(7, [1, 1], start=True))
    assert "START flag" in refused(servable.make_instance(1), step(7, [1, 1]))


def test_sequences_are_computed_together_and_stay_apart(tmp_path: Path) -> None:
    folder = running_sum(tmp_path / "m", batching=True)
    instance = load(folder, "max_batch_size: 8 " + config()).make_instance(0)
    first = [step(name, [[name, 0]], start=True) for name in (1, 2, 3)]
    assert [outputs_of(response)["TOTAL"].data.tolist() for response in ask(instance, *first)] == [
        [[1, 0]],
        [[2, 0]],
        [[3, 0]],
    ]
    # Two requests of one sequence in a batch are computed one after the other.
    second = [step(3, [[10, 1]]), step(1, [[10, 1]]), step(3, [[10, 1]], end=True)]
    assert [outputs_of(response)["TOTAL"].data.tolist() for response in ask(instance, *second)] == [
        [[13, 1]],
        [[11, 1]],
        [[23, 2]],
    ]
    assert "START flag" in refused(instance, step(3, [[0, 0]]))
    assert outputs_of(ask(instance, step(2, [[5, 5]]))[0])["TOTAL"].data.tolist() == [[7, 5]]


def test_the_past_begins_as_a_file_says(tmp_path: Path) -> None:
    folder = running_sum(tmp_path / "m")
    (folder / "initial_state").mkdir()
    (folder / "initial_state" / "past").write_bytes(np.array([100, 200], "<f4").tobytes())
    text = config('initial_state { data_type: TYPE_FP32 dims: 2 data_file: "past" name: "s" }')
    instance = load(folder, text).make_instance(0)
    assert total(instance, step(7, [1, 2], start=True)) == [101, 202]


def test_variable_states_begin_at_the_size_given(tmp_path: Path) -> None:
    """A model that remembers all it has seen."""
    folder = write_model(
        tmp_path / "m",
        [node("Concat", ["PAST", "X"], ["NEXT"], axis=0), node("Identity", ["NEXT"], ["TOTAL"])],
        [value("X", FP32, ["k"]), value("PAST", FP32, ["p"])],
        [value("TOTAL", FP32, ["q"]), value("NEXT", FP32, ["q"])],
    )
    text = config("initial_state { data_type: TYPE_FP32 dims: 0 zero_data: true }", dims="-1")
    instance = load(folder, text).make_instance(0)
    assert total(instance, step(7, [1], start=True)) == [1]
    assert total(instance, step(7, [2, 3])) == [1, 2, 3]
    instance = load(folder, config(dims="-1")).make_instance(0)
    assert total(instance, step(7, [1], start=True)) == [0, 1]


@pytest.mark.parametrize("datatype", [Datatype.BF16, Datatype.FP16, Datatype.BYTES, Datatype.BOOL])
def test_states_of_other_datatypes(tmp_path: Path, datatype: Datatype) -> None:
    """BEFORE is what X was in the last request."""
    folder = write_model(
        tmp_path / "m",
        [node("Identity", ["X"], ["NEXT"]), node("Identity", ["PAST"], ["TOTAL"])],
        [value("X", datatype, [1]), value("PAST", datatype, [1])],
        [value("TOTAL", datatype, [1]), value("NEXT", datatype, [1])],
    )
    kind = "STRING" if datatype is Datatype.BYTES else datatype.value
    instance = load(folder, config(kind=f"TYPE_{kind}", dims="1")).make_instance(0)
    given = _one(datatype)
    start = ask(instance, request(given, step=SequenceStep(1, start=True)))[0]
    zero = b"\0\0\0\0" if datatype is Datatype.BYTES else bytes(datatype.itemsize or 0)
    assert bytes(to_raw(outputs_of(start)["TOTAL"])) == zero
    after = ask(instance, request(given, step=SequenceStep(1)))[0]
    assert bytes(to_raw(outputs_of(after)["TOTAL"])) == bytes(to_raw(given))


def _one(datatype: Datatype) -> Tensor:
    if datatype is Datatype.BYTES:
        return texts("X", ["\u00e4".encode()], (1,))
    data: Array = np.array([1 if datatype is Datatype.BOOL else 16256], datatype.numpy)
    return Tensor("X", datatype, data)


@pytest.mark.parametrize("shape", [[], ["n"], ["n", 1]])
def test_control_values_fit_the_graph(tmp_path: Path, shape: list[int | str | None]) -> None:
    """The server adds them to the inputs, one for each request."""
    folder = write_model(
        tmp_path / "m",
        [node("Identity", ["START"], ["Y"])],
        [value("START", FP32, shape), value("X", Datatype.INT64, shape or [1])],
        [value("Y", FP32, shape)],
    )
    text = (
        "sequence_batching { direct {} control_input { "
        'name: "START" control { kind: CONTROL_SEQUENCE_START fp32_false_true: [0, 1] } } } '
    )
    text += "max_batch_size: 4" if shape else 'output { name: "Y" dims: 1 reshape {} }'
    instance = load(folder, text).make_instance(0)
    starts = (
        request(int64("X", [[1]] if len(shape) == 2 else [1]), fp32("START", start))
        for start in ([[1.0]], [0.0])
    )
    found = [outputs_of(response)["Y"].data for response in ask(instance, *starts)]
    assert [float(data.reshape(-1)[0]) for data in found] == [1, 0]
    if shape:  # each row of a request is told
        rows = request(int64("X", [[1], [1]] if len(shape) == 2 else [1, 1]), fp32("START", [1]))
        assert outputs_of(ask(instance, rows)[0])["Y"].data.reshape(-1).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (config(kind="TYPE_INT32"), "state output 'NEXT' is FP32 in the model, .* INT32"),
        (config(kind="TYPE_INVALID"), "data_type"),
        (config(dims="3"), r"state output 'NEXT' has shape \[2\]"),
        (config().replace('"NEXT"', '"LATER"'), "no state output 'LATER'"),
        (config().replace('"PAST"', '"BEFORE"'), "no state input 'BEFORE'"),
        (config("initial_state { data_type: TYPE_FP32 dims: 2 }"), "zero_data or data_file"),
        (config("initial_state { data_type: TYPE_FP32 dims: 3 zero_data: true }"), "do not fit"),
        (config("initial_state { data_type: TYPE_FP64 dims: 2 zero_data: true }"), "must be FP32"),
        (config("initial_state {} initial_state {}"), "more than one"),
        (
            config('initial_state { data_type: TYPE_FP32 dims: 2 data_file: "none" }'),
            "none cannot be read",
        ),
        (
            config('initial_state { data_type: TYPE_FP32 dims: 2 data_file: "short" }'),
            "byte size mismatch",
        ),
        (
            config('initial_state { data_type: TYPE_FP32 dims: 2 data_file: "../../secret" }'),
            "leads out of",
        ),
        (
            'sequence_batching { direct {} control_input { name: "Q" } }',
            "no control input 'Q'",
        ),
        (
            (
                'sequence_batching { direct {} control_input { name: "PAST" control { '
                "kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 } } }"
            ),
            "control input 'PAST' is FP32 in the model, .* UINT64",
        ),
    ],
)
def test_a_state_that_does_not_fit_is_the_reason(tmp_path: Path, text: str, message: str) -> None:
    folder = running_sum(tmp_path / "m")
    (folder / "initial_state").mkdir()
    (folder / "initial_state" / "short").write_bytes(b"\0" * 4)
    with pytest.raises(ModelLoadError, match=message):
        load(folder, text)


def test_every_datatype_of_the_protocol_has_a_graph_type() -> None:
    assert set(ONNX_TYPES) == set(Datatype)


def test_a_row_that_stands_for_no_request_leaves_nothing_behind(tmp_path: Path) -> None:
    text = config().replace("oldest { max_candidate_sequences: 4 }", "direct { }")
    servable = load(running_sum(tmp_path / "m", batching=True), text + " max_batch_size: 4")
    instance = servable.make_instance(0)
    padding = ModelRequest({"X": fp32("X", [[0, 0]])}, padding=True)
    for expected in ([1, 2], [2, 4]):
        asked = step("a", [[1, 2]], start=expected == [1, 2])
        _, answer, _ = ask(instance, padding, asked, padding)
        assert outputs_of(answer)["TOTAL"].data.tolist() == [expected]
