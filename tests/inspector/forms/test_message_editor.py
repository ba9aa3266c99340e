"""Messages as JSON: every fault named by its place, every sample sent, and back again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.errors import ReplyMismatch
from backend.inspector.forms.json_fault import JsonFault
from backend.inspector.forms.message_editor import message_from_text
from backend.inspector.forms.message_text import (
    message_to_json,
    message_to_value,
    parsed,
)
from backend.inspector.json_layout import laid_out
from backend.inspector.methods.proto_files import read_schema_file
from backend.inspector.methods.samples import sample, sample_text
from backend.inspector.views.body_text import proto_text
from backend.wire.generated.modelserving_pb2 import InputData
from backend.wire.generated.open_inference_pb2 import ModelInferRequest

INFER: Any = ModelInferRequest.DESCRIPTOR
ITEM: Any = InputData.DESCRIPTOR

ANY_PROTO = """
syntax = "proto3";
package any.v1;
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
enum Colour { NONE = 0; RED = 1; }
message Tree {
  Tree left = 1;
  map<string, Tree> by_name = 2;
  map<bool, Colour> by_flag = 3;
  map<int64, bytes> by_number = 4;
  repeated Colour colours = 5;
  google.protobuf.Timestamp at = 6;
  google.protobuf.Any any = 7;
  google.protobuf.Struct free = 8;
  google.protobuf.BytesValue maybe = 9;
  optional uint32 count = 10;
  oneof choice { string text = 11; bytes data = 12; }
  double wide = 13;
  fixed32 small = 14;
}
service Trees { rpc Grow(Tree) returns (Tree); }
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Descriptor:
    path = tmp_path_factory.mktemp("protos") / "any.proto"
    path.write_text(ANY_PROTO)
    return read_schema_file(path).services[0].methods[0].input_type


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ('{"inputs": [{"shape": [1, "x"]}]}', "inputs[0].shape[1]", 'expected int64, got "x"'),
        ('{"inputs": {}}', "inputs", "expected a list of inference.ModelInferRequest"),
        ('{"inputs": [{"shap": []}]}', "inputs[0].shap", "Is it 'shape'?"),
        ('{"id": 3}', "id", "expected string, got 3"),
        ('{"raw_input_contents": ["?"]}', "raw_input_contents[0]", "base64"),
        ('{"raw_input_contents": [{"@hex": "0"}]}', "raw_input_contents[0]", "hexadecimal"),
        (
            '{"raw_input_contents": [{"@file": "/no/such"}]}',
            "raw_input_contents[0]",
            "No such file",
        ),
        ('{"raw_input_contents": [{"@what": ""}]}', "raw_input_contents[0]", "expected bytes"),
        (
            '{"inputs": [{"contents": {"int_contents": [1, 4294967296]}}]}',
            "inputs[0].contents.int_contents[1]",
            "it goes from -2147483648 to 2147483647",
        ),
        (
            '{"inputs": [{"contents": {"uint_contents": [-1]}}]}',
            "inputs[0].contents.uint_contents[0]",
            "expected uint32, got -1",
        ),
        (
            '{"inputs": [{"contents": {"bool_contents": [true, 1]}}]}',
            "inputs[0].contents.bool_contents[1]",
            "expected bool, got 1",
        ),
        (
            '{"parameters": {"a": {"bool_param": true, "string_param": ""}}}',
            'parameters["a"].string_param',
            "only one of 'parameter_choice'",
        ),
        ("[]", "", "expected inference.ModelInferRequest"),
    ],
)
def test_a_fault_is_named_by_its_place_and_type(text: str, path: str, message: str) -> None:
    with pytest.raises(JsonFault) as caught:
        message_from_text(text, INFER)
    assert caught.value.path == path
    assert message in str(caught.value)


def test_a_required_field_that_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "old.proto"
    path.write_text(
        'syntax = "proto2"; message Old { required int32 count = 1; optional Old inner = 2; }'
        "service Museum { rpc Show(Old) returns (Old); }"
    )
    kind = read_schema_file(path).services[0].methods[0].input_type
    assert message_from_text('{"count": 1}', kind) == b"\x08\x01"
    with pytest.raises(JsonFault) as caught:
        message_from_text('{"count": 1, "inner": {}}', kind)
    assert caught.value.path == "inner.count"


