"""Plain numbers and texts as the inputs of a model that has no profile: only its declaration says
what it takes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from backend.core.errors import InvalidInput
from backend.core.tensors import Array, Datatype, Tensor, TensorSpec
from backend.profiles.model_profile import listed
from backend.server.plane.items import as_input_datatype, numbers
from backend.wire.elements import TensorRef, object_array
from backend.wire.serving.items import Item, NamedValues, Tensors, Values
from backend.wire.tensors.numbers_json import flatten


@dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """A model without a profile: its inputs, and whether their first dimension is a batch."""

    model: str
    inputs: Sequence[TensorSpec]
    batches: bool

    def tensors(self, item: Item) -> tuple[list[Tensor], bool]:
        """The inputs in an item, and whether they were made a batch of one.

        Raises InvalidInput that says what the model takes.
        """
        match item:
            case Tensors(tensors):
                return list(tensors), False
            case Values(value, _):
                return self._all([(self._only_input(), value)])
            case NamedValues(values):
                return self._all((self._spec(name), value) for name, value in values.items())
        raise InvalidInput(
            f"Model '{self.model}' has no profile that says how a picture or sound becomes its "
            "inputs.",
            hint=self._takes(),
        )

    def _only_input(self) -> TensorSpec:
        needed = [spec for spec in self.inputs if not spec.optional] or self.inputs
        if len(needed) != 1:
            raise InvalidInput(f"Model '{self.model}' takes several inputs.", hint=self._takes())
        return needed[0]

    def _spec(self, name: str) -> TensorSpec:
        for spec in self.inputs:
            if spec.name == name:
                return spec
        raise InvalidInput(f"Model '{self.model}' has no input '{name}'.", hint=self._takes())

    def _takes(self) -> str:
        named = ", ".join(f'"{spec.name}": ..' for spec in self.inputs)
        one = len(self.inputs) == 1
        body = '{"input": ..}' if one else f'{{"input": {{{named}}}}}'
        return f"Send {body}; it takes {listed(self.inputs)}."

    def _all(self, pairs: Iterable[tuple[TensorSpec, object]]) -> tuple[list[Tensor], bool]:
        tensors = [self._tensor(spec, value) for spec, value in pairs]
        lacking = self.batches and all(
            len(tensor.shape) < len(spec.shape)
            for tensor, spec in ((t, self._spec(t.name)) for t in tensors)
        )
        if lacking:
            tensors = [Tensor(t.name, t.datatype, t.data[np.newaxis]) for t in tensors]
        return tensors, lacking

    def _tensor(self, spec: TensorSpec, value: object) -> Tensor:
        """The value in the input's datatype and shape, which may lack the batch."""
        try:
            data = self._elements(spec, value)
        except InvalidInput as error:
            raise InvalidInput(error.message, hint=self._takes()) from None
        shape = self._shape(spec, data.shape)
        if shape is None:
            raise InvalidInput(
                f"Input '{spec.name}' of model '{self.model}' cannot be {list(data.shape)}.",
                hint=self._takes(),
            )
        return Tensor(spec.name, spec.datatype, data.reshape(shape))

    def _elements(self, spec: TensorSpec, value: object) -> Array:
        if spec.datatype is Datatype.BYTES:
            return _texts(value, TensorRef("input", spec.name, self.model))
        return as_input_datatype(numbers(value), spec.datatype)

    def _shape(self, spec: TensorSpec, given: tuple[int, ...]) -> tuple[int, ...] | None:
        """The shape that the elements get: what was given if it fits, with a batch or without;
        a number or a flat list fills one item, or else rows. None if nothing fits."""
        item = replace(spec, shape=spec.shape[1:]) if self.batches else spec
        if spec.accepts(given) or item.accepts(given):
            return given
        if len(given) > 1:
            return None
        count = math.prod(given)
        return item.shape_of(count) or spec.shape_of(count)


def _texts(value: object, place: TensorRef) -> Array:
    flat, shape = flatten(value, str(place))
    for item in flat:
        if not isinstance(item, str):
            raise InvalidInput(f"{place} is BYTES: send texts, got {item!r:.40}.")
    try:
        return object_array([item.encode() for item in flat], shape)
    except UnicodeEncodeError:
        raise InvalidInput(f"{place} holds a text that is not valid Unicode.") from None
