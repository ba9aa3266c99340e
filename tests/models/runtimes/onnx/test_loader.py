"""ONNX files are served with every datatype, shape and batch they can take."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from backend.core.errors import InvalidInput, ModelFailed
from backend.core.tensors import Array, Datatype, Tensor
from backend.models.config.text import parse_config
from backend.models.runtimes.onnx.loader import OnnxRuntime
from backend.models.servable import ModelLoadError
from backend.wire.elements import to_raw
from tests.models.onnx_folders import (
    answer,
    ask,
    fp32,
    identity,
    int64,
    load,
    node,
    outputs_of,
    request,
    texts,
    value,
    write_model,
)

FP32, INT64, BYTES = Datatype.FP32, Datatype.INT64, Datatype.BYTES
_NUMBERS = [datatype for datatype in Datatype if datatype is not BYTES]


def bits(datatype: Datatype, shape: tuple[int, ...]) -> Array:
    """Every kind of bit pattern, NaN and the like included."""
    random = np.random.default_rng(7)
    if datatype is Datatype.BOOL:
        return random.integers(0, 2, shape).astype(np.bool_)
    size = int(np.prod(shape)) * datatype.numpy.itemsize
    return np.frombuffer(random.bytes(size), datatype.numpy).reshape(shape)


@pytest.mark.parametrize("datatype", _NUMBERS)
@pytest.mark.parametrize("shape", [(2, 3), (1, 3), (0, 3)])
def test_every_number_passes_bit_by_bit(
    tmp_path: Path, datatype: Datatype, shape: tuple[int, ...]
) -> None:
    servable = load(identity(tmp_path / "m", datatype, ["n", 3]))
    assert servable.inputs[0].shape == (-1, 3)
    given = Tensor("X", datatype, bits(datatype, shape))
    output = answer(servable, given)["Y"]
    assert (output.datatype, output.shape) == (datatype, shape)
    assert bytes(to_raw(output)) == bytes(to_raw(given))


def test_text_passes_as_utf_8(tmp_path: Path) -> None:
    servable = load(identity(tmp_path / "m", BYTES, ["n", "m"]))
    items = ["", "plain", "zw\u00f6lf", "\U0001f600", "a\0b", "end\0"]
    given = texts("X", [item.encode() for item in items], (3, 2))
    output = answer(servable, given)["Y"]
    assert output.shape == (3, 2)
    assert [item.decode() for item in output.data.reshape(-1)] == items
    assert answer(servable, texts("X", [], (0, 2)))["Y"].shape == (0, 2)


def test_what_is_not_text_is_refused_by_name_and_index(tmp_path: Path) -> None:
    instance = load(identity(tmp_path / "m", BYTES, ["n", 1])).make_instance(0)
    bad = texts("X", [b"fine", b"ab\xff"], (2, 1))
    good = texts("X", [b"good"], (1, 1))
    refused, answered = ask(instance, request(bad), request(good))
    with pytest.raises(InvalidInput, match="element 1 of input 'X' is not UTF-8 at byte 2"):
        outputs_of(refused)
    assert outputs_of(answered)["Y"].data.tolist() == [[b"good"]]


def test_bf16_is_computed_with(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m",
        [node("Cast", ["X"], ["Y"], to=1), node("Cast", ["F"], ["Z"], to=16)],
        [value("X", Datatype.BF16, [2]), value("F", FP32, [2])],
        [value("Y", FP32, [2]), value("Z", Datatype.BF16, [2])],
    )
    numbers = np.array([1.5, -2.0], np.float32)
    as_bf16 = (numbers.view(np.uint32) >> 16).astype(np.uint16)
    outputs = answer(load(folder), Tensor("X", Datatype.BF16, as_bf16), fp32("F", numbers))
    assert outputs["Y"].data.tolist() == [1.5, -2.0]
    assert outputs["Z"].data.tolist() == as_bf16.tolist()


def test_bf16_and_text_together_are_refused_at_load(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m",
        [node("Identity", ["X"], ["Y"]), node("Identity", ["S"], ["T"])],
        [value("X", Datatype.BF16, [2]), value("S", BYTES, [2])],
        [value("Y", Datatype.BF16, [2]), value("T", BYTES, [2])],
    )
    with pytest.raises(ModelLoadError, match="'S' are text and other tensors are BF16"):
        load(folder)


def test_missing_kernels_are_the_reason(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m",
        [node("Erf", ["X"], ["Y"])],
        [value("X", Datatype.BF16, [2])],
        [value("Y", Datatype.BF16, [2])],
    )
    with pytest.raises(ModelLoadError, match=r"cannot load model.onnx: .*Erf"):
        load(folder)


def test_variable_dimensions_take_any_size(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m",
        [node("MatMul", ["A", "B"], ["Y"])],
        [value("A", FP32, ["n", "k"]), value("B", FP32, ["k", "m"])],
        [value("Y", FP32, ["n", "m"])],
    )
    servable = load(folder)
    assert servable.config.max_batch_size == 0
    for n, k, m in ((1, 2, 3), (4, 1, 5), (3, 3, 3)):
        output = answer(servable, fp32("A", np.ones((n, k))), fp32("B", np.ones((k, m))))["Y"]
        assert output.data.tolist() == [[float(k)] * m] * n


def test_what_the_graph_refuses_is_one_requests_error(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m",
        [node("GatherElements", ["X", "I"], ["Y"], axis=1)],
        [value("X", FP32, ["n", 3]), value("I", INT64, ["n", 3])],
        [value("Y", FP32, ["n", 3])],
    )
    instance = load(folder).make_instance(0)
    row = fp32("X", [[5, 6, 7]])
    good, bad, after = ask(
        instance,
        request(row, int64("I", [[2, 1, 0]])),
        request(row, int64("I", [[9, 0, 0]])),
        request(row, int64("I", [[0, 0, 0]])),
    )
    assert outputs_of(good)["Y"].data.tolist() == [[7, 6, 5]]
    assert outputs_of(after)["Y"].data.tolist() == [[5, 5, 5]]
    with pytest.raises((InvalidInput, ModelFailed), match="GatherElements"):
        outputs_of(bad)


def test_a_wrong_shape_is_told_in_one_line(tmp_path: Path) -> None:
    instance = load(identity(tmp_path / "m", FP32, [2, 3])).make_instance(0)
    (response,) = ask(instance, request(fp32("X", np.ones((2, 4)))))
    assert isinstance(response.error, InvalidInput)
    assert "Got: 4 Expected: 3" in response.error.message
    assert "\n" not in response.error.message


def doubled(folder: Path) -> Path:
    """Y is X and X; ROWS counts the rows the graph was given at once."""
    return write_model(
        folder,
        [
            node("Add", ["X", "X"], ["Y"]),
            node("Shape", ["X"], ["S"], end=1),
            node("Expand", ["S", "S"], ["ROWS"]),
        ],
        [value("X", FP32, ["n", "k"])],
        [value("Y", FP32, ["n", "k"]), value("ROWS", INT64, ["n"])],
    )


def test_requests_of_one_shape_are_computed_together(tmp_path: Path) -> None:
    servable = load(doubled(tmp_path / "m"), "max_batch_size: 8")
    assert [spec.shape for spec in servable.outputs] == [(-1, -1), (-1, 1)]
    batch = [
        request(fp32("X", [[1, 2]])),
        request(fp32("X", [[3, 4], [5, 6]])),
        request(fp32("X", [[7, 8, 9]])),
        request(fp32("X", [[10, 11]])),
    ]
    found = [outputs_of(response) for response in ask(servable.make_instance(0), *batch)]
    assert [outputs["Y"].data.tolist() for outputs in found] == [
        [[2, 4]],
        [[6, 8], [10, 12]],
        [[14, 16, 18]],
        [[20, 22]],
    ]
    # The third one is alone; the others made one batch of four rows.
    assert [outputs["ROWS"].data.tolist() for outputs in found] == [
        [[4]],
        [[4], [4]],
        [[1]],
        [[4]],
    ]


def test_inputs_of_different_batch_sizes_are_refused(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m",
        [node("Add", ["A", "B"], ["Y"])],
        [value("A", FP32, ["n", 2]), value("B", FP32, ["n", 2])],
        [value("Y", FP32, ["n", 2])],
    )
    instance = load(folder).make_instance(0)
    (response,) = ask(instance, request(fp32("A", np.ones((2, 2))), fp32("B", np.ones((1, 2)))))
    assert isinstance(response.error, InvalidInput)
    assert "different batch sizes" in response.error.message


def test_an_output_whose_rows_are_no_batch_is_not_shared_out(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m",
        [node("NonZero", ["X"], ["P"]), node("Transpose", ["P"], ["Y"])],
        [value("X", FP32, [None, 2])],
        [value("Y", INT64, [None, 2])],
    )
    servable = load(folder, "max_batch_size: 4")
    batch = [request(fp32("X", [[1, 1]])), request(fp32("X", [[0, 1]]))]
    found = [outputs_of(response)["Y"] for response in ask(servable.make_instance(0), *batch)]
    assert [output.data.tolist() for output in found] == [[[0, 0], [0, 1]], [[0, 1]]]


def test_only_what_is_asked_for_is_given_in_that_order(tmp_path: Path) -> None:
    instance = load(doubled(tmp_path / "m")).make_instance(0)
    one, both = ask(
        instance,
        request(fp32("X", [[1]]), outputs=["ROWS"]),
        request(fp32("X", [[1]]), outputs=["ROWS", "Y"]),
    )
    assert [tensor.name for tensor in one.outputs] == ["ROWS"]
    assert [tensor.name for tensor in both.outputs] == ["ROWS", "Y"]


def test_dimensions_are_reshaped_on_both_sides(tmp_path: Path) -> None:
    folder = identity(tmp_path / "m", FP32, ["n", "h", 2, "w"])
    servable = load(
        folder,
        'max_batch_size: 4 input { name: "X" dims: [-1, -1, 2] reshape { shape: [-1, 2, -1] } } '
        'output { name: "Y" dims: [2, -1, -1] reshape { shape: [-1, 2, -1] } }',
    )
    assert servable.inputs[0].shape == (-1, -1, -1, 2)
    data = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2)
    output = answer(servable, fp32("X", data))["Y"]
    assert output.shape == (2, 2, 3, 2)
    assert output.data.reshape(-1).tolist() == list(range(24))


def test_scalars_are_one_element_for_the_caller(tmp_path: Path) -> None:
    servable = load(identity(tmp_path / "m", INT64, []))
    assert (servable.inputs[0].shape, servable.outputs[0].shape) == ((1,), (1,))
    output = answer(servable, int64("X", [42]))["Y"]
    assert output.data.tolist() == [42]


def test_an_output_of_unknown_shape_is_given_as_it_is(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m",
        [node("Reshape", ["X", "S"], ["Y"])],
        [value("X", FP32, [2, 3]), value("S", INT64, ["rank"])],
        [value("Y", FP32, None)],
    )
    servable = load(folder)
    assert answer(servable, fp32("X", np.ones((2, 3))), int64("S", [3, 1, 2]))["Y"].shape == (
        3,
        1,
        2,
    )
    assert answer(servable, fp32("X", np.ones((2, 3))), int64("S", [6]))["Y"].shape == (6,)


def test_a_weight_may_be_an_optional_input(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m",
        [node("Add", ["X", "W"], ["Y"])],
        [value("X", FP32, [2]), value("W", FP32, [2])],
        [value("Y", FP32, [2])],
        {"W": np.array([10, 20], np.float32)},
    )
    assert [spec.name for spec in load(folder).inputs] == ["X"]
    servable = load(folder, 'input [ { name: "X" }, { name: "W" optional: true } ]')
    assert [spec.optional for spec in servable.inputs] == [False, True]
    ones = fp32("X", [1, 1])
    assert answer(servable, ones)["Y"].data.tolist() == [11, 21]
    assert answer(servable, ones, fp32("W", [2, 3]))["Y"].data.tolist() == [3, 4]


def test_labels_are_read_from_the_models_folder(tmp_path: Path) -> None:
    folder = identity(tmp_path / "m", FP32, [1, 2])
    (folder / "labels.txt").write_text("cat\nd\u00f6g\n", encoding="utf-8")
    assert load(folder, 'output { name: "Y" label_filename: "labels.txt" }').labels == {
        "Y": ("cat", "d\u00f6g")
    }


def _io(name: str, rest: str) -> str:
    return (
        f'input {{ name: "X" data_type: TYPE_FP32 dims: [2, 3] }} '
        f'output {{ name: "{name}" data_type: TYPE_FP32 dims: [2, 3] }} {rest}'
    )


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (_io("Z", ""), "no output 'Z', which the configuration lists; it has 'Y'"),
        ('input [ { name: "X" }, { name: "Z" } ]', "no input 'Z'"),
        ('input { name: "X" data_type: TYPE_INT32 }', "'X' is FP32 in the model, .* says INT32"),
        ('input { name: "X" dims: [2, 4] }', r"shape \[2, 3\] in the model, .* \[2, 4\]"),
        ('input { name: "X" dims: 6 }', r"shape \[2, 3\] in the model, .* \[6\]"),
        ('input { name: "X" dims: 7 reshape { shape: [2, 3] } }', "cannot be reshaped"),
        ('input { name: "X" dims: -1 reshape { shape: [2, 3] } }', "cannot be reshaped"),
        ('input { name: "X" optional: true }', "cannot be optional"),
        ('input { name: "X" allow_ragged_batch: true }', "ragged"),
        ("max_batch_size: 4", "cannot take batches"),
        ("max_batch_size: -1", "max_batch_size"),
        ("model_transaction_policy { decoupled: true }", "decoupled"),
        ('default_model_filename: "../other.onnx"', "leads out of|inside"),
        ('default_model_filename: "other.onnx"', "no file other.onnx"),
        ('output { name: "Y" label_filename: "none.txt" }', "none.txt cannot be read"),
        ('output { name: "Y" label_filename: "../../x" }', "leads out of|inside"),
        (
            'parameters { key: "intra_op_thread_count" value { string_value: "two" } }',
            "must be a whole number, got 'two'",
        ),
    ],
)
def test_a_configuration_that_does_not_fit_is_the_reason(
    tmp_path: Path, config: str, message: str
) -> None:
    folder = identity(tmp_path / "m", FP32, [2, 3])
    with pytest.raises(ModelLoadError, match=message):
        load(folder, config)


def test_an_input_left_out_of_a_full_configuration_is_named(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m",
        [node("Add", ["X", "W"], ["Y"])],
        [value("X", FP32, [2, 3]), value("W", FP32, [2, 3])],
        [value("Y", FP32, [2, 3])],
    )
    with pytest.raises(ModelLoadError, match=r"needs input\(s\) 'W'"):
        load(folder, _io("Y", ""))


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x07" * 500])
def test_a_broken_file_is_told_in_one_line(
    tmp_path: Path, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = identity(tmp_path / "m", FP32, [2, 3])
    (folder / "1" / "model.onnx").write_bytes(content)
    with pytest.raises(ModelLoadError, match=r"cannot load model.onnx") as caught:
        load(folder)
    assert "\n" not in caught.value.message
    assert capfd.readouterr().err == ""


def test_a_file_by_another_name_and_how_it_is_run(tmp_path: Path) -> None:
    folder = identity(tmp_path / "m", FP32, [2])
    (folder / "1" / "model.onnx").rename(folder / "1" / "net.onnx")
    text = 'default_model_filename: "net.onnx" ' + " ".join(
        f'parameters {{ key: "{key}" value {{ string_value: "{number}" }} }}'
        for key, number in (
            ("intra_op_thread_count", 500),
            ("inter_op_thread_count", 1),
            ("execution_mode", 1),
            ("enable_mem_arena", 0),
            ("enable_mem_pattern", 0),
        )
    )
    assert answer(load(folder, text), fp32("X", [1, 2]))["Y"].data.tolist() == [1, 2]


def test_it_sleeps_between_requests_and_leaves_a_core(tmp_path: Path) -> None:
    servable = load(identity(tmp_path / "m", FP32, [2]))
    options = servable._session._engine.session.get_session_options()
    assert 1 <= options.intra_op_num_threads <= max(1, (os.cpu_count() or 2) - 1)
    for pool in ("intra_op", "inter_op"):
        assert options.get_session_config_entry(f"session.{pool}.allow_spinning") == "0"


def test_weights_stored_apart_are_found_beside_the_model(tmp_path: Path) -> None:
    weights = np.arange(4096, dtype=np.float32)
    folder = write_model(
        tmp_path / "m",
        [node("Add", ["X", "W"], ["Y"])],
        [value("X", FP32, [4096])],
        [value("Y", FP32, [4096])],
        {"W": weights},
    )
    path = folder / "1" / "model.onnx"
    model = onnx.load(str(path))
    path.unlink()
    path.mkdir()
    onnx.save(model, str(path / "model.onnx"), save_as_external_data=True, location="weights.bin")
    assert (path / "weights.bin").stat().st_size >= weights.nbytes
    assert OnnxRuntime().handles(parse_config(""), folder)
    output = answer(load(folder), fp32("X", np.ones(4096)))["Y"]
    assert np.array_equal(output.data, weights + 1)
    (path / "weights.bin").unlink()
    with pytest.raises(
        ModelLoadError, match=r"keeps weights in '.*weights\.bin', which is not there"
    ):
        load(folder)


def test_weights_outside_the_version_folder_are_refused(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m",
        [node("Add", ["X", "W"], ["Y"])],
        [value("X", FP32, [2])],
        [value("Y", FP32, [2])],
        {"W": np.ones(2, np.float32)},
    )
    (tmp_path / "secret").write_bytes(bytes(8))
    path = folder / "1" / "model.onnx"
    model = onnx.load(str(path))
    weights = model.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.data_location = onnx.TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="../../secret")
    weights.external_data.add(key="length", value="8")
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelLoadError, match="escapes model directory"):
        load(folder)


def test_which_folders_it_handles(tmp_path: Path) -> None:
    runtime = OnnxRuntime()
    folder = identity(tmp_path / "m", FP32, [2])
    (tmp_path / "empty").mkdir()
    assert runtime.handles(parse_config(""), folder)
    assert not runtime.handles(parse_config(""), tmp_path / "empty")
    assert runtime.handles(parse_config('backend: "onnxruntime"'), tmp_path / "empty")
    assert runtime.handles(parse_config('platform: "onnxruntime_onnx"'), tmp_path / "empty")
    assert not runtime.handles(parse_config('backend: "python"'), folder)


def test_the_time_is_told_in_three_parts(tmp_path: Path) -> None:
    instance = load(identity(tmp_path / "m", FP32, ["n", 2])).make_instance(0)
    times = instance.execute([request(fp32("X", [[1, 2]]))], lambda *_: None)
    assert min(times.input_ns, times.infer_ns, times.output_ns) > 0


def test_the_runtime_is_only_imported_for_a_model() -> None:
    code = (
        "import sys, backend.models.runtimes.onnx.loader, backend.models.runtimes.choice\n"
        "sys.exit('onnxruntime' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[4]
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, cwd=root, timeout=60).returncode
        == 0
    )
