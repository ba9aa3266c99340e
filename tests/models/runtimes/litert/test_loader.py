"""TensorFlow Lite files are served with every datatype, shape and batch they can take."""

from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backend.core.errors import InvalidInput
from backend.core.tensors import Datatype, Tensor
from backend.models.config.text import parse_config
from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.models.runtimes.choice import standard_runtimes
from backend.models.runtimes.litert.loader import LiteRtRuntime
from backend.models.servable import ModelLoadError, SequenceStep
from tests.models.onnx_folders import ask, fp32, outputs_of, request, texts
from tests.models.tflite_folders import (
    FLOAT,
    INT8,
    INT32,
    TEXT,
    UINT8,
    LiteNode,
    LiteSignature,
    LiteTensor,
    Op,
    add,
    answer,
    content,
    convolution,
    doubled,
    load,
    reshape,
    write,
)


def test_a_folder_without_a_configuration_is_completed_from_the_file(tmp_path: Path) -> None:
    servable = load(write(tmp_path / "m", doubled([1, 3])))
    assert (servable.config.backend, servable.config.platform) == ("litert", "litert_tflite")
    assert servable.config.max_batch_size == 0
    assert [(s.name, s.datatype, s.shape) for s in servable.inputs] == [
        ("X", Datatype.FP32, (1, 3))
    ]
    assert answer(servable, fp32("X", [[1, 2, 3]]))["Y"].data.tolist() == [[2, 4, 6]]


def test_it_is_served_from_a_repository_beside_others(tmp_path: Path) -> None:
    write(tmp_path / "m", doubled([1, 3]))
    registry = ModelRegistry(folders=ModelFolders([tmp_path], standard_runtimes()))
    registry.load_all()
    assert {entry.name: str(entry.state) for entry in registry.index()} == {"m": "READY"}
    registry.close()


def test_a_variable_first_dimension_takes_batches(tmp_path: Path) -> None:
    servable = load(write(tmp_path / "m", doubled([-1, 3])))
    assert servable.config.max_batch_size > 1
    assert servable.config.HasField("dynamic_batching")
    assert servable.inputs[0].shape == (-1, 3)
    instance = servable.make_instance(0)
    for sizes in ([1], [2, 1], [1, 3], [1]):
        given = [fp32("X", np.full((size, 3), number)) for number, size in enumerate(sizes)]
        answers = ask(instance, *(request(tensor) for tensor in given))
        for tensor, response in zip(given, answers, strict=True):
            assert np.array_equal(outputs_of(response)["Y"].data, tensor.data * 2)


def test_a_batch_that_the_graph_cannot_compute_is_not_offered(tmp_path: Path) -> None:
    data = content(
        [LiteTensor("X", FLOAT, [-1, 3]), LiteTensor("Y", FLOAT, [1, 3])],
        [reshape(0, 1, [1, 3])],
        [0],
        [1],
    )
    servable = load(write(tmp_path / "m", data))
    assert servable.config.max_batch_size == 0
    assert servable.inputs[0].shape == (1, 3)


def test_variable_dimensions_take_any_size_but_none(tmp_path: Path) -> None:
    servable = load(write(tmp_path / "m", doubled([1, -1, -1])))
    assert servable.outputs[0].shape == (1, -1, -1)
    instance = servable.make_instance(0)
    for shape in ((1, 2, 3), (1, 64, 1), (1, 1, 1)):
        (response,) = ask(instance, request(fp32("X", np.ones(shape))))
        assert outputs_of(response)["Y"].data.tolist() == np.full(shape, 2.0).tolist()
    (empty,) = ask(instance, request(fp32("X", np.ones((1, 0, 3)))))
    with pytest.raises(InvalidInput, match="input 'X' is empty"):
        outputs_of(empty)


def test_a_model_of_any_size_is_tried_with_sizes_that_it_can_take(tmp_path: Path) -> None:
    servable = load(write(tmp_path / "m", convolution(kernel=3)))
    assert servable.inputs[0].shape == servable.outputs[0].shape == (1, -1, -1, 1)
    instance = servable.make_instance(0)
    for size, fits in ((5, True), (2, False), (4, True)):
        (response,) = ask(instance, request(fp32("X", np.ones((1, size, size, 1)))))
        if fits:
            expected = np.full((1, size - 2, size - 2, 1), 9.0)
            assert np.array_equal(outputs_of(response)["Y"].data, expected)
        else:
            with pytest.raises(InvalidInput, match="cannot take these inputs"):
                outputs_of(response)


def test_what_the_graph_refuses_is_one_requests_error(tmp_path: Path) -> None:
    shapes = {"X": [1, -1], "Z": [1, 3], "Y": [1, -1]}
    data = content(
        [LiteTensor(name, FLOAT, shape) for name, shape in shapes.items()],
        [add(0, 1, 2)],
        [0, 1],
        [2],
    )
    instance = load(write(tmp_path / "m", data)).make_instance(0)
    whole = fp32("Z", [[1, 1, 1]])
    good, bad, after = ask(
        instance,
        *(request(fp32("X", np.ones((1, size))), whole) for size in (3, 2, 3)),
    )
    assert outputs_of(good)["Y"].data.tolist() == [[2, 2, 2]]
    with pytest.raises(InvalidInput, match="cannot take these inputs"):
        outputs_of(bad)
    assert outputs_of(after)["Y"].data.tolist() == [[2, 2, 2]]


