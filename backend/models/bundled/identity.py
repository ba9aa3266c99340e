"""Models that give back what they get: they show what the wire alone costs."""

from __future__ import annotations

from collections.abc import Mapping

from backend.core.tensors import Array, Tensor
from backend.models.contract import BundledModel
from backend.models.inputs import one_input


class Identity(BundledModel):
    """Answers with its input, not copied."""

    instant = True

    def prepare(self, inputs: Mapping[str, Tensor]) -> Array:
        """The input's elements."""
        return one_input(inputs, self.profile.inputs[0])

    def infer(self, prepared: Array) -> Array:
        """The same elements."""
        return prepared

    def finish(self, raw: Array) -> tuple[Tensor, ...]:
        """The elements under the output's name."""
        spec = self.profile.outputs[0]
        return (Tensor(spec.name, spec.datatype, raw),)
