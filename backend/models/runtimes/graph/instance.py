"""Computes batches of requests with a model file."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.core.errors import ModelFailed, RequestError
from backend.core.tensors import Array, Tensor, TensorSpec
from backend.models.runtimes.graph.batches import BatchRow, groups, joined, parted, rounds
from backend.models.runtimes.graph.contract import GraphSession
from backend.models.runtimes.graph.shapes import Reshape, as_control, rows_of
from backend.models.runtimes.graph.states import SequenceStates
from backend.models.servable import (
    ExecutionTimes,
    ModelRequest,
    ModelResponse,
    Respond,
    SequenceId,
)


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """What a caller sees of a model, and what lies between that and the graph."""

    model: str
    batching: bool
    outputs: tuple[TensorSpec, ...]
    input_reshapes: Mapping[str, Reshape]
    output_reshapes: Mapping[str, Reshape]
    controls: frozenset[str]


@dataclass(slots=True)
class _Clock:
    """Adds up the three parts of a batch's time."""

    last_ns: int
    input_ns: int = 0
    infer_ns: int = 0
    output_ns: int = 0

    def lap(self) -> int:
        """Nanoseconds since the last lap."""
        now = time.monotonic_ns()
        passed, self.last_ns = now - self.last_ns, now
        return passed


class GraphInstance:
    """Runs a graph; the session may be shared with other instances, states are not."""

    def __init__(self, session: GraphSession, signature: Signature, states: SequenceStates) -> None:
        self._session = session
        self._signature = signature
        self._states = states
        self._datatypes = {spec.name: spec.datatype for spec in signature.outputs}

    def execute(self, batch: Sequence[ModelRequest], respond: Respond) -> ExecutionTimes:
        """Compute a batch; requests that the graph cannot take together are computed in turn.

        A request's own fault is its own answer and never another's.
        """
        clock = _Clock(time.monotonic_ns())
        for places in rounds(batch):
            rows = []
            for index in places:
                try:
                    rows.append(self._row(index, batch[index]))
                except RequestError as error:
                    self._end(batch[index])
                    respond(index, ModelResponse(error=error), True)  # noqa: FBT003
            for group in groups(rows, batching=self._signature.batching):
                self._answer(group, respond, clock)
        clock.output_ns += clock.lap()
        return ExecutionTimes(clock.input_ns, clock.infer_ns, clock.output_ns)

    def forget(self, sequence: SequenceId) -> None:
        """No further request of that sequence will come."""
        self._states.forget(sequence)

    def close(self) -> None:
        """Forget every sequence."""
        self._states.clear()

    def _answer(self, group: Sequence[BatchRow], respond: Respond, clock: _Clock) -> None:
        """Compute a group; if that fails, each of its requests alone, to find whose fault it is."""
        try:
            answers = self._computed(group, clock)
        except RequestError as caught:
            error = self._cause(caught)
            if len(group) > 1:
                for row in group:
                    self._answer([row], respond, clock)
                return
            self._end(group[0].request)
            respond(group[0].index, ModelResponse(error=error), True)  # noqa: FBT003
            return
        for row, outputs in zip(group, answers, strict=True):
            self._end(row.request)
            respond(row.index, ModelResponse(outputs), True)  # noqa: FBT003

    def _cause(self, error: RequestError) -> RequestError:
        """What the caller is to know of a failed computation."""
        return error

    def _run_options(self) -> Any:
        """For `GraphSession.compute`."""
        return None

    def _computed(self, group: Sequence[BatchRow], clock: _Clock) -> list[tuple[Tensor, ...]]:
        names = self._wanted(group)
        prepared = self._session.prepare(joined(group))
        clock.input_ns += clock.lap()
        try:
            raw = self._session.compute(names, prepared, self._run_options())
        finally:
            clock.infer_ns += clock.lap()
        parts = parted(group, self._session.finish(names, raw))
        answers = [self._tensors(row.request, part) for row, part in zip(group, parts, strict=True)]
        for row, part in zip(group, parts, strict=True):
            kept = {name: part[name] for name in self._states.outputs}
            if len(group) > 1:  # a slice keeps the output of the whole batch alive
                kept = {name: data.copy() for name, data in kept.items()}
            self._states.keep(row.request.sequence, kept)
        clock.output_ns += clock.lap()
        return answers

    def _wanted(self, group: Sequence[BatchRow]) -> list[str]:
        """The outputs that somebody in the group asks for, and those to keep."""
        wanted: set[str] = set(self._states.outputs)
        for row in group:
            wanted.update(row.request.outputs or self._datatypes)
        return [name for name in self._session.outputs if name in wanted]

    def _row(self, index: int, request: ModelRequest) -> BatchRow:
        feeds = {
            name: self._feed(tensor)
            for name, tensor in request.inputs.items()
            if name not in self._signature.controls
        }
        batching = self._signature.batching
        size = rows_of(self._signature.model, feeds) if batching else 1
        for name in self._signature.controls & request.inputs.keys():
            data = self._session.feed(request.inputs[name])
            dimensions = len(self._session.inputs[name].shape)
            feeds[name] = as_control(data, dimensions, size)
        if request.padding:
            feeds.update(self._states.initial(size))
        else:
            feeds.update(self._states.feeds(request.sequence, size))
        return BatchRow(index, request, feeds, size)

    def _feed(self, tensor: Tensor) -> Array:
        reshape = self._signature.input_reshapes.get(tensor.name)
        data = self._session.feed(tensor)
        return reshape.apply(data, batching=self._signature.batching) if reshape else data

    def _tensors(self, request: ModelRequest, outputs: Mapping[str, Array]) -> tuple[Tensor, ...]:
        names = request.outputs or tuple(self._datatypes)
        return tuple(self._tensor(name, outputs[name]) for name in names)

    def _tensor(self, name: str, data: Array) -> Tensor:
        reshape = self._signature.output_reshapes.get(name)
        if reshape:
            data = self._reshaped(name, reshape, data)
        return self._session.tensor(name, self._datatypes[name], data)

    def _reshaped(self, name: str, reshape: Reshape, data: Array) -> Array:
        try:
            return reshape.apply(data, batching=self._signature.batching)
        except ValueError as error:  # the graph's own declaration was wrong
            raise ModelFailed(
                f"output '{name}' has shape {list(data.shape)}, which cannot be reshaped to "
                f"{list(reshape.after)}"
            ) from error

    def _end(self, request: ModelRequest) -> None:
        """The last request of a sequence takes its states along, whatever became of it."""
        if request.sequence is not None and request.sequence.end:
            self._states.forget(request.sequence.id)
