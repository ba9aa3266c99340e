"""Requests that can be computed together, put together and taken apart again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backend.core.errors import ModelFailed
from backend.core.tensors import Array
from backend.models.servable import ModelRequest


@dataclass(frozen=True, slots=True, eq=False)
class BatchRow:
    """One request of a batch: what it feeds to the graph, and its own batch size."""

    index: int
    """Its place in the batch that was given."""
    request: ModelRequest
    feeds: Mapping[str, Array]
    size: int


def groups(rows: Sequence[BatchRow], *, batching: bool) -> list[list[BatchRow]]:
    """The rows that the graph can compute at once: the same inputs with the same inner shapes."""
    if not batching:
        return [[row] for row in rows]
    alike: dict[object, list[BatchRow]] = {}
    for row in rows:
        inner = tuple(sorted((name, array.shape[1:]) for name, array in row.feeds.items()))
        alike.setdefault(inner, []).append(row)
    return list(alike.values())


def rounds(batch: Sequence[ModelRequest]) -> Iterator[list[int]]:
    """The places in a batch, split so that no round has a sequence twice; in order within each."""
    left = list(range(len(batch)))
    while left:
        seen: set[object] = set()
        now, later = [], []
        for index in left:
            step = batch[index].sequence
            if step is not None and step.id in seen:
                later.append(index)
                continue
            if step is not None:
                seen.add(step.id)
            now.append(index)
        yield now
        left = later


def joined(group: Sequence[BatchRow]) -> Mapping[str, Array]:
    """The inputs of all rows, one after the other."""
    if len(group) == 1:
        return group[0].feeds
    return {name: np.concatenate([row.feeds[name] for row in group]) for name in group[0].feeds}


def parted(group: Sequence[BatchRow], outputs: Mapping[str, Array]) -> list[Mapping[str, Array]]:
    """The outputs of each row; raises ModelFailed if an output has not a place for every row.

    A single request gets everything, whatever the first dimension counts.
    """
    if len(group) == 1:
        return [outputs]
    total = sum(row.size for row in group)
    for name, array in outputs.items():
        if array.ndim == 0 or array.shape[0] != total:
            raise ModelFailed(
                f"output '{name}' has shape {list(array.shape)} for a batch of {total}: "
                "its first dimension is not the batch"
            )
    ends = np.cumsum([row.size for row in group]).tolist()
    starts = [0, *ends[:-1]]
    return [
        {name: array[start:end] for name, array in outputs.items()}
        for start, end in zip(starts, ends, strict=True)
    ]
