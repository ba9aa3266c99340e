"""What is known about a model that a profile is guessed for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.core.description import ModelDescription
from backend.core.tensors import Datatype, TensorSpec

FLOATS = (Datatype.FP16, Datatype.BF16, Datatype.FP32, Datatype.FP64)


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model's metadata, its configuration as JSON gives it, and its class names."""

    description: ModelDescription
    config: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The declared inputs, the batch included."""
        return self.description.inputs

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The declared outputs, the batch included."""
        return self.description.outputs

    @property
    def batches(self) -> bool:
        """Whether the configuration says that the first dimension is a batch."""
        return _whole(self.config.get("max_batch_size")) > 0

    def picture_format(self, name: str) -> str:
        """``NCHW`` or ``NHWC`` if the configuration says so for that input, else ''."""
        inputs = self.config.get("input")
        for given in inputs if isinstance(inputs, Sequence) else ():
            if isinstance(given, Mapping) and given.get("name") == name:
                return str(given.get("format", "")).removeprefix("FORMAT_").replace("NONE", "")
        return ""

    def output(self, *names: str) -> TensorSpec | None:
        """The first output whose name is one of these, whatever the case."""
        for name in names:
            for spec in self.outputs:
                if spec.name.lower() == name:
                    return spec
        return None

    def without_batch(self, spec: TensorSpec) -> tuple[int, ...]:
        """A shape without what is likely the batch: a leading 1 or -1 before other dimensions."""
        shape = spec.shape
        if len(shape) > 1 and (self.batches or shape[0] in (1, -1)):
            return shape[1:]
        return shape


def shown(spec: TensorSpec) -> str:
    """A tensor in a reason: ``images FP32 [1, 3, 640, 640]``."""
    return f"'{spec.name}' {spec.datatype} {list(spec.shape)}"


def _whole(value: object) -> int:
    """A number that JSON may carry as text."""
    try:
        return int(str(value))
    except ValueError:
        return 0
