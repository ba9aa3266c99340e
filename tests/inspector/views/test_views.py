"""A reply seen as a table, a tree, text and bytes, at any size."""

from __future__ import annotations

import math
import tracemalloc
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import orjson
import pytest
from google.protobuf import text_format
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.errors import InvalidInput, ReplyMismatch
from backend.core.inference import InferRequest, InferResponse
from backend.core.tensors import Datatype, Tensor
from backend.inspector.calls.exchange import (
    Exchange,
    Fault,
    MethodKind,
    ReplyMessage,
    Request,
    Status,
)
from backend.inspector.forms.message_text import parsed
from backend.inspector.views.body_text import MAX_TEXT, body_text, json_text, proto_text
from backend.inspector.views.hex_rows import HexRows
from backend.inspector.views.rest_views import rest_text, rest_tree
from backend.inspector.views.summary import number_range, summarise, summarise_exchange, tensor_row
from backend.inspector.views.trees import CUT, FOLD, Node, json_tree, message_node, value_node
from backend.profiles.bundled import BUNDLED
from backend.profiles.model_profile import ModelProfile
from backend.wire.generated.open_inference_pb2 import ModelInferResponse
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest

LARGE = 25_000_000
KIND: Any = ModelInferResponse.DESCRIPTOR
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=40) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=100,
)


def message_tree(body: bytes) -> Node:
    return message_node(KIND.name, "", parsed(body, KIND))


def tensor(values: Any, datatype: Datatype = Datatype.FP32) -> Tensor:
    return Tensor("Y", datatype, np.array(values, datatype.numpy))


def exchange(path: str, *bodies: bytes, **changes: Any) -> Exchange:
    kind = changes.pop("kind", MethodKind.UNARY)
    return Exchange(
        Request("t", kind, path, verb="POST" if kind is MethodKind.REST else ""),
        datetime.now(UTC),
        1,
        changes.pop("status", Status(0, "OK")),
        replies=tuple(ReplyMessage(body, 1) for body in bodies),
        **changes,
    )


def test_a_row_says_range_mean_first_values_and_best_classes() -> None:
    row = tensor_row(tensor([0.1, math.nan, 0.7, math.inf, 0.2]), ("a", "b", "c"))
    assert row.numbers is not None
    assert (row.numbers.nan, row.numbers.infinite) == (1, 1)
    assert row.numbers.high == pytest.approx(0.7)
    assert row.numbers.mean == pytest.approx(1 / 3)
    assert row.first == ("0.1", "nan", "0.7", "inf", "0.2")
    assert [(top.label, top.index) for top in row.top[:2]] == [("class 3", 3), ("c", 2)]
    assert len(row.top) == 4
    assert row.size == 20


@pytest.mark.parametrize(
    ("given_tensor", "first", "numbers"),
    [
        (tensor([], Datatype.FP32), (), (None, None, None)),
        (tensor([math.nan]), ("nan",), (None, None, None)),
        (tensor([[2**63]], Datatype.UINT64), (str(2**63),), (2**63, 2**63, 2.0**63)),
        (tensor([True, False], Datatype.BOOL), ("true", "false"), (False, True, 0.5)),
        (tensor([0x3F80, 0x4000], Datatype.BF16), ("1", "2"), (1.0, 2.0, 1.5)),
        (tensor(5, Datatype.INT8), ("5",), (5, 5, 5.0)),
    ],
)
def test_every_datatype_has_a_row(given_tensor: Tensor, first: Any, numbers: Any) -> None:
    row = tensor_row(given_tensor)
    assert row.first == first
    assert row.numbers is not None
    assert (row.numbers.low, row.numbers.high, row.numbers.mean) == numbers


def test_bytes_are_shown_as_text_or_hex_and_ranked_classes_are_read() -> None:
    row = tensor_row(Tensor.of_bytes("Y", "grüß".encode(), b"\xff\x00", b"x" * 100))
    assert row.first[:2] == ('"grüß"', "ff 00")
    assert row.first[2].endswith('…"')
    assert row.numbers is None
    assert row.size == 4 * 3 + 6 + 2 + 100
    ranked = tensor_row(Tensor.of_bytes("Y", b"3.300000:1:dog", b"-1:0"))
    assert [(top.label, top.score, top.index) for top in ranked.top] == [
        ("dog", 3.3, 1),
        ("class 0", -1.0, 0),
    ]


def test_a_profile_gives_predictions_and_one_that_does_not_fit_is_noted() -> None:
    fitting = BUNDLED["voice"] if "voice" in BUNDLED else next(iter(BUNDLED.values()))
    summary = summarise(InferResponse(fitting.model, (tensor([0.5]),)), fitting)
    assert summary.predictions or summary.note
    finder = next(p for p in BUNDLED.values() if any(o.name == "BOXES" for o in p.outputs))
    summary = summarise(InferResponse("m", (tensor([0.5]),)), finder)
    assert "BOXES" in summary.note
    assert summary.rows[0].name == "Y"


