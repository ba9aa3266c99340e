"""config.pbtxt: what Triton's models say is understood, everything else is told with its place."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st

from backend.models.config.text import (
    MAX_BACKSLASHES,
    MAX_BYTES,
    MAX_DEPTH,
    parse_config,
    parse_config_json,
)
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb

_FULL = """
# A model folder that Triton serves as well
name: "detector"   # {
platform: "onnxruntime_onnx"
max_batch_size: 8
input [
  { name: "images" data_type: TYPE_FP32 format: FORMAT_NCHW dims: [ 3, -1, -1 ] },
  { name: 'scale'; data_type: TYPE_INT64, dims: 1, reshape: { shape: [] } }
]
output < name: "scores" data_type: TYPE_FP32 dims: [1000] label_filename: "labels.txt" >
optimization {
  graph { level: 1 } cuda { graphs: true graph_spec { input { key: "}" value { dim: 1 } } } }
  execution_accelerators {
    gpu_execution_accelerator: [ { name: "tensorrt" parameters { key: "precision_mode" } } ]
  }
  input_pinned_memory { enable: false } priority: PRIORITY_MAX
}
model_warmup [ { name: "w" batch_size: 1 } ]
instance_group [ { count: 2 kind: KIND_CPU rate_limiter { resources [ { name: "R" } ] } } ]
dynamic_batching { preferred_batch_size: [ 4, 8 ] max_queue_delay_microseconds: 100 }
parameters { key: "execution_mode" value: { string_value: "1" } }
version_policy: { specific { versions: [ 1, 3 ] } }
"""


def _written(config: pb.ModelConfig) -> str:
    return text_format.MessageToString(config, as_utf8=True)


def test_a_configuration_of_triton_is_read() -> None:
    config = parse_config(_FULL)
    assert (config.name, config.max_batch_size) == ("detector", 8)
    assert [tuple(entry.dims) for entry in config.input] == [(3, -1, -1), (1,)]
    assert config.input[1].HasField("reshape")
    assert list(config.input[1].reshape.shape) == []
    assert config.output[0].label_filename == "labels.txt"
    assert config.instance_group[0].count == 2
    assert list(config.dynamic_batching.preferred_batch_size) == [4, 8]
    assert config.parameters["execution_mode"].string_value == "1"
    assert list(config.version_policy.specific.versions) == [1, 3]


def test_what_is_written_is_read_back() -> None:
    config = parse_config(_FULL)
    assert parse_config(_written(config)) == config


def test_no_text_is_an_empty_configuration() -> None:
    assert parse_config(b"\xef\xbb\xbf# nothing\r\n") == pb.ModelConfig()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name: "a"\n  max_batch: 4', 'line 2, column 3: .*no field named "max_batch"'),
        ("input {\n  dims: 1.5\n}", "line 2, column 9: .*1.5"),
        ("max_batch_size: 99999999999", "line 1, column 17: .*out of range"),
        ("input { data_type: FP32 }", "line 1, column 20: .*no value named FP32"),
        ("\nname: 3", "line 2, column 7: .*Expected string"),
        ('name: "a"\nname: "b"', "line 2, column 7: .*multiple"),
        ('name: "abc', "line 1, column 7: .*ending quote"),
        ('name: "\\xff"', "line 1"),
        ("sequence_batching { direct {} oldest {} }", "line 1, column 31: .*oldest"),
        ("optimization { graph {} }\nname: 3", "line 2, column 7"),
        ("input {", "line 1"),
        ("[a.b]: 1", "line 1"),
        ("dynamic_batching {}\nensemble_scheduling { step [] }", "line 2, .*another member"),
        ("batch_input [ { } ]", "line 1, column 1: .*not offered"),
        (b'name: "a"\nplatform: "\xff"', "line 2, column 12: not UTF-8"),
        ("input {" * (MAX_DEPTH + 1), "line 1, column 8: .*no field named"),
        ("optimization { a: 1 }", 'line 1, column 16: .*"ModelOptimizationPolicy" has no field'),
        ('name: "a"\n# ' + "\\" * (MAX_BACKSLASHES + 1), "line 2, column 3: .*backslashes"),
        (b'\xef\xbb\xbfname: "\xc3\xa4\xff"', "line 1, column 9: not UTF-8"),
        ("#" * (MAX_BYTES + 1), "at most"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str | bytes, message: str) -> None:
    with pytest.raises(ModelLoadError, match=message):
        parse_config(text)


def test_what_tunes_other_servers_has_no_effect_wherever_it_stands() -> None:
    config = parse_config(
        'optimization: { cuda { graphs: true } } name: "a" '
        'model_operations { op_library_filename: "x.so" } '
        "instance_group { rate_limiter { priority: 2 } count: 3 secondary_devices { } } "
        "model_metrics { metric_control { histogram_options { buckets: [ 1, 2.5 ] } } } "
        "max_batch_size: 2"
    )
    assert config == pb.ModelConfig(
        name="a", max_batch_size=2, instance_group=[pb.ModelInstanceGroup(count=3)]
    )


def test_backslashes_of_a_path_are_read() -> None:
    text = r'parameters { key: "folder" value { string_value: "\\\\host\\models" } }'
    assert parse_config(text).parameters["folder"].string_value == r"\\host\models"


def test_a_tuning_name_elsewhere_is_still_unknown() -> None:
    with pytest.raises(ModelLoadError, match="no field named"):
        parse_config("input { optimization { } }")


def test_json_is_read_with_the_same_care() -> None:
    config = parse_config_json('{"max_batch_size": 4, "input": [{"name": "X", "dims": ["-1", 3]}]}')
    assert (config.max_batch_size, list(config.input[0].dims)) == (4, [-1, 3])
    for text in ("", "[]", '{"nope": 1}', '{"max_batch_size": "x"}', '{"input": [' * 40):
        with pytest.raises(ModelLoadError):
            parse_config_json(text)


def test_json_as_triton_writes_it_is_read() -> None:
    config = parse_config_json(
        '{"name": "a", "optimization": {"priority": "PRIORITY_DEFAULT"}, "batch_input": [], '
        '"model_warmup": [], "instance_group": [{"count": 1, "secondary_devices": []}]}'
    )
    assert config == pb.ModelConfig(name="a", instance_group=[pb.ModelInstanceGroup(count=1)])
    with pytest.raises(ModelLoadError, match="batch inputs are not"):
        parse_config_json('{"batch_input": [{"kind": "BATCH_ELEMENT_COUNT"}]}')


def test_ensembles_and_warmup_are_read() -> None:
    config = parse_config(
        'ensemble_scheduling { step [ { model_name: "m" model_version: -1 '
        'input_map { key: "X" value: "A" } output_map [ { key: "Y", value: "B" } ] } ] } '
        'model_warmup { name: "w" inputs: { key: "X" value: { random_data: true } } count: 2 }'
    )
    (step,) = config.ensemble_scheduling.step
    assert (step.model_name, dict(step.input_map), dict(step.output_map)) == (
        "m",
        {"X": "A"},
        {"Y": "B"},
    )
    assert config.model_warmup[0].inputs["X"].random_data
    assert parse_config(_written(config)) == config


_PIECES = st.sampled_from(
    [
        "name",
        ":",
        '"a"',
        "'b'",
        "{",
        "}",
        "[",
        "]",
        "<",
        ">",
        ",",
        ";",
        "#",
        "\n",
        "\\",
        "input",
        "output",
        "dims",
        "-1",
        "1e9",
        "0x1F",
        "data_type",
        "TYPE_FP32",
        "optimization",
        "instance_group",
        "rate_limiter",
        "parameters",
        "key",
        "value",
        "sequence_batching",
        "state",
        "max_",
        "batch_size",
        "inf",
        "nan",
        "true",
        "99999999999999999999",
        "é",
        "\x00",
        "initial_state",
        "zero_data",
        ".",
        "+",
        "-",
    ]
)


@given(st.lists(_PIECES, max_size=60).map(" ".join) | st.text(max_size=80) | st.binary(max_size=80))
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    try:
        config = parse_config(text)
    except ModelLoadError:
        return
    assert parse_config(_written(config)) == config


@given(st.text(max_size=80) | st.recursive(st.integers() | st.text(max_size=4), st.lists).map(str))
def test_any_json_is_read_or_refused(text: str) -> None:
    try:
        parse_config_json(text)
    except ModelLoadError:
        return
