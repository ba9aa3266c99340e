"""The files of a collection: a request, an environment, and the collection's own variables.

```
version = 1
method = "inference.GRPCInferenceService/ModelInfer"
model = "{{model}}"
headers = ["authorization: Bearer {{TOKEN}}"]

[inputs]
INPUT0 = "[1, 2, 3]@3"

[checks]
status = "OK"
latency_ms = "< 50"
"reply.outputs.OUTPUT0.data" = [1, 2, 3]
```
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TypeAlias

from backend.core.choices import Compression, Serialization
from backend.core.errors import UsageError
from backend.inspector.collections.edited_text import edited
from backend.inspector.collections.toml_text import read_toml

VERSION = 1
Value: TypeAlias = str | int | float | bool | list[str | int | float | bool]
"""What is expected: a condition such as "< 50", or the value itself."""

_SCALARS = ("method", "about", "order", "model", "model_version", "id")
_LATER = ("serialization", "compression", "deadline_s")


@dataclass(frozen=True, slots=True)
class SavedRequest:
    """One request of a collection; any text in it may hold `{{variables}}`.

    `inputs` are written as after `call --input NAME=`, `headers` as NAME: VALUE, and `message` is
    JSON. `checks` have what is looked at before what is expected of it.
    """

    method: str
    about: str = ""
    order: int = 0
    model: str = ""
    model_version: str = ""
    id: str = ""
    headers: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    serialization: Serialization | None = None
    compression: Compression = Compression.NONE
    deadline_s: float | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    checks: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.inputs and self.message:
            raise UsageError("it has inputs and a message; a request is made of one of them.")
        if self.deadline_s is not None and not 0 < self.deadline_s <= 86_400:
            raise UsageError(
                f"deadline_s is to be over 0 and at most 86400, not {self.deadline_s}."
            )


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a collection runs: a target, variables, and the names of secrets.

    A secret's value is never in a file: it is the process' environment variable of that name.
    """

    target: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


def request_from_toml(data: bytes, source: str) -> SavedRequest:
    """The request in a file; raises UsageError naming file and line."""
    return read_toml(SavedRequest, data, source, VERSION)


def environment_from_toml(data: bytes, source: str) -> Environment:
    """The environment in a file; raises UsageError naming file and line."""
    return read_toml(Environment, data, source, VERSION)


def request_to_toml(saved: SavedRequest, before: str = "") -> str:
    """The request as text for people and version control: a key a line, long texts as they are.

    What the file said `before` stays to the letter where it means the same.
    """
    values = asdict(saved) | {"headers": list(saved.headers)}
    if saved.compression is Compression.NONE:
        del values["compression"]
    order = (*_SCALARS, "headers", *_LATER, "message", "parts", "inputs", "checks")
    table = {name: _plain(values[name]) for name in order if values.get(name)}
    return edited(before, {"version": VERSION, **table})


def _plain(value: object) -> object:
    if isinstance(value, Serialization | Compression):
        return value.value
    return dict(value) if isinstance(value, Mapping) else value
