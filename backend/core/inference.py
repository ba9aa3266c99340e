"""One inference in the words of the Open Inference Protocol, whatever wire carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from backend.core.tensors import Tensor
from backend.core.unguarded import unguarded

Parameter: TypeAlias = bool | int | float | str
"""The value of a parameter, as the protocol allows it."""

Parameters: TypeAlias = Mapping[str, Parameter]

NO_PARAMETERS: Parameters = MappingProxyType({})

BINARY_DATA = "binary_data"
"""Parameter of one requested output: send it as bytes after the JSON."""

BINARY_DATA_OUTPUT = "binary_data_output"
"""Parameter of a request: send every output as bytes, unless an output says otherwise."""

TIMING_EXTENSION = "inferdeck_timing"
"""Server extension, and the gRPC request parameter that asks for the server's durations."""

TYPED_EXTENSION = "inferdeck_typed"
"""Server extension, and the gRPC request parameter that asks for outputs in typed lists."""


@dataclass(frozen=True, slots=True, eq=False)
class RequestedOutput:
    """An output the caller asks for by name."""

    name: str
    parameters: Parameters = field(default_factory=lambda: NO_PARAMETERS)

    @property
    def binary(self) -> bool | None:
        """Whether it is to be bytes over REST, or None if the caller left that open."""
        value = self.parameters.get(BINARY_DATA)
        return value if isinstance(value, bool) else None


@unguarded
@dataclass(frozen=True, slots=True, eq=False)
class InferRequest:
    """What is asked of a model; no `outputs` means all of them, no `version` the newest."""

    model: str
    inputs: tuple[Tensor, ...]
    version: str = ""
    id: str = ""
    parameters: Parameters = field(default_factory=lambda: NO_PARAMETERS)
    outputs: tuple[RequestedOutput, ...] = ()


@unguarded
@dataclass(frozen=True, slots=True, eq=False)
class InferResponse:
    """What a model answered.

    `elsewhere` names the outputs whose elements do not travel with the response, since they were
    put into shared memory.
    """

    model: str
    outputs: tuple[Tensor, ...]
    version: str = ""
    id: str = ""
    parameters: Parameters = field(default_factory=lambda: NO_PARAMETERS)
    elsewhere: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ServerMetadata:
    """What a server says about itself."""

    name: str
    version: str = ""
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TensorMetadata:
    """An input or output as a server declares it; the datatype may be one that we do not know."""

    name: str
    datatype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ModelMetadata:
    """What a server says about a model."""

    name: str
    versions: tuple[str, ...] = ()
    platform: str = ""
    inputs: tuple[TensorMetadata, ...] = ()
    outputs: tuple[TensorMetadata, ...] = ()
