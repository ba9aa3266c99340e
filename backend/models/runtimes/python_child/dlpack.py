"""DLPack capsules of arrays, also for the datatype that numpy does not know: bfloat16.

A capsule holds a C structure that says which type its elements have. For BF16 numpy makes and reads
the capsule as UINT16, and the one byte that tells the two apart is changed here.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from backend.core.tensors import Array

CPU = (1, 0)
"""The device as DLPack says it: main memory."""

_UINT, _BFLOAT = 1, 4
_TYPE_CODE_AT = {b"dltensor": 20, b"dltensor_versioned": 52}
"""Where in the structure of that name the type's code stands; the bits per element follow it."""

_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
_name = ctypes.pythonapi.PyCapsule_GetName
_name.restype, _name.argtypes = ctypes.c_char_p, (ctypes.py_object,)


class _Capsule:
    """A bare capsule in the form numpy takes."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __dlpack__(self, **_options: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return CPU


def capsule_of(array: Array, *, bfloat: bool, **options: Any) -> Any:
    """A capsule over the array's memory; `bfloat` says what UINT16 stands for."""
    capsule = array.__dlpack__(**options)
    if bfloat:
        _code(capsule)[0] = _BFLOAT
    return capsule


def array_of(source: Any) -> tuple[Array, bool]:
    """An array over the memory of a capsule, or of what gives one, and whether it is bfloat16.

    Raises BufferError, RuntimeError, TypeError or ValueError for what numpy cannot take.
    """
    capsule = source
    if hasattr(source, "__dlpack__"):
        if source.__dlpack_device__()[0] != CPU[0]:
            raise BufferError("it does not lie in main memory")
        capsule = source.__dlpack__()
    code = _code(capsule)
    bfloat = bytes(code) == bytes((_BFLOAT, 16))
    if bfloat:
        code[0] = _UINT
    return np.from_dlpack(_Capsule(capsule)), bfloat


def _code(capsule: Any) -> Any:
    """The capsule's type code and bits, as bytes that can be changed."""
    try:
        name = _name(capsule)
        address = _pointer(capsule, name) + _TYPE_CODE_AT[name]
    except (KeyError, ctypes.ArgumentError) as error:
        raise ValueError("it is no DLPack capsule that can still be used") from error
    return (ctypes.c_uint8 * 2).from_address(address)