def test_what_is_no_json_is_named_by_its_offset() -> None:
    with pytest.raises(JsonFault, match="line 2, column 1") as caught:
        message_from_text('{"id":\n}', INFER)
    assert caught.value.offset == 7
    with pytest.raises(JsonFault, match="deeply"):
        message_from_text("[" * 100_000, INFER)


def test_bytes_come_from_files_digits_text_and_base64(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\x00\x01")
    text = """{"raw_input_contents": [{"@file": "a.bin"}, {"@hex": "00 ff"}, {"@text": "h\u00e9"},
      {"@base64": "AP8"}, "AP8=", ""]}"""
    message = ModelInferRequest.FromString(message_from_text(text, INFER, folder=tmp_path))
    assert list(message.raw_input_contents) == [
        b"\x00\x01",
        b"\x00\xff",
        "hé".encode(),
        b"\x00\xff",
        b"\x00\xff",
        b"",
    ]


def test_every_kind_of_field_goes_there_and_back(tree: Descriptor) -> None:
    value = {
        "left": {"left": {}},
        "by_name": {"a": {"small": 1}},
        "by_flag": {"true": "RED"},
        "by_number": {"-5": {"@text": "x"}},
        "colours": ["RED", 7],
        "at": "2020-01-01T00:00:00Z",
        "any": {},
        "free": {"x": [1, None]},
        "maybe": {"@text": "y"},
        "count": 0,
        "data": {"@base64": "/w=="},
        "wide": "NaN",
    }
    message = message_from_text(json.dumps(value), tree)
    back = message_to_value(parsed(message, tree), editable=True)
    assert message_from_text(json.dumps(back), tree) == message
    assert back["by_number"] == {"-5": {"@text": "x"}}
    assert back["colours"] == ["RED", 7]
    assert (back["wide"], back["count"], back["small"]) == ("NaN", 0, 0)
    assert 'text: "x"' not in proto_text(parsed(message, tree)).text
    assert "wide: nan" in proto_text(parsed(message, tree)).text


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"at": "yesterday"}', "at"),
        ('{"by_name": {"a": {"small": -1}}}', 'by_name["a"].small'),
        ('{"by_flag": {"maybe": "RED"}}', 'by_flag["maybe"]'),
        ('{"colours": ["BLUE"]}', "colours[0]"),
        ('{"any": {"@type": "type.googleapis.com/no.Such"}}', "any"),
        ('{"maybe": 3}', "maybe"),
    ],
)
def test_googles_own_types_are_checked_too(tree: Descriptor, text: str, path: str) -> None:
    with pytest.raises(JsonFault) as caught:
        message_from_text(text, tree)
    assert caught.value.path == path


def test_a_sample_is_the_callers_own() -> None:
    first = sample(INFER)
    first["model_name"] = "shapes"
    first["inputs"][0]["shape"].append(2)
    second = sample(INFER)
    assert (second["model_name"], second["inputs"][0]["shape"]) == ("", [1])


def test_a_sample_shows_each_field_once_and_can_be_sent(tree: Descriptor) -> None:
    value = sample(tree)
    assert "left" not in value
    assert "by_name" not in value
    assert "text" in value
    assert "data" not in value
    assert value["colours"] == ["NONE"]
    message = message_from_text(sample_text(tree), tree)
    assert parsed(message, tree)


def test_bytes_that_are_no_message_say_so() -> None:
    with pytest.raises(ReplyMismatch, match="not a message of type"):
        message_to_json(b"\xff\xff", INFER)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([field.name for field in INFER.fields]) | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(json_values)
def test_any_json_makes_a_message_or_a_fault(value: object) -> None:
    for kind in (INFER, ITEM):
        try:
            message = message_from_text(json.dumps(value), kind)
        except JsonFault:
            continue
        back = message_to_json(message, kind, editable=True)
        assert parsed(message_from_text(back, kind), kind) is not None


@settings(max_examples=150, deadline=None)
@given(json_values)
def test_laid_out_json_is_the_same_json(value: object) -> None:
    assert json.dumps(json.loads(laid_out(value))) == json.dumps(value)
