"""What a recurrent model remembers of each sequence between its requests."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.core.errors import InvalidInput
from backend.core.files.regular import read_regular
from backend.core.tensors import Array, Datatype, Tensor
from backend.models.config import datatype_of, inside
from backend.models.runtimes.graph.layout import agree
from backend.models.runtimes.graph.text import texts_of
from backend.models.servable import ModelLoadError, SequenceId, SequenceStep
from backend.wire.elements import TensorRef, from_raw
from backend.wire.generated import open_inference_pb2 as pb

_FOLDER = "initial_state"
_MAX_ELEMENTS = 1 << 28
_MAX_TEXT_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """An output that comes back as an input; `initial` is what a sequence starts with.

    `initial` has no batch dimension.
    """

    input: str
    output: str
    initial: Array


def declared_states(config: pb.ModelConfig, folder: Path) -> tuple[State, ...]:
    """The states of a model; `folder` is the model's, where files with initial states are.

    Raises ModelLoadError.
    """
    return tuple(_state(state, folder) for state in config.sequence_batching.state)


class SequenceStates:
    """The states of every sequence that one instance works on."""

    def __init__(self, model: str, states: tuple[State, ...], *, batching: bool) -> None:
        self._model = model
        self._states = states
        self._batching = batching
        self._kept: dict[SequenceId, Mapping[str, Array]] = {}

    @property
    def outputs(self) -> tuple[str, ...]:
        """The outputs to keep."""
        return tuple(state.output for state in self._states)

    def __len__(self) -> int:
        """How many sequences are remembered."""
        return len(self._kept)

    def feeds(self, step: SequenceStep | None, rows: int) -> Mapping[str, Array]:
        """The state inputs of a request; raises InvalidInput if its sequence was not started."""
        if not self._states:
            return {}
        if step is None:
            raise InvalidInput(
                f"inference request to model '{self._model}' must specify a non-zero or non-empty "
                "correlation ID"
            )
        if step.start:
            self._kept[step.id] = self.initial(rows)
        if step.id not in self._kept:
            raise InvalidInput(
                f"inference request for sequence {step.id} to model '{self._model}' must specify "
                "the START flag on the first request of the sequence"
            )
        return self._kept[step.id]

    def initial(self, rows: int) -> Mapping[str, Array]:
        """What a sequence begins with."""
        return {state.input: self._first(state.initial, rows) for state in self._states}

    def keep(self, step: SequenceStep | None, outputs: Mapping[str, Array]) -> None:
        """Remember what the request left for the next one of its sequence."""
        if step is not None and self._states and not step.end:
            self._kept[step.id] = {state.input: outputs[state.output] for state in self._states}

    def forget(self, sequence: SequenceId) -> None:
        """The sequence is over."""
        self._kept.pop(sequence, None)

    def clear(self) -> None:
        """Every sequence is over."""
        self._kept.clear()

    def _first(self, initial: Array, rows: int) -> Array:
        return np.repeat(initial[np.newaxis], rows, axis=0) if self._batching else initial


def _state(state: pb.ModelSequenceBatching.State, folder: Path) -> State:
    datatype = datatype_of(state.data_type, f"state '{state.input_name}'")
    return State(state.input_name, state.output_name, _initial(state, datatype, folder))


def _initial(state: pb.ModelSequenceBatching.State, datatype: Datatype, folder: Path) -> Array:
    """What a sequence starts with: the content of a file, else zeros (a variable size is 1)."""
    if not state.initial_state:
        return _zeros(datatype, [1 if size == -1 else size for size in state.dims])
    if len(state.initial_state) > 1:
        raise ModelLoadError(f"state '{state.input_name}' has more than one initial_state")
    initial = state.initial_state[0]
    dims = list(initial.dims)
    if initial.data_type != state.data_type:
        raise ModelLoadError(
            f"initial_state of '{state.input_name}' must be {datatype} as the state is"
        )
    if min(dims, default=0) < 0 or not agree(dims, state.dims):
        raise ModelLoadError(
            f"initial_state of '{state.input_name}' has dims {dims}, which do not fit those of the "
            f"state, {list(state.dims)}"
        )
    match initial.WhichOneof("state_data"):
        case "data_file":
            return _from_file(inside(folder / _FOLDER, initial.data_file), datatype, dims, state)
        case "zero_data":
            return _zeros(datatype, dims)
        case _:
            raise ModelLoadError(
                f"initial_state of '{state.input_name}' needs zero_data or data_file"
            )


def _zeros(datatype: Datatype, dims: list[int]) -> Array:
    if math.prod(max(size, 1) for size in dims) > _MAX_ELEMENTS:
        raise ModelLoadError(f"a state of dims {dims} is too large")
    zeros = np.zeros(dims, datatype.numpy)
    if datatype is Datatype.BYTES:
        zeros[...] = ""
    return zeros


def _most_bytes(datatype: Datatype, dims: list[int]) -> int:
    if datatype is Datatype.BYTES:
        return _MAX_TEXT_BYTES
    return min(math.prod(dims), _MAX_ELEMENTS) * datatype.numpy.itemsize


def _from_file(
    path: Path, datatype: Datatype, dims: list[int], state: pb.ModelSequenceBatching.State
) -> Array:
    """The elements as they go over the wire."""
    place = TensorRef("initial state", state.input_name, path.parent.parent.name)
    try:
        tensor = from_raw(read_regular(path, _most_bytes(datatype, dims)), datatype, dims, place)
        return _array(tensor)
    except OSError as error:
        raise ModelLoadError(
            f"initial state file {path.name} cannot be read: {error.strerror}"
        ) from error
    except InvalidInput as error:
        raise ModelLoadError(f"initial state file {path.name}: {error}") from error


def _array(tensor: Tensor) -> Array:
    return texts_of(tensor) if tensor.datatype is Datatype.BYTES else tensor.data
