"""Tensors in JSON headers over REST: their elements in the JSON, or as bytes after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backend.core.errors import InvalidInput
from backend.core.inference import Parameters
from backend.core.tensors import Tensor, datatype_from_name
from backend.wire.elements import Buffer, TensorRef, from_raw, to_raw
from backend.wire.oip.metadata_json import json_object, shape_of, text
from backend.wire.oip.parameters import from_json
from backend.wire.oip.shared_regions import REGION, RegionReader, read_span, span_of
from backend.wire.tensors.numbers_json import from_json_data, to_json_data

BINARY_DATA_SIZE = "binary_data_size"


def tensor_elsewhere(tensor: Tensor) -> dict[str, Any]:
    """The object of a tensor whose elements the caller finds where it asked for them.

    It says no more, as Triton's does: where an output has parameters, Triton's own client library
    insists that 'binary_data_size' is among them.
    """
    return {"name": tensor.name, "datatype": tensor.datatype, "shape": list(tensor.shape)}


def tensor_to_json(tensor: Tensor, tails: list[Buffer] | None, *, bare_nan: bool) -> dict[str, Any]:
    """The tensor's object; with `tails` its bytes are added there.

    Raises InvalidInput for what JSON cannot carry.
    """
    value = tensor_elsewhere(tensor)
    if tails is None:
        value["data"] = to_json_data(tensor, bare_nan=bare_nan)
    else:
        raw = to_raw(tensor)
        tails.append(raw)
        value["parameters"] = {BINARY_DATA_SIZE: len(raw)}
    return value


class TensorReader:
    """Reads tensor objects one after the other, and the bytes that belong to them."""

    def __init__(
        self,
        role: str,
        model: str,
        tail: memoryview,
        *,
        lenient: bool,
        regions: RegionReader | None = None,
        no_booleans: bool = False,
    ) -> None:
        self._role = role
        self._model = model
        self._tail = tail
        self._at = 0
        self._lenient = lenient
        self._regions = regions
        self._no_booleans = no_booleans

    def read_all(self, items: list[Any]) -> Iterator[Tensor]:
        """Each tensor in order; raises InvalidInput if bytes are missing or left over."""
        for index, item in enumerate(items):
            value = json_object(item, f"{self._role}s[{index}]")
            yield self._read(value, alone=len(items) == 1)
        left = len(self._tail) - self._at
        if left:
            raise InvalidInput(
                f"unexpected additional {self._role} data for model '{self._model}': "
                f"{left} bytes belong to no {self._role}"
            )

    def _read(self, value: Mapping[str, Any], *, alone: bool) -> Tensor:
        place = TensorRef(self._role, text(value, "name"), self._model)
        if not place.name:
            raise InvalidInput(f"An {self._role} has no 'name'.")
        shape = shape_of(value, str(place))
        datatype = datatype_from_name(text(value, "datatype"))
        parameters = from_json(value.get("parameters"), str(place), lenient=self._lenient)
        span = span_of(parameters, place)
        if span is not None:
            self._check_only_span(value, parameters, place)
            return from_raw(read_span(span, self._regions, place), datatype, shape, place)
        size = self._binary_size(value, parameters, place, alone=alone)
        if size is not None:
            return from_raw(self._take(size, place), datatype, shape, place)
        if value.get("data") is None:
            raise InvalidInput(f"{place} has neither 'data' nor '{BINARY_DATA_SIZE}'")
        return from_json_data(
            value["data"],
            datatype,
            shape,
            place,
            lenient=self._lenient,
            no_booleans=self._no_booleans,
        )

    def _binary_size(
        self, value: Mapping[str, Any], parameters: Parameters, place: TensorRef, *, alone: bool
    ) -> int | None:
        size = parameters.get(BINARY_DATA_SIZE)
        has_data = value.get("data") is not None
        if size is None:
            # Of a single tensor the size is known without being said.
            return len(self._tail) if alone and not has_data and len(self._tail) else None
        if type(size) is not int or size < 0:
            raise InvalidInput(f"{BINARY_DATA_SIZE} of {place} must be 0 or more, got {size!r}")
        if has_data:
            raise InvalidInput(f"{place} has both 'data' and '{BINARY_DATA_SIZE}'; use one")
        return size

    def _check_only_span(
        self, value: Mapping[str, Any], parameters: Parameters, place: TensorRef
    ) -> None:
        if value.get("data") is not None or BINARY_DATA_SIZE in parameters:
            raise InvalidInput(
                f"{place} must have one of 'data', '{BINARY_DATA_SIZE}' and '{REGION}'"
            )

    def _take(self, size: int, place: TensorRef) -> memoryview:
        start, self._at = self._at, self._at + size
        if self._at > len(self._tail):
            missing = self._at - len(self._tail)
            raise InvalidInput(
                f"unexpected size for {place.role} '{place.name}', expecting {missing} "
                f"additional bytes for model '{place.model}'",
                hint="The bytes follow the JSON; Inference-Header-Content-Length is its length.",
            )
        return self._tail[start : self._at]
