"""The tensor that a Python model gets and gives, and the names that its datatypes go by there."""

from __future__ import annotations

from typing import Any

import numpy as np

from backend.core.tensors import Array, Datatype
from backend.core.tensors import Tensor as WireTensor
from backend.models.runtimes.python_child.dlpack import CPU, array_of, capsule_of

DATATYPE_NUMBERS = {
    Datatype.BOOL: 1,
    Datatype.UINT8: 2,
    Datatype.UINT16: 3,
    Datatype.UINT32: 4,
    Datatype.UINT64: 5,
    Datatype.INT8: 6,
    Datatype.INT16: 7,
    Datatype.INT32: 8,
    Datatype.INT64: 9,
    Datatype.FP16: 10,
    Datatype.FP32: 11,
    Datatype.FP64: 12,
    Datatype.BYTES: 13,
    Datatype.BF16: 14,
}
"""The numbers of a model configuration's ``data_type``."""

_BY_NUMPY = {datatype.numpy: datatype for datatype in Datatype if datatype is not Datatype.BF16}


class TritonModelException(Exception):
    """What a model raises, or is told, when something goes wrong."""

    def message(self) -> str:
        """The text."""
        return str(self)


class Tensor:
    """A named numpy array.

    BYTES are object arrays of `bytes`. numpy has no bfloat16: a BF16 input comes as its UINT16 bit
    pattern, and a UINT16 array given for an output that is declared BF16 is taken as one; arrays of
    the ml_dtypes package's bfloat16 are taken as they are.
    """

    def __init__(self, name: str, numpy_array: Array) -> None:
        if not isinstance(name, str):
            raise TritonModelException(f"A tensor's name must be text, got {type(name).__name__}.")
        if not isinstance(numpy_array, np.ndarray):
            raise TritonModelException(
                f"Tensor '{name}' needs a numpy array, got {type(numpy_array).__name__}."
            )
        self._name = name
        self._datatype, self._array = _as_wire(name, numpy_array)

    @classmethod
    def _of(cls, tensor: WireTensor) -> Tensor:
        made = cls(tensor.name, tensor.data)
        made._datatype = tensor.datatype
        return made

    def name(self) -> str:
        """Its name."""
        return self._name

    def as_numpy(self) -> Array:
        """Its elements, as the array itself and not a copy."""
        return self._array

    def triton_dtype(self) -> int:
        """The number of its datatype."""
        return DATATYPE_NUMBERS[self._datatype]

    def shape(self) -> list[int]:
        """Its dimensions."""
        return list(self._array.shape)

    def is_cpu(self) -> bool:
        """Always: there is no other memory here."""
        return True

    def to_dlpack(self) -> Any:
        """A DLPack capsule over the same memory; there is none of BYTES."""
        return self.__dlpack__()

    @staticmethod
    def from_dlpack(name: str, tensor: Any) -> Tensor:
        """A tensor over the memory of a DLPack capsule, or of what offers one."""
        try:
            array, bfloat = array_of(tensor)
        except (BufferError, RuntimeError, TypeError, ValueError) as error:
            raise TritonModelException(f"Tensor '{name}' cannot be made: {error}") from error
        if not array.flags.c_contiguous:
            raise TritonModelException(
                f"Tensor '{name}' cannot be made: DLPack tensors must be contiguous, row by row."
            )
        made = Tensor(name, array)
        if bfloat:
            made._datatype = Datatype.BF16
        return made

    def __dlpack__(self, **options: Any) -> Any:
        if self._datatype is Datatype.BYTES:
            raise TritonModelException("There is no DLPack form of a BYTES tensor.")
        return capsule_of(self._array, bfloat=self._datatype is Datatype.BF16, **options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return CPU


def from_wire(tensor: WireTensor) -> Tensor:
    """An input as the model sees it."""
    return Tensor._of(tensor)  # noqa: SLF001 - not for models


def to_wire(tensor: Tensor, declared: Datatype | None) -> WireTensor:
    """An output as it is sent; `declared` is what the configuration says of it."""
    datatype = DATATYPES_BY_NUMBER[tensor.triton_dtype()]
    if datatype is Datatype.UINT16 and declared is Datatype.BF16:
        datatype = Datatype.BF16
    return WireTensor(tensor.name(), datatype, tensor.as_numpy())


DATATYPES_BY_NUMBER = {number: datatype for datatype, number in DATATYPE_NUMBERS.items()}


def _as_wire(name: str, array: Array) -> tuple[Datatype, Array]:
    if array.dtype.name == "bfloat16":
        return Datatype.BF16, array.view(np.uint16)
    if array.dtype.kind in "OS":
        return Datatype.BYTES, _byte_elements(array)
    native = array.dtype.newbyteorder("<")
    datatype = _BY_NUMPY.get(native)
    if datatype is None:
        raise TritonModelException(
            f"Tensor '{name}' has numpy type {array.dtype}, which no datatype stands for; "
            "text needs numpy.object_."
        )
    return datatype, array.astype(native, copy=False)


def _byte_elements(array: Array) -> Array:
    """Every element as bytes; text becomes UTF-8, and so does the text of anything else."""
    items = array.reshape(-1).tolist()
    if array.dtype.kind == "O" and all(type(item) is bytes for item in items):
        return array
    made = np.empty(len(items), object)
    made[:] = [item if isinstance(item, bytes) else str(item).encode() for item in items]
    return made.reshape(array.shape)
