"""What is known about a model that a profile is guessed for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.core.description import ModelDescription
from backend.core.tensors import Datatype, TensorSpec

_COEFFICIENTS = (10, 12, 13, 20)
_MOST_FRAMES = 512

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

    @property
    def remembers(self) -> bool:
        """Whether the configuration says that requests are parts of sequences."""
        return isinstance(self.config.get("sequence_batching"), Mapping)

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

    @property
    def picture_size(self) -> tuple[int, int]:
        """Width and height of the first input with three channels; 0, 0 if it has no fixed ones."""
        for spec in self.inputs:
            shape = spec.shape[-3:]
            if len(shape) == 3 and 3 in (shape[0], shape[2]):
                height, width = shape[1:] if shape[0] == 3 else shape[:2]
                return (width, height) if min(width, height) > 0 else (0, 0)
        return 0, 0

    def is_called(self, *words: str) -> bool:
        """Whether the model's name has one of these words in it."""
        return any(word in self.description.name.lower() for word in words)

    def without_batch(self, spec: TensorSpec) -> tuple[int, ...]:
        """A shape without what is likely the batch: a leading 1 or -1 before other dimensions."""
        shape = spec.shape
        if len(shape) > 1 and (self.batches or shape[0] in (1, -1)):
            return shape[1:]
        return shape


def shown(spec: TensorSpec) -> str:
    """A tensor in a reason: ``images FP32 [1, 3, 640, 640]``."""
    return f"'{spec.name}' {spec.datatype} {list(spec.shape)}"


def grid_cells(width: int, height: int, strides: tuple[int, ...]) -> int:
    """Cells of a picture's grids, one grid for each stride."""
    return sum(-(-width // stride) * -(-height // stride) for stride in strides)


def size_in_words(spec: TensorSpec) -> str:
    """``1x3x416x416 float``; a dimension that varies is a question mark."""
    kind = "float" if spec.datatype is Datatype.FP32 else spec.datatype.value
    sizes = "x".join("?" if size < 0 else str(size) for size in spec.shape) or "one"
    return f"{sizes} {kind}"


def coefficients_in(spec: TensorSpec) -> tuple[int, int]:
    """Frames and coefficients of a tensor that is likely made of MFCCs, else 0, 0."""
    if spec.datatype not in FLOATS or len(spec.shape) < 3:
        return 0, 0
    shape = [size for size in spec.shape if size not in (1, -1)]
    if len(shape) != 2 or shape[1] not in _COEFFICIENTS:
        return 0, 0
    return (shape[0], shape[1]) if 2 * shape[1] <= shape[0] <= _MOST_FRAMES else (0, 0)


def _whole(value: object) -> int:
    """A number that JSON may carry as text."""
    try:
        return int(str(value))
    except ValueError:
        return 0