def test_text_passes_byte_by_byte(tmp_path: Path) -> None:
    tensors = [LiteTensor("X", TEXT, [2, 2]), LiteTensor("Y", TEXT, [4])]
    servable = load(write(tmp_path / "m", content(tensors, [reshape(0, 1, [4])], [0], [1])))
    items = [b"", b"end\0", b"\xff\xfe", b"plain"]
    output = answer(servable, texts("X", items, (2, 2)))["Y"]
    assert output.datatype is Datatype.BYTES
    assert output.data.tolist() == items


def test_names_are_the_signatures_where_there_is_one(tmp_path: Path) -> None:
    tensors = [LiteTensor("serving:0", FLOAT, [1]), LiteTensor("call:0", FLOAT, [1])]
    signature = LiteSignature({"image": 0}, {"scores": 1})
    one = content(tensors, [add(0, 0, 1)], [0], [1], [signature])
    servable = load(write(tmp_path / "one", one))
    assert answer(servable, fp32("image", [2]))["scores"].data.tolist() == [4]
    two = content(tensors, [add(0, 0, 1)], [0], [1], [signature, signature])
    assert load(write(tmp_path / "two", two)).inputs[0].name == "serving:0"


def test_names_that_come_twice_are_told_apart(tmp_path: Path) -> None:
    tensors = [LiteTensor(name, FLOAT, [1]) for name in ("X", "Y", "Y")]
    data = content(tensors, [add(0, 0, 1), add(1, 1, 2)], [0], [1, 2])
    outputs = answer(load(write(tmp_path / "m", data)), fp32("X", [1]))
    assert {name: tensor.data.tolist() for name, tensor in outputs.items()} == {
        "Y": [2],
        "Y_2": [4],
    }


def test_a_file_with_a_state_that_the_configuration_names(tmp_path: Path) -> None:
    tensors = [LiteTensor(name, FLOAT, [1, 2]) for name in ("X", "state", "Y")]
    data = content(tensors, [add(0, 1, 2)], [0, 1], [2])
    servable = load(
        write(tmp_path / "m", data),
        'sequence_batching { state { input_name: "state" output_name: "Y" data_type: TYPE_FP32 '
        'dims: [ 1, 2 ] } } output { name: "Y" }',
    )
    assert [spec.name for spec in servable.inputs] == ["X"]
    instance = servable.make_instance(0)
    sums = []
    for index in range(3):
        step = SequenceStep(7, start=index == 0)
        (response,) = ask(instance, request(fp32("X", [[1, 10]]), step=step))
        sums.append(outputs_of(response)["Y"].data.tolist())
    assert sums == [[[1, 10]], [[2, 20]], [[3, 30]]]


