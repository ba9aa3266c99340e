"""What simple serving takes: a picture, sound, plain numbers or tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from backend.core.tensors import Array, Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """A picture as pixels: RGB uint8 [height, width, 3]."""

    pixels: Array


@dataclass(frozen=True, slots=True, eq=False)
class PictureFile:
    """A picture as the bytes of a JPEG or PNG file."""

    data: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Sound: float32 mono [n], and its samples per second, or None for the model's own rate."""

    samples: Array
    rate: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """A number, a nested list of numbers, or an array of them; texts for a model that takes such.

    `rate` is as for `Sound`, if the model takes sound.
    """

    value: object
    rate: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class NamedValues:
    """What `Values` holds, for each input of a model by its name."""

    values: Mapping[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class Tensors:
    """Input tensors as they are."""

    tensors: Sequence[Tensor]


Item: TypeAlias = Pixels | PictureFile | Sound | Values | NamedValues | Tensors
