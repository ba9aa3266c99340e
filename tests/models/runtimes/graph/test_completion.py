"""A configuration that is missing or partial is completed from the ONNX file."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.core.tensors import Datatype
from backend.models.config.text import parse_config
from backend.models.runtimes.graph.completion import DEFAULT_BATCH
from backend.models.runtimes.onnx.loader import OnnxRuntime
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb
from tests.models.onnx_folders import Shape, load, node, value, write_model

FP32, INT64 = Datatype.FP32, Datatype.INT64


def complete(folder: Path, text: str = "") -> pb.ModelConfig:
    return OnnxRuntime().complete(parse_config(text), folder / "1")


def identity(folder: Path, given: Shape, made: Shape) -> Path:
    return write_model(
        folder,
        [node("Identity", ["X"], ["Y"])],
        [value("X", FP32, given)],
        [value("Y", FP32, made)],
    )


def pair(folder: Path) -> Path:
    """Two inputs, two outputs, all of them batched."""
    return write_model(
        folder,
        [node("Add", ["A", "B"], ["SUM"]), node("Cast", ["A"], ["WHOLE"], to=7)],
        [value("A", FP32, ["batch", 2]), value("B", FP32, ["batch", 2])],
        [value("SUM", FP32, ["batch", 2]), value("WHOLE", INT64, ["batch", 2])],
    )


def test_nothing_given_everything_known(tmp_path: Path) -> None:
    config = complete(pair(tmp_path / "pair"))
    assert (config.name, config.backend, config.platform) == (
        "pair",
        "onnxruntime",
        "onnxruntime_onnx",
    )
    assert config.max_batch_size == DEFAULT_BATCH
    assert config.HasField("dynamic_batching")
    assert [(e.name, e.data_type, list(e.dims)) for e in config.input] == [
        ("A", pb.TYPE_FP32, [2]),
        ("B", pb.TYPE_FP32, [2]),
    ]
    assert [(e.name, e.data_type, list(e.dims)) for e in config.output] == [
        ("SUM", pb.TYPE_FP32, [2]),
        ("WHOLE", pb.TYPE_INT64, [2]),
    ]


def test_what_is_given_is_kept(tmp_path: Path) -> None:
    text = (
        'max_batch_size: 16 sequence_batching { direct {} } input { name: "B" } '
        'output { name: "SUM" label_filename: "l.txt" }'
    )
    config = complete(pair(tmp_path / "pair"), text)
    assert config.max_batch_size == 16
    assert config.WhichOneof("scheduling_choice") == "sequence_batching"
    assert [entry.name for entry in config.input] == ["B", "A"]
    assert [entry.name for entry in config.output] == ["SUM"]
    assert config.output[0].label_filename == "l.txt"
    assert list(config.output[0].dims) == [2]


@pytest.mark.parametrize(
    ("given", "made", "batching"),
    [
        ([None, 2], [None, 2], True),
        (["n", 2], [None, 2], True),
        (["n", 2], ["found", 2], False),
        ([1, 2], [1, 2], False),
        ([None, 2], [2, 2], False),
    ],
)
def test_batches_where_every_first_dimension_may_be_one(
    tmp_path: Path, given: Shape, made: Shape, batching: bool
) -> None:
    config = complete(identity(tmp_path / "m", given, made))
    assert (config.max_batch_size > 0) is batching
    assert len(config.input[0].dims) == (1 if batching else 2)


def test_whole_shapes_given_mean_no_batches(tmp_path: Path) -> None:
    config = complete(identity(tmp_path / "m", ["n", 2], ["n", 2]), 'input {name:"X" dims:[-1,2]}')
    assert config.max_batch_size == 0
    assert list(config.output[0].dims) == [-1, 2]


def test_the_whole_shape_of_a_state_means_no_batches(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m",
        [node("Add", ["X", "S"], ["Y"])],
        [value("X", FP32, ["n", 2]), value("S", FP32, ["n", 2])],
        [value("Y", FP32, ["n", 2])],
    )
    state = 'state { input_name: "S" output_name: "Y" data_type: TYPE_FP32 dims: [%s] }'
    for dims, most in (("1, 2", 0), ("2", DEFAULT_BATCH)):
        text = f'output {{ name: "Y" }} sequence_batching {{ oldest {{ }} {state % dims} }}'
        assert complete(folder, text).max_batch_size == most


def test_a_scalar_becomes_one_element(tmp_path: Path) -> None:
    config = complete(identity(tmp_path / "m", [], []))
    assert list(config.input[0].dims) == [1]
    assert config.input[0].HasField("reshape")
    assert not config.input[0].reshape.shape


def test_states_and_controls_are_not_the_callers_business(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m",
        [node("Add", ["X", "S"], ["T"]), node("Add", ["T", "START"], ["Y"])],
        [value("X", FP32, [1]), value("S", FP32, [1]), value("START", FP32, [1])],
        [value("Y", FP32, [1]), value("T", FP32, [1])],
    )
    text = (
        "sequence_batching { direct {} "
        'state { input_name: "S" output_name: "T" data_type: TYPE_FP32 dims: 1 } '
        'control_input { name: "START" control { kind: CONTROL_SEQUENCE_START } } }'
    )
    config = complete(folder, text)
    assert [entry.name for entry in config.input] == ["X"]
    assert [entry.name for entry in config.output] == ["Y"]


def test_a_full_configuration_does_not_open_the_file(tmp_path: Path) -> None:
    text = (
        'name: "gone" input { name: "X" data_type: TYPE_FP32 dims: 2 } '
        'output { name: "Y" data_type: TYPE_FP32 dims: 2 }'
    )
    config = complete(tmp_path / "gone", text)
    assert config.default_model_filename == "model.onnx"
    with pytest.raises(ModelLoadError, match=r"no file model\.onnx"):
        complete(tmp_path / "gone", 'name: "gone"')


def test_a_type_the_protocol_does_not_know_is_named(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m",
        [node("SequenceConstruct", ["X"], ["Y"]), node("Identity", ["X"], ["Z"])],
        [value("X", FP32, [2])],
        [_sequence("Y"), value("Z", FP32, [2])],
    )
    with pytest.raises(ModelLoadError, match=r"'Y' is seq\(tensor\(float\)\)"):
        complete(folder)
    assert [spec.name for spec in load(folder, 'output { name: "Z" }').outputs] == ["Z"]


def _sequence(name: str) -> object:
    from onnx import TensorProto, helper

    tensor = helper.make_tensor_type_proto(TensorProto.FLOAT, None)
    return helper.make_value_info(name, helper.make_sequence_type_proto(tensor))
