"""What a server tells about a model it offers."""

from __future__ import annotations

from dataclasses import dataclass

from backend.core.tensors import TensorSpec


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """A model's metadata: shapes hold -1 for a dimension that varies, the batch's included."""

    name: str
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    versions: tuple[str, ...] = ()
    platform: str = ""
