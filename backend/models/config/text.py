"""A model's ``config.pbtxt``: the configuration as protobuf text, read with care.

protobuf's parser takes time in proportion to the text but for one thing: a text in quotes takes
the square of its longest run of backslashes (1 s for 16 KiB of them). With those bounded, 256 KiB
of the slowest input found, a list of one-digit numbers, takes 0.6 s; of the largest, a row of
blanks, 120 MiB.
"""

from __future__ import annotations

import re

from google.protobuf import json_format, text_format

from backend.core.errors import InvalidInput
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb
from backend.wire.json.text import read_json

CONFIG_FILE = "config.pbtxt"
MAX_BYTES = 256 << 10
"""Longest text that is read; real ones have a few kilobytes, long ensembles some tens."""
MAX_JSON = 1 << 20
"""Longest JSON form, as a server shows it: with the profile, and every field written."""
MAX_DEPTH = 32
MAX_BACKSLASHES = 64
_LONGEST = 300

_TUNING = ("model_operations", "model_metrics")  # and an optimization but for its accelerators
_TUNING_OF_INSTANCES = ("rate_limiter", "secondary_devices")
"""What tunes a server of another kind: a model answers the same without it."""

_REFUSED = {
    "batch_input": "batch inputs are not offered here",
    "batch_output": "batch outputs are not offered here",
    "model_repository_agents": "repository agents are not offered here",
}
"""What changes the answers and is not offered."""

_UNKNOWN = re.compile(r'"inference\.ModelConfig" has no field named "(\w+)"')


def parse_config(text: str | bytes) -> pb.ModelConfig:
    """The configuration that a protobuf text describes, without what tunes other servers.

    Raises ModelLoadError, naming line and column, for what is no such text, for fields that a model
    configuration does not have, and for those that would change the answers and are not offered.
    """
    source = _checked_text(text)
    try:
        config = text_format.Parse(source, pb.ModelConfig(), max_recursion_depth=MAX_DEPTH)
    except text_format.ParseError as error:
        raise _wrong(str(error), error.GetLine(), error.GetColumn()) from error
    except (ValueError, TypeError) as error:
        raise ModelLoadError(f"{CONFIG_FILE} cannot be read: {_reason(str(error))}") from error
    return _without_tuning(config)


def parse_config_json(text: str) -> pb.ModelConfig:
    """The same for its JSON form, as a request to load a model may carry it.

    Triton writes every field: one that is not offered is refused only if it says something. Raises
    ModelLoadError.
    """
    if len(text) > MAX_JSON:
        raise ModelLoadError(f"the configuration has {len(text)} characters, at most {MAX_JSON}")
    try:
        value = read_json(text.encode())
        if not isinstance(value, dict):
            raise ModelLoadError("the configuration must be a JSON object")
        value = {name: item for name, item in value.items() if item or name not in _REFUSED}
        config = json_format.ParseDict(value, pb.ModelConfig(), max_recursion_depth=MAX_DEPTH)
    except InvalidInput as error:
        raise ModelLoadError(f"the configuration cannot be read: {error.message}") from None
    except (json_format.ParseError, ValueError, TypeError, RecursionError) as error:
        raise ModelLoadError(f"the configuration cannot be read: {_reason(str(error))}") from error
    return _without_tuning(config)


def _without_tuning(config: pb.ModelConfig) -> pb.ModelConfig:
    for name in _TUNING:
        config.ClearField(name)
    accelerators = config.optimization.execution_accelerators
    config.ClearField("optimization")
    if accelerators.ByteSize():
        config.optimization.execution_accelerators.CopyFrom(accelerators)
    for group in config.instance_group:
        for name in _TUNING_OF_INSTANCES:
            group.ClearField(name)
    return config


def _checked_text(text: str | bytes) -> str:
    if len(text) > MAX_BYTES:
        raise ModelLoadError(f"{CONFIG_FILE} is {len(text)} long, at most {MAX_BYTES} is read")
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise _wrong("not UTF-8", *_position(error.object[: error.start].decode())) from error
    before, run, _ = text.partition("\\" * (MAX_BACKSLASHES + 1))
    if run:
        what = f"more than {MAX_BACKSLASHES} backslashes in a row"
        raise _wrong(what, *_position(before))
    return text


def _position(before: str) -> tuple[int, int]:
    """Line and column of what follows this text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _wrong(what: str, line: int | None, column: int | None) -> ModelLoadError:
    """The error at a place; the parser repeats line and column at the start of its own text."""
    if line is None or column is None:
        return ModelLoadError(f"{CONFIG_FILE}: {_reason(what)}")
    reason = _reason(what.removeprefix(f"{line}:{column} :").strip())
    return ModelLoadError(f"{CONFIG_FILE}, line {line}, column {column}: {reason}")


def _reason(what: str) -> str:
    """What the parser says, in short; it repeats a whole line of the text, which may be all."""
    unknown = _UNKNOWN.search(what)
    if unknown is not None and unknown[1] in _REFUSED:
        return f"{unknown[1]}: {_REFUSED[unknown[1]]}"
    what = what.replace('Message type "inference.', 'Message type "')
    return what if len(what) <= _LONGEST else f"{what[:_LONGEST]}..."
