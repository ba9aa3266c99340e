"""Direct sequence batching: a sequence is the same row of every batch, whoever else is there.

Models that keep something per row rely on it. Rows between whose sequence has no request just now
are filled with requests of zeros, for which CONTROL_SEQUENCE_READY is false; what the model answers
to them is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.core.tensors import Datatype, Tensor
from backend.models.sequence_controls import Controls
from backend.models.servable import (
    ExecutionTimes,
    Instance,
    Interruptible,
    KeepsSequences,
    ModelRequest,
    ModelResponse,
    Respond,
    SequenceId,
)
from backend.wire.generated import open_inference_pb2 as pb


def with_slots(config: pb.ModelConfig, instances: Sequence[Instance]) -> Sequence[Instance]:
    """The instances, each with its rows, where the configuration batches sequences directly."""
    batching = config.sequence_batching
    direct = config.HasField("sequence_batching") and not batching.HasField("oldest")
    if not direct or config.max_batch_size < 2:
        return instances
    controls = Controls(config)
    return [SlottedInstance(instance, controls) for instance in instances]


class SlottedInstance:
    """Puts each request of a batch into its sequence's row; used by one thread, as the instance."""

    def __init__(self, instance: Instance, controls: Controls) -> None:
        self._instance = instance
        self._controls = controls
        self._slots: dict[SequenceId, int] = {}

    def execute(self, batch: Sequence[ModelRequest], respond: Respond) -> ExecutionTimes:
        """Compute a batch with no sequence twice, filled up to the last row with a request."""
        places = {self._slot(request): index for index, request in enumerate(batch)}
        rows = [places.get(row) for row in range(max(places) + 1)]
        padding = self._padding(batch[0]) if None in rows else batch[0]
        filled = [padding if index is None else batch[index] for index in rows]

        def respond_in_order(row: int, response: ModelResponse | None, final: bool) -> None:
            index = rows[row]
            if index is not None:
                respond(index, response, final)

        try:
            return self._instance.execute(filled, respond_in_order)
        finally:
            for request in batch:
                if request.sequence is not None and request.sequence.end:
                    self._slots.pop(request.sequence.id, None)

    def forget(self, sequence: SequenceId) -> None:
        """The sequence was given up: its row is free."""
        self._slots.pop(sequence, None)
        if isinstance(self._instance, KeepsSequences):
            self._instance.forget(sequence)

    def interrupt(self, reason: str) -> None:
        """Break off what the instance computes, if that can be done."""
        if isinstance(self._instance, Interruptible):
            self._instance.interrupt(reason)

    def close(self) -> None:
        """The instance is its model's: that closes it."""

    def _slot(self, request: ModelRequest) -> int:
        assert request.sequence is not None  # else it would not have got into the queue
        name = request.sequence.id
        if name not in self._slots:
            taken = set(self._slots.values())
            self._slots[name] = next(row for row in range(len(taken) + 1) if row not in taken)
        return self._slots[name]

    def _padding(self, like: ModelRequest) -> ModelRequest:
        inputs = {name: _zeros(tensor) for name, tensor in like.inputs.items()}
        return ModelRequest({**inputs, **self._controls.not_ready()}, padding=True)


def _zeros(tensor: Tensor) -> Tensor:
    """A tensor of that shape with nothing in it."""
    data = np.zeros(tensor.shape, tensor.datatype.numpy)
    if tensor.datatype is Datatype.BYTES:
        data[...] = b""
    return Tensor(tensor.name, tensor.datatype, data)