def test_an_exchange_is_summarised_however_it_ended() -> None:
    response = InferResponse("m", (tensor([1, 2]),), "1")
    good = summarise_exchange(
        exchange(oip_grpc.MODEL_INFER, oip_grpc.encode_response(response, raw=True))
    )
    assert (good.headline, good.rows[0].first) == ("m version 1: 1 output", ("1", "2"))
    refused = exchange(
        oip_grpc.MODEL_INFER, status=Status(5, "NOT_FOUND", "no such model", ok=False)
    )
    assert summarise_exchange(refused).headline == "5 NOT_FOUND"
    assert summarise_exchange(refused).error == "no such model"
    broken = exchange(
        "/x.Y/Z", status=None, fault=Fault("TargetUnreachable", "Nobody.", "Start it.")
    )
    assert summarise_exchange(broken).hint == "Start it."
    unreadable = summarise_exchange(exchange(oip_grpc.MODEL_INFER, b"\xff"))
    assert "cannot be read" in unreadable.error
    stream = oip_grpc.encode_stream_response(None, raw=True, error="too large", request_id="7")
    assert summarise_exchange(exchange(oip_grpc.MODEL_STREAM_INFER, stream)).error == "too large"
    good_reply = oip_grpc.encode_stream_response(response, raw=True)
    cut_short = exchange(
        oip_grpc.MODEL_STREAM_INFER,
        good_reply,
        stream,
        kind=MethodKind.BIDI_STREAM,
        status=Status(14, "UNAVAILABLE", "gone", ok=False),
    )
    assert summarise_exchange(cut_short).error == "gone"
    assert summarise_exchange(cut_short, place=0).rows[0].first == ("1", "2")
    assert summarise_exchange(cut_short, place=1).error == "too large"
    stopped = replace(
        cut_short,
        cancelled=True,
        replies=cut_short.replies[:1],
        status=Status(1, "CANCELLED", ok=False),
    )
    assert summarise_exchange(stopped).rows[0].first == ("1", "2")
    headers, body = oip_rest.encode_response(response, InferRequest("m", ()))
    rest = exchange(
        "/v2/models/m/infer", body, kind=MethodKind.REST, headers=tuple(headers.items())
    )
    assert summarise_exchange(rest).rows[0].first == ("1", "2")


@given(
    body=st.binary(max_size=200)
    | JSON_VALUES.map(lambda value: orjson.dumps({"outputs": value, "model_name": value}))
    | st.lists(
        st.fixed_dictionaries(
            {"name": st.text(min_size=1), "datatype": st.sampled_from(sorted(Datatype))},
            optional={
                "shape": st.lists(st.integers(-2, 3), max_size=3),
                "data": st.lists(st.integers(0, 1) | st.text(), max_size=9),
                "parameters": st.dictionaries(st.just("binary_data_size"), st.integers(-9, 9)),
            },
        ),
        max_size=2,
    ).map(lambda outputs: orjson.dumps({"outputs": outputs}) + b"12345678"),
    path=st.sampled_from(
        (
            "/v2/models/m/infer",
            "/predict",
            oip_grpc.MODEL_INFER,
            oip_grpc.MODEL_STREAM_INFER,
            "/modelserving.v1.ModelServing/Predict",
            "/x.Y/Z",
        )
    ),
    tail=st.integers(0, 9),
    profile=st.sampled_from(list(BUNDLED.values())),
)
@settings(max_examples=150, deadline=None)
def test_no_bytes_break_a_summary_or_a_view(
    body: bytes, path: str, tail: int, profile: ModelProfile
) -> None:
    kind = MethodKind.UNARY if path.count(".") else MethodKind.REST
    headers = (("Inference-Header-Content-Length", str(len(body) - tail)),)
    assert summarise_exchange(exchange(path, body, kind=kind, headers=headers), profile).headline
    rest_text(headers, body)
    rows = HexRows(body)
    assert sum(len(rows[place].text) for place in range(len(rows))) == len(body)
    with suppress(InvalidInput):
        assert rest_tree(headers, body).copied() is not None
    with suppress(ReplyMismatch):
        assert message_tree(body).copied() is not None


@given(value=JSON_VALUES)
@settings(max_examples=60, deadline=None)
def test_a_tree_shows_every_value_and_folds_long_lists(value: Any) -> None:
    leaves: list[str] = []

    def walk(node: Node) -> None:
        children = node.children()
        assert len(children) == node.count <= FOLD
        if not children and node.kind not in ("object", "list"):
            leaves.append(node.path)
        for child in children:
            walk(child)

    walk(value_node("body", "", value))
    assert len(leaves) == _leaves(value)
    assert len(set(leaves)) == len(leaves)


def _leaves(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_leaves, value.values()))
    return sum(map(_leaves, value)) if isinstance(value, list) else 1


