"""Inputs that are the same in every request."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from backend.core.errors import UsageError
from backend.core.tensors import Array, Datatype, Tensor
from backend.profiles.inputs.numbers import as_datatype
from backend.wire.elements import object_array

Literal: TypeAlias = bool | int | float | str

MOST_ELEMENTS = 1 << 24
"""Largest input that is filled with constants."""


@dataclass(frozen=True, slots=True)
class ConstantInput:
    """A literal tensor: one value for every element, or as many values as elements, row-major.

    Text values are for BYTES and go as UTF-8.
    """

    name: str
    datatype: Datatype
    shape: tuple[int, ...]
    values: tuple[Literal, ...] = (0,)

    def __post_init__(self) -> None:
        if any(size < 0 for size in self.shape) or math.prod(self.shape) > MOST_ELEMENTS:
            raise UsageError(
                f"Constant input '{self.name}' needs a definite shape of at most "
                f"{MOST_ELEMENTS:,} elements, got {list(self.shape)}."
            )
        if len(self.values) not in (1, math.prod(self.shape)):
            raise UsageError(
                f"Constant input '{self.name}' {list(self.shape)} needs 1 or "
                f"{math.prod(self.shape)} values, got {len(self.values)}."
            )
        if any(isinstance(value, str) != self._textual for value in self.values):
            expected = "text" if self._textual else "numbers"
            raise UsageError(
                f"Constant input '{self.name}' is {self.datatype}: expected {expected}."
            )

    @property
    def _textual(self) -> bool:
        return self.datatype is Datatype.BYTES

    def tensor(self) -> Tensor:
        """The tensor; its data is shared between requests and never written to.

        Raises UsageError for a value that the datatype cannot hold.
        """
        return Tensor(self.name, self.datatype, _data(self))


@lru_cache(maxsize=64)
def _data(constant: ConstantInput) -> Array:
    count = math.prod(constant.shape)
    values = constant.values if len(constant.values) == count else constant.values * count
    if constant.datatype is Datatype.BYTES:
        return object_array([str(value).encode() for value in values], constant.shape)
    try:
        if constant.datatype is Datatype.BF16:
            data = as_datatype(np.array(values, np.float64), Datatype.BF16)
        else:
            data = np.array(values, constant.datatype.numpy)
    except (OverflowError, ValueError, TypeError) as error:
        raise UsageError(
            f"Constant input '{constant.name}' is {constant.datatype}: {error}."
        ) from None
    data = data.reshape(constant.shape)
    data.flags.writeable = False
    return data
