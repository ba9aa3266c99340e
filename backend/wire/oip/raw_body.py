"""A REST body that is one tensor's bytes and nothing else: its shape follows from the model."""

from __future__ import annotations

import math

from backend.core.errors import InvalidInput
from backend.core.inference import BINARY_DATA_OUTPUT, InferRequest
from backend.core.tensors import Datatype, Tensor, TensorSpec
from backend.wire.elements import Buffer, TensorRef, from_raw, object_array


def raw_body_request(
    body: Buffer, model: str, version: str, only_input: TensorSpec | None
) -> InferRequest:
    """The request that such a body stands for; its outputs are all wanted as bytes.

    A body for a BYTES input is its one element, without a length before it. Raises InvalidInput
    unless the model has one input, with at most one variable dimension.
    """
    if only_input is None:
        raise InvalidInput(
            f"A body without a JSON header needs a model with exactly one input, and '{model}' "
            "has more.",
        )
    place = TensorRef("input", only_input.name, model)
    if only_input.datatype is Datatype.BYTES:
        tensor = _bytes_tensor(bytes(body), only_input, place)
    else:
        tensor = from_raw(body, only_input.datatype, _shape(len(body), only_input, place), place)
    return InferRequest(model, (tensor,), version, parameters={BINARY_DATA_OUTPUT: True})


def _bytes_tensor(body: bytes, spec: TensorSpec, place: TensorRef) -> Tensor:
    shape = tuple(1 if length < 0 else length for length in spec.shape)
    if math.prod(shape) != 1:
        raise InvalidInput(
            f"A body without a JSON header is one BYTES element; {place} has shape "
            f"{list(spec.shape)}."
        )
    return Tensor(spec.name, Datatype.BYTES, object_array([body], shape))


def _shape(size: int, spec: TensorSpec, place: TensorRef) -> tuple[int, ...]:
    variable = [axis for axis, length in enumerate(spec.shape) if length < 0]
    if len(variable) > 1:
        raise InvalidInput(
            f"A body without a JSON header does not say the shape of {place}: "
            f"{list(spec.shape)} has {len(variable)} variable dimensions."
        )
    step = spec.datatype.numpy.itemsize * math.prod(n for n in spec.shape if n >= 0)
    if not variable or not step:
        return tuple(max(length, 0) for length in spec.shape)
    if size % step:
        raise InvalidInput(
            f"input byte size mismatch for {place}. Expected a multiple of {step}, got {size}"
        )
    return tuple(size // step if length < 0 else length for length in spec.shape)
