"""A request's file written again: what did not change stays as it was typed."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path

import pytest

from backend.core.choices import Compression
from backend.inspector.collections import SavedRequest, request_from_toml, write_request
from backend.inspector.collections.edited_text import edited

TYPED = """# Ours.
version = 1
method = "inference.GRPCInferenceService/ModelInfer"    # infer
about = "What goes in comes out."
model = "{{model}}"
headers = ["authorization: Bearer {{TOKEN}}"]   # secret
deadline_s = 5

[inputs]
INPUT0 = "[1, 2, 3]"   # three

# what must hold
[checks]
status = "OK"
latency_ms = "< {{limit}}"   # generous
"reply.outputs.OUTPUT0.data" = [1, 2, 3]
"""
REQUEST = request_from_toml(TYPED.encode(), "r.toml")


def changed(saved: SavedRequest, folder: Path) -> list[str]:
    """The lines that go and come when a request is written over the one of above."""
    file = folder / "r.toml"
    file.write_text(TYPED)
    write_request(file, saved)
    text = file.read_text()
    assert request_from_toml(text.encode(), "r.toml") == saved
    lines = difflib.unified_diff(TYPED.splitlines(), text.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[:3] not in ("---", "+++") and line[0] in "+-"]


@pytest.mark.parametrize(
    ("saved", "lines"),
    [
        (REQUEST, []),
        (replace(REQUEST, deadline_s=9.0), ["-deadline_s = 5", "+deadline_s = 9.0"]),
        (
            replace(REQUEST, compression=Compression.GZIP, order=3),
            ["+order = 3", '+compression = "gzip"'],
        ),
        (
            replace(REQUEST, inputs={"INPUT0": "[4]", "INPUT1": "zeros"}),
            ['-INPUT0 = "[1, 2, 3]"   # three', '+INPUT0 = "[4]"   # three', '+INPUT1 = "zeros"'],
        ),
        (
            replace(REQUEST, inputs={}, message='{\n  "a": "\\\\"\n}'),
            [
                "+message = '''",
                "+{",
                '+  "a": "\\\\"',
                "+}'''",
                '-INPUT0 = "[1, 2, 3]"   # three',
            ],
        ),
        (replace(REQUEST, parts={"a": '"b"'}), ["+", "+[parts]", "+a = '\"b\"'"]),
    ],
)
def test_one_change_is_a_small_difference(
    saved: SavedRequest, lines: list[str], tmp_path: Path
) -> None:
    assert changed(saved, tmp_path) == lines


def test_what_is_no_toml_is_written_anew() -> None:
    values = {"version": 1, "method": "B", "inputs": {"X": "ones"}}
    fresh = 'version = 1\nmethod = "B"\n\n[inputs]\nX = "ones"\n'
    assert edited("", values) == edited("[", values) == edited("a = 1\na = 2\n", values) == fresh


def test_keys_with_dots_stay_so() -> None:
    dotted = "version = 1\nmethod = 'A'\ninputs.X = 'zeros'  # all\n"
    values = {"version": 1, "method": "B", "inputs": {"X": "ones"}}
    assert edited(dotted, values) == 'version = 1\nmethod = "B"\ninputs.X = "ones"  # all\n'


def test_texts_that_no_quotes_hold_are_escaped() -> None:
    value = {"version": 1, "method": "M", "message": "it's \"one\"\n'''"}
    assert request_from_toml(edited("", value).encode(), "r").message == value["message"]


def test_a_text_of_very_many_keys_is_written_anew() -> None:
    inputs = {f"I{number}": "zeros" for number in range(6000)}
    values = {"version": 1, "method": "M", "inputs": inputs}
    assert edited("# Ours.\n" + edited("", values), values) == edited("", values)