@pytest.mark.parametrize("name", ["FlexErf", "MyOwnOperator"])
def test_a_missing_operator_is_named(tmp_path: Path, name: str) -> None:
    tensors = [LiteTensor("X", FLOAT, [1]), LiteTensor("Y", FLOAT, [1])]
    folder = write(tmp_path / "m", content(tensors, [LiteNode(name, [0], [1])], [0], [1]))
    with pytest.raises(ModelLoadError, match=f"needs operator '{name}', which LiteRT does not"):
        load(folder)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ('input { name: "Z" data_type: TYPE_FP32 dims: [ 3 ] }', "no input 'Z'.*it has 'X'"),
        ('input { name: "X" data_type: TYPE_INT32 dims: [ 1, 3 ] }', "is FP32 in the model"),
        ('input { name: "X" data_type: TYPE_FP32 dims: [ 1, 4 ] }', r"has shape \[1, 3\]"),
        ("max_batch_size: 8", "cannot take batches"),
        ("model_transaction_policy { decoupled: true }", "cannot be decoupled"),
        ('parameters { key: "num_threads" value { string_value: "x" } }', "whole number, got 'x'"),
        ('parameters { key: "dequantize" value { string_value: "x" } }', "one of auto, true"),
        ('default_model_filename: "../other.tflite"', "leads out of the model's folder"),
        ('default_model_filename: "other.tflite"', "there is no file other.tflite"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(
    tmp_path: Path, config: str, said: str
) -> None:
    with pytest.raises(ModelLoadError, match=said):
        load(write(tmp_path / "m", doubled([1, 3])), config)


def test_threads_are_bounded_by_the_machine(tmp_path: Path) -> None:
    servable = load(
        write(tmp_path / "m", doubled([1, 3])),
        'parameters { key: "num_threads" value { string_value: "4096" } }',
    )
    assert servable._file.settings.num_threads == max(1, (os.cpu_count() or 2) - 1)


def test_which_folders_it_handles(tmp_path: Path) -> None:
    runtime = LiteRtRuntime()
    folder = write(tmp_path / "m", doubled([1, 3]))
    (tmp_path / "empty").mkdir()
    assert runtime.handles(parse_config(""), folder)
    assert not runtime.handles(parse_config(""), tmp_path / "empty")
    assert runtime.handles(parse_config('backend: "litert"'), tmp_path / "empty")
    assert runtime.handles(parse_config('platform: "litert_tflite"'), tmp_path / "empty")
    assert not runtime.handles(parse_config('backend: "onnxruntime"'), folder)


def test_quantized_tensors_are_real_numbers_and_pictures_stay_bytes(tmp_path: Path) -> None:
    scores = load(write(tmp_path / "a", doubled([1, 4], INT8, scale=0.5, zero_point=3)))
    assert scores.inputs[0].datatype is scores.outputs[0].datatype is Datatype.FP32
    given = fp32("X", [[0.4, -0.3, 1e9, -1e9]])
    assert answer(scores, given)["Y"].data.tolist() == [[1.0, -1.0, 62.0, -65.5]]
    picture = load(write(tmp_path / "b", doubled([1, 2, 2, 3], UINT8, scale=1 / 255)))
    assert picture.inputs[0].datatype is Datatype.UINT8
    assert picture.outputs[0].datatype is Datatype.FP32
    pixels = np.full((1, 2, 2, 3), 51, np.uint8)
    output = answer(picture, Tensor("X", Datatype.UINT8, pixels))["Y"]
    assert output.data == pytest.approx(np.full((1, 2, 2, 3), 102 / 255), abs=1e-6)


def test_nan_has_no_integer(tmp_path: Path) -> None:
    instance = load(write(tmp_path / "m", doubled([-1, 2], INT8, scale=0.5))).make_instance(0)
    bad, good = ask(instance, request(fp32("X", [[np.nan, 1]])), request(fp32("X", [[1, np.inf]])))
    with pytest.raises(InvalidInput, match="input 'X' holds NaN"):
        outputs_of(bad)
    assert outputs_of(good)["Y"].data.tolist() == [[2.0, 63.5]]


@pytest.mark.parametrize(
    ("word", "types"),
    [
        ("auto", ("UINT8", "FP32")),
        ("true", ("FP32", "FP32")),
        ("false", ("UINT8", "UINT8")),
        ("inputs", ("FP32", "UINT8")),
        ("outputs", ("UINT8", "FP32")),
    ],
)
def test_a_parameter_chooses_what_is_dequantized(
    tmp_path: Path, word: str, types: tuple[str, str]
) -> None:
    config = f'parameters {{ key: "dequantize" value {{ string_value: "{word}" }} }}'
    folder = write(tmp_path / "m", doubled([1, 2, 2, 3], UINT8, scale=1 / 255))
    servable = load(folder, config)
    assert (servable.inputs[0].datatype, servable.outputs[0].datatype) == types


def test_a_declared_datatype_chooses_as_well(tmp_path: Path) -> None:
    servable = load(
        write(tmp_path / "m", doubled([1, 2], INT8, scale=0.5)),
        'input { name: "X" data_type: TYPE_INT8 dims: [ 1, 2 ] } '
        'output { name: "Y" data_type: TYPE_INT8 dims: [ 1, 2 ] }',
    )
    given = Tensor("X", Datatype.INT8, np.array([[3, -100]], np.int8))
    assert answer(servable, given)["Y"].data.tolist() == [[6, -128]]


def test_instances_compute_at_the_same_time_with_memory_of_their_own(tmp_path: Path) -> None:
    servable = load(write(tmp_path / "m", doubled([1, 2])))
    first, second = servable.make_instance(0), servable.make_instance(1)
    (one,) = ask(first, request(fp32("X", [[1, 1]])))
    (two,) = ask(second, request(fp32("X", [[5, 5]])))
    assert outputs_of(one)["Y"].data.tolist() == [[2, 2]]
    assert outputs_of(two)["Y"].data.tolist() == [[10, 10]]


def test_integers_are_computed_with(tmp_path: Path) -> None:
    servable = load(write(tmp_path / "m", doubled([1, 2], INT32)))
    given = Tensor("X", Datatype.INT32, np.array([[1, -7]], np.int32))
    assert answer(servable, given)["Y"].data.tolist() == [[2, -14]]
    assert Op.ADD == 0  # the schema's own number, which `doubled` relies on


@pytest.mark.parametrize(
    ("system", "machine", "said"),
    [
        ("linux", "x86_64", r"not installed; type: .* -m pip install ai-edge-litert"),
        ("darwin", "arm64", r"not installed; type: .* -m pip install ai-edge-litert"),
        ("darwin", "x86_64", r"Intel.*convert the file to ONNX.*tf2onnx.convert --tflite"),
    ],
)
def test_a_missing_package_is_told_with_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, machine: str, said: str
) -> None:
    folder = write(tmp_path / "m", doubled([1, 3]))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    with pytest.raises(ModelLoadError, match=said):
        load(folder)


def test_the_runtime_is_only_imported_for_a_model() -> None:
    code = (
        "import sys, backend.models.runtimes.litert.loader, backend.models.runtimes.choice\n"
        "sys.exit('ai_edge_litert' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[4]
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, check=False, cwd=root, timeout=60).returncode == 0
