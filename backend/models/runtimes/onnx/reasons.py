"""Why ONNX Runtime does not load or compute something, in words for people."""

from __future__ import annotations

import re

_LONGEST_NAME = 200
_LONGEST_REASON = 1000
_NAME = rf"([^\s',()]{{1,{_LONGEST_NAME}}})"
_LACKS: tuple[tuple[str, str], ...] = (
    (
        rf"{_NAME}\(-?\d+\) is not a registered function/op",
        "the model needs operator '{}', which ONNX Runtime does not have",
    ),
    (
        rf"No Op registered for {_NAME} with domain_version of (\d+)",
        "the model needs operator '{}' of operator set {}, which ONNX Runtime does not have",
    ),
    (
        rf"Could not find an implementation for {_NAME}\((\d+)\)",
        "the model needs operator '{}' of version {} for a datatype that it cannot compute",
    ),
    (
        rf"Node input '([^']{{1,{_LONGEST_NAME}}})' is not a graph input",
        "input '{}' of one of its operators is missing: nothing in the file gives it",
    ),
    (
        r"Opset (\d+) is under development.{0,400}?official support .{0,40}?till opset (\d+)",
        "it is of operator set {}, known here are those up to {}: export it with an older one",
    ),
    (
        r"External data path does not exist: \"([^\"]{1,4096})\"",
        "it keeps weights in '{}', which is not there: put that file there, under its own name",
    ),
    ("Protobuf parsing failed", "the file is no ONNX model, or damaged"),
    ("ModelProto does not have a graph", "the file is no ONNX model: it has no graph"),
)
"""What its messages look like, and the same in words."""


def reason(error: Exception) -> str:
    """What ONNX Runtime says, in one line and without its own prefix."""
    text = " ".join(str(error).split())
    head, mark, rest = text.partition(" : ")
    if mark and head.startswith("[ONNXRuntimeError]"):
        number, _, message = rest.partition(" : ")
        return message.partition(" : ")[2] if number.strip().isdigit() and message else rest
    return text


def why_not_loaded(error: Exception) -> str:
    """What a file lacks, named; else what ONNX Runtime says, shortened if it says much."""
    text = reason(error)
    for sign, words in _LACKS:
        if found := re.search(sign, text):
            return words.format(*found.groups())
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}..."
