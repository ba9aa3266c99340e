"""A model's ``config.pbtxt``: the configuration as protobuf text, read with care."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format, text_format

from backend.core.errors import InvalidInput
from backend.models.config.tokens import FieldPath, FieldSpan, TooDeep, field_places
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.json.text import read_json

CONFIG_FILE = "config.pbtxt"
MAX_BYTES = 1 << 20
"""Longest text that is read; real ones have a few kilobytes."""
MAX_DEPTH = 32
_LONGEST = 300

_SKIPPED = frozenset(
    {
        ("optimization",),
        ("model_operations",),
        ("model_metrics",),
        ("instance_group", "rate_limiter"),
        ("instance_group", "secondary_devices"),
    }
)
"""What tunes a server of another kind: a model answers the same without it."""

_REFUSED = {
    ("batch_input",): "batch inputs are not offered here",
    ("batch_output",): "batch outputs are not offered here",
    ("model_repository_agents",): "repository agents are not offered here",
}
"""What changes the answers and is not offered."""


def parse_config(text: str | bytes) -> pb.ModelConfig:
    """The configuration that a protobuf text describes.

    Raises ModelLoadError, naming line and column, for what is no such text, for fields that a model
    configuration does not have, and for those that would change the answers and are not offered.
    """
    source = _checked_text(text)
    try:
        return text_format.Parse(_without_skipped(source), pb.ModelConfig())
    except text_format.ParseError as error:
        raise _wrong(str(error), error.GetLine(), error.GetColumn()) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelLoadError(f"{CONFIG_FILE} cannot be read: {_short(str(error))}") from error


def parse_config_json(text: str) -> pb.ModelConfig:
    """The configuration in its JSON form, as a request to load a model may carry it.

    Raises ModelLoadError.
    """
    if len(text) > MAX_BYTES:
        raise ModelLoadError(f"the configuration has {len(text)} characters, at most {MAX_BYTES}")
    try:
        value = read_json(text.encode())
        if not isinstance(value, dict):
            raise ModelLoadError("the configuration must be a JSON object")
        return json_format.ParseDict(
            _kept(value, ()), pb.ModelConfig(), max_recursion_depth=MAX_DEPTH
        )
    except InvalidInput as error:
        raise ModelLoadError(f"the configuration cannot be read: {error.message}") from None
    except (json_format.ParseError, ValueError, TypeError, RecursionError) as error:
        raise ModelLoadError(f"the configuration cannot be read: {_short(str(error))}") from error


def _kept(value: Any, path: FieldPath) -> Any:
    """The JSON without the fields that are known and have no effect here.

    Triton writes every field: one that is not offered is refused only if it says something.
    """
    if isinstance(value, list):
        return [_kept(item, path) for item in value]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for name, item in value.items():
        inner = (*path, name)
        if inner in _REFUSED and item:
            raise ModelLoadError(f"{name}: {_REFUSED[inner]}")
        if inner not in _SKIPPED and inner not in _REFUSED:
            kept[name] = _kept(item, inner)
    return kept


def _checked_text(text: str | bytes) -> str:
    if len(text) > MAX_BYTES:
        raise ModelLoadError(f"{CONFIG_FILE} is {len(text)} long, at most {MAX_BYTES} is read")
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        column = error.start - text.rfind(b"\n", 0, error.start)
        raise _wrong("not UTF-8", line, column) from error


def _without_skipped(text: str) -> str:
    """The text with blanks where fields stand that are known and have no effect here.

    Every other character keeps its line and column.
    """
    pieces: list[str] = []
    kept = 0
    for place in _known_elsewhere(text):
        skipped = text[place.start : place.end]
        blank = "".join("\n" if character == "\n" else " " for character in skipped)
        pieces += (text[kept : place.start], blank)
        kept = place.end
    return "".join((*pieces, text[kept:]))


def _known_elsewhere(text: str) -> list[FieldSpan]:
    try:
        places = list(field_places(text, max_depth=MAX_DEPTH))
    except TooDeep as error:
        what = f"nested more than {MAX_DEPTH} deep"
        raise _wrong(what, *_position(text, error.at)) from error
    for place in places:
        if place.path in _REFUSED:
            what = f"{place.path[-1]}: {_REFUSED[place.path]}"
            raise _wrong(what, *_position(text, place.start))
    return [place for place in places if place.path in _SKIPPED]


def _position(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _wrong(what: str, line: int | None, column: int | None) -> ModelLoadError:
    """The error at a place; the parser repeats line and column at the start of its own text."""
    if line is None or column is None:
        return ModelLoadError(f"{CONFIG_FILE}: {what}")
    reason = what.removeprefix(f"{line}:{column} :").strip()
    reason = reason.replace('Message type "inference.', 'Message type "')
    return ModelLoadError(f"{CONFIG_FILE}, line {line}, column {column}: {_short(reason)}")


def _short(reason: str) -> str:
    """The parsers repeat a whole line of the text, which may be all of it."""
    return reason if len(reason) <= _LONGEST else f"{reason[:_LONGEST]}..."
