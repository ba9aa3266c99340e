"""What the flows of Triton's client examples have in common."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

ONE, OTHER = np.arange(16, dtype=np.int32)[None], np.ones((1, 16), np.int32)
VALUES = (11, 7, 5, 3, 2, 0, 1)
PIXELS = np.zeros((1, 3, 224, 224), np.float32)
PIXELS.ravel()[:10] = np.arange(10)
CLASSES = [[str(index), f"label {index}"] for index in (9, 8, 7)]
WAIT_S = 60
ROOM = 512
"""Bytes of a region for an output."""
Flow: TypeAlias = Callable[[], object]


class Clients:
    """Makes clients and tensors of one kind."""

    def __init__(self, kind: str, address: str) -> None:
        self.kind, self.address = kind, address
        self.module: Any = import_module(f"tritonclient.{kind}")
        self.aio: Any = import_module(f"tritonclient.{kind}.aio")

    def make(self, **how: Any) -> Any:
        return self.module.InferenceServerClient(self.address, **how)

    def inputs(self, **arrays: Any) -> list[Any]:
        made = []
        for name, array in arrays.items():
            datatype = import_module("tritonclient.utils").np_to_triton_dtype(array.dtype)
            tensor = self.module.InferInput(name, list(array.shape), datatype)
            tensor.set_data_from_numpy(array)
            made.append(tensor)
        return made

    def outputs(self, *names: str, **how: Any) -> list[Any]:
        return [self.module.InferRequestedOutput(name, **how) for name in names]

    def name_of(self, about: Any) -> str:
        return str(about["name"] if self.kind == "http" else about.name)


def texts(numbers: Any) -> Any:
    return np.array([str(n).encode() for n in numbers.ravel()], object).reshape(numbers.shape)


def check_sums(result: Any) -> None:
    assert np.array_equal(result.as_numpy("OUTPUT0").astype(int), ONE + OTHER)
    assert np.array_equal(result.as_numpy("OUTPUT1").astype(int), ONE - OTHER)


def refused(act: Callable[[], object], text: str) -> None:
    try:
        act()
    except Exception as error:
        said = str(error)
    else:
        said = "nothing"
    assert text in said, f"expected {text!r} in {said}"


def as_json(clients: Clients) -> dict[str, bool]:
    return {} if clients.kind == "http" else {"as_json": True}


def check_sequences(seen: dict[str, list[int]], *, dyna: bool) -> None:
    minus = [-value for value in VALUES]
    end = (1000, 1001) if dyna else (0, 0)
    assert seen["1000"] == [1, *VALUES[:-1], VALUES[-1] + end[0]], seen
    assert seen["1001"] == [101, *minus[:-1], minus[-1] + end[1]], seen
    if not dyna:
        assert seen["1003"] == [21, *minus], seen
        return
    sums = np.cumsum([20, *minus]).tolist()
    assert seen["1003"] == [*sums[:-1], sums[-1] + 1003], seen


class Regions:
    """Regions in0 and in1 with the inputs, out0 and out1 for the outputs."""

    def __init__(self, one: Any, other: Any) -> None:
        self._shm: Any = import_module("tritonclient.utils.shared_memory")
        self._dtype = one.dtype
        self._handles: dict[str, Any] = {}
        self.places: list[tuple[str, str, int]] = []
        self.sizes: list[int] = []
        for number, array in enumerate((one, other)):
            content = self._content(array)
            self.sizes.append(len(content.item()) if content.dtype == object else content.nbytes)
            handle = self._make(f"in{number}", self.sizes[-1])
            self._shm.set_shared_memory_region(handle, [content])
            self._make(f"out{number}", ROOM)

    def check(self, clients: Clients, result: Any) -> None:
        """The sums lie in the outputs' regions, and the reply says their shapes."""
        for number, expected in enumerate((ONE + OTHER, ONE - OTHER)):
            told = result.get_output(f"OUTPUT{number}")
            shape = list(told["shape"] if clients.kind == "http" else told.shape)
            handle = self._handles[f"out{number}"]
            found = self._shm.get_contents_as_numpy(handle, self._dtype, shape)
            assert np.array_equal(found.astype(int), expected)

    def destroy(self) -> None:
        for handle in self._handles.values():
            self._shm.destroy_shared_memory_region(handle)

    def _content(self, array: Any) -> Any:
        if array.dtype != object:
            return array
        return import_module("tritonclient.utils").serialize_byte_tensor(array)

    def _make(self, name: str, size: int) -> Any:
        key = f"/inferdeck-{uuid.uuid4().hex}"
        handle = self._handles[name] = self._shm.create_shared_memory_region(name, key, size)
        self.places.append((name, key, size))
        return handle


@contextmanager
def regions(one: Any, other: Any) -> Iterator[Regions]:
    """Regions that are gone after the block."""
    made = Regions(one, other)
    try:
        yield made
    finally:
        made.destroy()
