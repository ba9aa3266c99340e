"""Tensors that lie in shared memory: what a request says of them, whatever wire carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from backend.core.errors import InvalidInput
from backend.core.inference import Parameters
from backend.wire.elements import Buffer, TensorRef

REGION = "shared_memory_region"
SIZE = "shared_memory_byte_size"
OFFSET = "shared_memory_offset"

_LARGEST = (1 << 63) - 1


class RegionReader(Protocol):
    """Gives the bytes of a part of a registered region."""

    def read(self, region: str, offset: int, size: int) -> Buffer:
        """A copy of `size` bytes from `offset`; raises RequestError."""
        ...


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a region."""

    region: str
    offset: int
    size: int


def span_of(parameters: Parameters, place: TensorRef) -> Span | None:
    """Where a tensor's elements lie, or None if they travel in the message; raises InvalidInput."""
    region = parameters.get(REGION)
    if region is None:
        return None
    if not isinstance(region, str):
        raise InvalidInput(f"'{REGION}' of {place} must be a string.")
    if SIZE not in parameters:
        raise InvalidInput(
            f"'{SIZE}' must be specified along with '{REGION}' for {place}",
        )
    return Span(region, _count(parameters, OFFSET, place), _count(parameters, SIZE, place))


def read_span(span: Span, regions: RegionReader | None, place: TensorRef) -> Buffer:
    """The bytes there; raises RequestError, also where shared memory is not offered."""
    if regions is None:
        raise InvalidInput(f"{place} lies in shared memory, which is not offered here")
    return regions.read(span.region, span.offset, span.size)


def _count(parameters: Parameters, name: str, place: TensorRef) -> int:
    value = parameters.get(name, 0)
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise InvalidInput(f"'{name}' of {place} must be 0 or more, got {str(value)[:40]}.")
    return value
