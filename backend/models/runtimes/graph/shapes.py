"""Dimensions as a caller sees them, and as the graph wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.core.errors import InvalidInput
from backend.core.tensors import Array
from backend.wire.generated import open_inference_pb2 as pb


@dataclass(frozen=True, slots=True)
class Reshape:
    """From one set of dimensions to another; -1 is variable, the first to the first and so on.

    The batch dimension is in neither.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]

    def apply(self, data: Array, *, batching: bool) -> Array:
        """The array with its new dimensions; as it is if it has not the old ones."""
        lead = 1 if batching else 0
        if data.ndim != len(self.before) + lead:
            return data
        sizes = data.shape[lead:]
        variable = iter([size for size, dim in zip(sizes, self.before, strict=True) if dim == -1])
        after = [next(variable) if dim == -1 else dim for dim in self.after]
        return data.reshape((*data.shape[:lead], *after))


def input_reshapes(config: pb.ModelConfig) -> Mapping[str, Reshape]:
    """What is done to each input before the graph gets it."""
    return {
        entry.name: Reshape(tuple(entry.dims), tuple(entry.reshape.shape))
        for entry in config.input
        if entry.HasField("reshape")
    }


def output_reshapes(config: pb.ModelConfig) -> Mapping[str, Reshape]:
    """What is done to each output before the caller gets it."""
    return {
        entry.name: Reshape(tuple(entry.reshape.shape), tuple(entry.dims))
        for entry in config.output
        if entry.HasField("reshape")
    }


def as_control(data: Array, dimensions: int, rows: int) -> Array:
    """A control value for each row of a request, with as many dimensions as the graph wants."""
    if data.size == 1:
        data = np.repeat(data.reshape(1), rows)
    return data.reshape((data.size, *[1] * (dimensions - 1))[:dimensions])


def rows_of(name: str, feeds: Mapping[str, Array]) -> int:
    """The size of the batch dimension that all inputs share; raises InvalidInput if they differ."""
    rows = {array.shape[0] if array.ndim else 1 for array in feeds.values()}
    if len(rows) > 1:
        found = ", ".join(f"'{key}' {list(array.shape)}" for key, array in feeds.items())
        raise InvalidInput(
            f"the inputs of a request to model '{name}' have different batch sizes: {found}"
        )
    return rows.pop() if rows else 1