def test_paths_and_copies_of_nodes() -> None:
    tree = json_tree(b'{"a b": [{"c": "' + b"x" * 3000 + b'"}], "n": NaN}')
    (listed, number) = tree.children()
    node = listed.children()[0].children()[0]
    assert node.path == '["a b"][0].c'
    assert node.text.startswith("x" * CUT + "…")
    assert node.copied() == "x" * 3000
    assert (number.kind, number.copied()) == ("number", "NaN")
    with pytest.raises(InvalidInput, match="as a tree"):
        json_tree(b" " * (MAX_TEXT + 1))


def test_ranges_lists_of_messages_and_maps_are_copied_line_by_line() -> None:
    numbers = json_tree(b"[" + b",".join(b"%d" % i for i in range(40)) + b"]")
    assert numbers.children()[1].copied() == "\n".join(map(str, range(32, 40)))
    assert "39" in numbers.copied()
    response = InferResponse("m", (tensor([1.5, 2]),), parameters={"b": True, "a": "x"})
    tree = message_tree(oip_grpc.encode_response(response, raw=False))
    nodes = {node.label: node for node in tree.children()}
    assert nodes["parameters"].copied() == 'string_param: "x"\n\nbool_param: true\n'
    contents = nodes["outputs"].children()[0].children()[-1].children()[0]
    assert contents.copied() == "1.5\n2.0"
    assert 'name: "Y"' in nodes["outputs"].copied()
    assert json_tree(b'{"a": null}').children()[0].copied() == "null"


@given(value=JSON_VALUES)
@settings(max_examples=60, deadline=None)
def test_json_text_is_the_same_value(value: Any) -> None:
    text = json_text(value).text
    plain = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    if "NaN" not in text and "Infinity" not in text:
        assert orjson.dumps(orjson.loads(text)) == plain


@given(
    name=st.text(max_size=400),
    raw=st.lists(st.binary(max_size=600), max_size=3),
    numbers=st.lists(st.floats(width=32, allow_nan=False)),
    parameters=st.dictionaries(
        st.text(max_size=5), st.text() | st.floats(allow_nan=False) | st.booleans()
    ),
)
@settings(max_examples=60, deadline=None)
def test_proto_text_is_read_back_as_the_same_message(
    name: str, raw: list[bytes], numbers: list[float], parameters: dict[str, Any]
) -> None:
    response = InferResponse("m", (tensor(numbers),), id=name, parameters=parameters)
    message = ModelInferResponse.FromString(oip_grpc.encode_response(response, raw=False))
    message.raw_output_contents.extend(raw)
    back = text_format.Parse(proto_text(message).text, ModelInferResponse())
    assert back.SerializeToString(deterministic=True) == message.SerializeToString(
        deterministic=True
    )


def test_binary_rest_bodies_show_their_json_and_each_tensors_bytes() -> None:
    response = InferResponse("m", (tensor([1, 2]), Tensor.of_bytes("B", b"abc")))
    asked = InferRequest("m", (), parameters={"binary_data_output": True})
    headers, body = oip_rest.encode_response(response, asked)
    root = rest_tree(tuple(headers.items()), body)
    assert [(node.label, node.kind) for node in root.children()] == [
        ("body", "object"),
        ("Y", "bytes"),
        ("B", "bytes"),
    ]
    assert root.children()[2].value == b"\x03\x00\x00\x00abc"
    shown = rest_text(tuple(headers.items()), body)
    assert '"binary_data_size": 8' in shown.text
    assert shown.note == "15 bytes of binary data follow."


def test_text_that_is_no_json_is_shown_as_it_is() -> None:
    assert body_text(b"Not \xff Found").text == "Not � Found"
    assert body_text(b"").text == ""


def test_hex_rows() -> None:
    rows = HexRows(b"0123456789abcdefg\x00")
    assert len(rows) == 2
    assert (rows[1].offset, rows[1].hex, rows[1].text) == (16, "67 00", "g.")
    assert rows[0].hex == "30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66"
    assert (rows.find(b"fg"), rows.find(b"fg", 16), rows.find(b"")) == (15, -1, -1)
    assert len(HexRows(b"")) == 0
    with pytest.raises(IndexError):
        rows[2]


def test_a_reply_of_100_mb_is_seen_without_copies_of_it() -> None:
    values = np.zeros(LARGE, np.float32)
    values[-1] = 3
    body = oip_grpc.encode_response(
        InferResponse("m", (Tensor("Y", Datatype.FP32, values),)), raw=True
    )
    response = oip_grpc.decode_response(body)
    tracemalloc.start()
    try:
        numbers = number_range(response.outputs[0])
        rows = HexRows(body)
        last = rows[len(rows) - 1]
        text = body_text(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (numbers.low, numbers.high) == (0, 3)
    assert last.offset + 16 >= len(body)
    assert "first 5.0 MiB of 95.4 MiB" in text.note
    assert peak < 40 * 1024 * 1024
    tree = message_tree(body)
    raw = tree.children()[-1].children()[0]
    assert len(raw.text) < CUT
    shown = proto_text(tree.value)
    assert len(shown.text) <= MAX_TEXT
    assert shown.note
