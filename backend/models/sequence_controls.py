"""What the server itself feeds to a model with sequences: where in its sequence a request is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from backend.core.errors import InvalidInput
from backend.core.tensors import Array, Datatype, Tensor
from backend.models.config import datatype_of
from backend.models.servable import SequenceStep
from backend.wire.generated import open_inference_pb2 as pb

_Control = pb.ModelSequenceBatching.Control


class Controls:
    """The control inputs of a configuration, and the tensors for a request."""

    def __init__(self, config: pb.ModelConfig) -> None:
        shape = (1, 1) if config.max_batch_size > 0 else (1,)
        controls = [
            (entry.name, control)
            for entry in config.sequence_batching.control_input
            for control in entry.control
        ]
        self._makers: list[Callable[[SequenceStep], Tensor]] = [
            partial(_tensor, name, control, shape) for name, control in controls
        ]
        self._flags = [
            (name, control, shape)
            for name, control in controls
            if control.kind != _Control.CONTROL_SEQUENCE_CORRID
        ]
        self.names = frozenset(entry.name for entry in config.sequence_batching.control_input)

    def tensors(self, step: SequenceStep | None) -> dict[str, Tensor]:
        """The inputs to add to those of a request; raises InvalidInput if the id does not fit."""
        if step is None:
            return {}
        return {tensor.name: tensor for tensor in (make(step) for make in self._makers)}

    def not_ready(self) -> dict[str, Tensor]:
        """The flags of a row of a batch that holds no request: all are off."""
        return {flag[0]: _flag(*flag, on=False) for flag in self._flags}


def own_inputs(config: pb.ModelConfig) -> frozenset[str]:
    """The inputs that no caller sends: controls, and states that the server keeps."""
    states = (state.input_name for state in config.sequence_batching.state)
    return Controls(config).names.union(states)


def _tensor(
    name: str, control: pb.ModelSequenceBatching.Control, shape: tuple[int, ...], step: SequenceStep
) -> Tensor:
    match control.kind:
        case _Control.CONTROL_SEQUENCE_START:
            return _flag(name, control, shape, on=step.start)
        case _Control.CONTROL_SEQUENCE_END:
            return _flag(name, control, shape, on=step.end)
        case _Control.CONTROL_SEQUENCE_READY:
            return _flag(name, control, shape, on=True)
        case _:
            datatype = datatype_of(control.data_type, f"control input '{name}'")
            return Tensor(name, datatype, _id(step, datatype).reshape(shape))


def _flag(
    name: str, control: pb.ModelSequenceBatching.Control, shape: tuple[int, ...], *, on: bool
) -> Tensor:
    for datatype, values in (
        (Datatype.INT32, control.int32_false_true),
        (Datatype.FP32, control.fp32_false_true),
        (Datatype.BOOL, control.bool_false_true),
    ):
        if len(values) == 2:
            return Tensor(name, datatype, np.full(shape, values[int(on)], datatype.numpy))
    return Tensor(name, Datatype.BOOL, np.full(shape, on))


def _id(step: SequenceStep, datatype: Datatype) -> Array:
    if datatype is Datatype.BYTES:
        data = np.empty(1, object)
        data[0] = str(step.id).encode()
        return data
    try:
        return np.array([step.id], datatype.numpy)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"sequence_id {step.id!r} does not fit the model, which takes {datatype}"
        ) from None
