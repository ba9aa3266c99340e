"""Numbers that are stored as small integers: real = scale * (stored - zero point).

The formula is that of the TensorFlow Lite 8-bit quantization specification.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from backend.core.errors import InvalidInput
from backend.core.tensors import Array, Datatype, Tensor

_STORED = (Datatype.INT8, Datatype.UINT8, Datatype.INT16)
_PIXEL_RANGES = ((0.0, 255.0), (0.0, 1.0), (-1.0, 1.0))
_TOLERANCE = 0.02
"""Of a range: files say 1/256 for 1/255, and 1/128 for 1/127.5."""
_CHANNELS = (1, 3, 4)


class Dequantize(StrEnum):
    """Which quantized tensors a caller sees as FP32; the words of the parameter `dequantize`."""

    AUTO = "auto"
    """As the configuration declares them; where it does not, all but pictures stored as pixels."""
    ALL = "true"
    NONE = "false"
    INPUTS = "inputs"
    OUTPUTS = "outputs"


@dataclass(frozen=True, slots=True)
class Quantization:
    """How one tensor is stored."""

    datatype: Datatype
    scale: float
    zero_point: int

    @classmethod
    def of(cls, detail: Mapping[str, Any], datatype: Datatype | None) -> Quantization | None:
        """That of a tensor as LiteRT describes it; None for one without a scale, or with many."""
        parameters = detail["quantization_parameters"]
        scales, zeros = parameters["scales"], parameters["zero_points"]
        if datatype not in _STORED or len(scales) != 1 or len(zeros) > 1:
            return None
        scale = float(scales[0])
        if not math.isfinite(scale) or scale <= 0:
            return None
        return cls(datatype, scale, int(zeros[0]) if len(zeros) else 0)

    def is_picture(self, dims: tuple[int, ...]) -> bool:
        """Whether the stored numbers are pixels: UINT8, channels, and a range of pixels."""
        if self.datatype is not Datatype.UINT8 or len(dims) < 3:
            return False
        if dims[-1] not in _CHANNELS and dims[-3] not in _CHANNELS:
            return False
        low, high = self.scale * -self.zero_point, self.scale * (255 - self.zero_point)
        return any(
            max(abs(low - first), abs(high - last)) <= _TOLERANCE * (last - first)
            for first, last in _PIXEL_RANGES
        )

    def stored(self, tensor: Tensor) -> Array:
        """The nearest stored numbers; raises InvalidInput for NaN, which none is near to."""
        real = np.asarray(tensor.data, np.float32)
        if np.isnan(real).any():
            raise InvalidInput(
                f"input '{tensor.name}' holds NaN, but the model stores it as {self.datatype}"
            )
        limits = np.iinfo(self.datatype.numpy)
        with np.errstate(over="ignore"):
            numbers = np.rint(real / np.float32(self.scale)) + np.float32(self.zero_point)
        return np.asarray(np.clip(numbers, limits.min, limits.max), self.datatype.numpy)

    def real(self, stored: Array) -> Array:
        """The FP32 numbers that are meant."""
        shifted = stored.astype(np.float32) - np.float32(self.zero_point)
        return np.asarray(shifted * np.float32(self.scale), np.float32)
