"""Tensors and their descriptions, in the words of the Open Inference Protocol."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from backend.core.errors import InvalidInput
from backend.core.unguarded import unguarded

Array: TypeAlias = npt.NDArray[Any]


class Datatype(StrEnum):
    """Wire datatypes of the Open Inference Protocol v2."""

    BOOL = "BOOL"
    UINT8 = "UINT8"
    UINT16 = "UINT16"
    UINT32 = "UINT32"
    UINT64 = "UINT64"
    INT8 = "INT8"
    INT16 = "INT16"
    INT32 = "INT32"
    INT64 = "INT64"
    FP16 = "FP16"
    BF16 = "BF16"
    FP32 = "FP32"
    FP64 = "FP64"
    BYTES = "BYTES"

    # That of an enum is written in Python, and equal texts have equal hashes anyway.
    __hash__ = str.__hash__

    @property
    def numpy(self) -> np.dtype[Any]:
        """Little-endian numpy dtype; BF16 is carried as its UINT16 bit pattern, BYTES as object."""
        return _NUMPY[self]

    @property
    def itemsize(self) -> int | None:
        """Bytes per element on the wire, or None for BYTES."""
        return None if self is Datatype.BYTES else self.numpy.itemsize


_NUMPY: dict[Datatype, np.dtype[Any]] = {
    Datatype.BOOL: np.dtype(np.bool_),
    Datatype.UINT8: np.dtype("u1"),
    Datatype.UINT16: np.dtype("<u2"),
    Datatype.UINT32: np.dtype("<u4"),
    Datatype.UINT64: np.dtype("<u8"),
    Datatype.INT8: np.dtype("i1"),
    Datatype.INT16: np.dtype("<i2"),
    Datatype.INT32: np.dtype("<i4"),
    Datatype.INT64: np.dtype("<i8"),
    Datatype.FP16: np.dtype("<f2"),
    Datatype.BF16: np.dtype("<u2"),
    Datatype.FP32: np.dtype("<f4"),
    Datatype.FP64: np.dtype("<f8"),
    Datatype.BYTES: np.dtype(object),
}


def datatype_from_name(name: str) -> Datatype:
    """The datatype with that wire name; raises InvalidInput for any other text."""
    try:
        return Datatype(name)
    except ValueError:
        raise InvalidInput(
            f"Unknown datatype '{name}'.", hint=f"Use one of {', '.join(Datatype)}."
        ) from None


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """What a model declares for one input or output; -1 is a variable dimension."""

    name: str
    datatype: Datatype
    shape: tuple[int, ...]
    optional: bool = False

    def accepts(self, shape: tuple[int, ...]) -> bool:
        """Whether a concrete shape fits the declared one."""
        if len(shape) != len(self.shape):
            return False
        # A loop, not a generator: every request comes by here.
        for want, got in zip(self.shape, shape, strict=True):  # noqa: SIM110
            if want not in (-1, got):
                return False
        return True

    def shape_of(self, count: int) -> tuple[int, ...] | None:
        """The declared shape with so many elements, None if that is not one certain shape."""
        variable = self.shape.count(-1)
        fixed = math.prod(size for size in self.shape if size >= 0)
        if variable == 0:
            return self.shape if fixed == count else None
        if variable > 1 or not fixed or count % fixed:
            return None
        return tuple(count // fixed if size < 0 else size for size in self.shape)


@unguarded
@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A named array; `data` has the tensor's shape, BYTES elements are `bytes` objects."""

    name: str
    datatype: Datatype
    data: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """The concrete shape, row-major."""
        return self.data.shape

    @classmethod
    def of_bytes(cls, name: str, *items: bytes) -> Tensor:
        """A BYTES tensor of shape [len(items)]."""
        data = np.empty(len(items), dtype=object)
        data[:] = items
        return cls(name, Datatype.BYTES, data)
