"""A loaded model file as a graph of tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

from backend.core.tensors import Array, Datatype, Tensor

Feeds: TypeAlias = Mapping[str, Array]
"""Arrays by input name, as `GraphSession.feed` makes them."""


@dataclass(frozen=True, slots=True)
class GraphTensor:
    """An input or output as the graph declares it."""

    name: str
    type: str
    """The runtime's own text, such as ``tensor(float)``."""
    shape: tuple[int | str | None, ...]
    """Sizes, names of variable sizes, or None; () for a scalar and where nothing is known."""
    datatype: Datatype | None
    """None if the protocol has no such type."""

    @property
    def dims(self) -> tuple[int, ...]:
        """The shape with -1 for each variable size."""
        return tuple(size if isinstance(size, int) and size >= 0 else -1 for size in self.shape)


class Graph(Protocol):
    """What a file declares."""

    @property
    def inputs(self) -> Mapping[str, GraphTensor]:
        """What every request has to give."""
        ...

    @property
    def outputs(self) -> Mapping[str, GraphTensor]:
        """What can be asked for."""
        ...

    @property
    def replaceable(self) -> Mapping[str, GraphTensor]:
        """Weights that a request may replace, and need not."""
        ...

    @property
    def refuses_text(self) -> str:
        """Why a file with BYTES inputs cannot be computed; '' if it can."""
        ...


@runtime_checkable
class FromFile(Protocol):
    """A loaded version that a file computes."""

    @property
    def file(self) -> Path:
        """That file."""
        ...

    @property
    def graph(self) -> Graph:
        """What it declares, in its order."""
        ...


class GraphSession(Graph, Protocol):
    """A file that is ready to compute."""

    def feed(self, tensor: Tensor) -> Array:
        """An input of one request as the graph takes it; raises InvalidInput."""
        ...

    def prepare(self, feeds: Feeds) -> Mapping[str, Any]:
        """The joined inputs of a batch; they refer to the arrays, and keep them alive."""
        ...

    def compute(
        self, outputs: Sequence[str], prepared: Mapping[str, Any], options: Any = None
    ) -> Sequence[Any]:
        """The outputs of that name, for `finish`; raises InvalidInput or ModelFailed."""
        ...

    def finish(self, outputs: Sequence[str], raw: Sequence[Any]) -> dict[str, Array]:
        """The outputs as arrays that can be taken apart again, by name."""
        ...

    def tensor(self, name: str, datatype: Datatype, data: Array) -> Tensor:
        """An output of one request as the caller gets it; raises ModelFailed."""
        ...
