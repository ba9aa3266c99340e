"""The configuration of a Python model as the JSON it reads, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from backend.models.runtimes.python_child import Properties
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb

BACKEND = "python"
DEFAULT_FILE = "model.py"
_GROUP_KINDS = {pb.ModelInstanceGroup.KIND_GPU: "GPU", pb.ModelInstanceGroup.KIND_MODEL: "MODEL"}


def config_json(config: pb.ModelConfig) -> str:
    """The configuration as Triton hands it to a model: every plain field is there, set or not."""
    return json.dumps(_properties(config))


def config_from(properties: Properties) -> pb.ModelConfig:
    """The configuration that a model has filled; raises ModelLoadError."""
    try:
        return json_format.ParseDict(properties, pb.ModelConfig())
    except (json_format.ParseError, TypeError, ValueError) as error:
        raise ModelLoadError(f"auto_complete_config gave a wrong configuration: {error}") from error


def file_name(config: pb.ModelConfig) -> str:
    """The name of the file in the version folder; raises ModelLoadError for one outside it."""
    name = config.default_model_filename or DEFAULT_FILE
    if Path(name).name != name or not name.endswith(".py"):
        raise ModelLoadError(
            f"default_model_filename must name a .py file in the version folder, got '{name}'"
        )
    return name


def instance_places(config: pb.ModelConfig) -> Iterator[tuple[str, str]]:
    """Name and kind of each instance, group by group; without groups there is one."""
    groups = [group for group in _groups(config) if not group.passive]
    for group in groups:
        for index in range(group.count):
            yield f"{group.name}_{index}", _GROUP_KINDS.get(group.kind, "CPU")


def with_defaults(config: pb.ModelConfig) -> pb.ModelConfig:
    """The configuration, with what Triton takes for granted spelt out as it tells a model."""
    made = pb.ModelConfig()
    made.CopyFrom(config)
    made.backend = BACKEND
    made.default_model_filename = config.default_model_filename or DEFAULT_FILE
    if not made.HasField("version_policy"):
        made.version_policy.latest.num_versions = 1
    del made.instance_group[:]
    made.instance_group.extend(_groups(config))
    return made


def _groups(config: pb.ModelConfig) -> list[pb.ModelInstanceGroup]:
    if not config.instance_group:
        only = pb.ModelInstanceGroup(name=config.name)
        groups = [only]
    else:
        groups = [
            pb.ModelInstanceGroup.FromString(g.SerializeToString()) for g in config.instance_group
        ]
    for number, group in enumerate(groups):
        group.name = group.name or f"{config.name}_{number}"
        group.count = max(1, group.count)
        group.kind = group.kind or pb.ModelInstanceGroup.KIND_CPU
    return groups


def _properties(message: Message) -> Properties:
    found: Properties = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            kind = field.message_type.fields_by_name["value"]
            found[field.name] = {str(key): _plain(kind, value[key]) for key in value}
        elif field.is_repeated:
            found[field.name] = [_plain(field, one) for one in value]
        elif not field.has_presence or message.HasField(field.name):
            found[field.name] = _plain(field, value)
    return found


def _plain(field: Any, value: Any) -> Any:
    if field.message_type is not None:
        return _properties(value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return value if known is None else known.name
    return value
