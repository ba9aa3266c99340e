"""Tries a TensorFlow Lite file in a process of its own, which may crash.

Run as ``python trial_child.py THREADS``. The file comes through the standard input; one JSON object
goes to the standard output: ``{"reason": text}``, or ``{"inputs": [dims], "outputs": [dims]}`` with
-1 for each dimension that was seen to vary, in the order of the file.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

Shape: TypeAlias = tuple[int, ...]
Fill: TypeAlias = Callable[[Shape, Any], Any]

_SIZES = (None, 64, 256)
"""What variable dimensions other than the first are tried with; None: what the file says."""
_BATCH = 2
_SMALLEST, _LARGEST = -2, 255


def main() -> None:
    """Answer once and end."""
    answers = os.dup(1)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)  # the library, or an operator in it, may print
    os.dup2(silence, 2)
    _limit_memory()
    data = sys.stdin.buffer.read()
    try:
        report = _tried(data, int(sys.argv[1]))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the reason
        report = {"reason": str(error) or type(error).__name__}
    with os.fdopen(answers, "w", encoding="utf-8") as stream:
        json.dump(report, stream)


def _tried(data: bytes, threads: int) -> dict[str, Any]:
    from ai_edge_litert.interpreter import Interpreter

    def interpreter() -> Any:
        return Interpreter(model_content=data, num_threads=threads)

    details = interpreter().get_input_details()
    declared = [_declared(detail) for detail in details]
    runs = list(_successes(interpreter, declared))
    inputs = [_varying(shapes) for shapes in zip(*(run[0] for run in runs), strict=True)]
    if any(-1 in shape[1:] for shape in declared):  # the file says so, and a request may try
        inputs = [_union(found, shape) for found, shape in zip(inputs, declared, strict=True)]
    outputs = [_varying(shapes) for shapes in zip(*(run[1] for run in runs), strict=True)]
    said = [_declared(detail) for detail in interpreter().get_output_details()]
    outputs = [_union(found, shape) for found, shape in zip(outputs, said, strict=True)]
    return {"inputs": inputs, "outputs": outputs}


def _declared(detail: dict[str, Any]) -> Shape:
    """Sizes as the file has them, -1 for variable ones."""
    return tuple(int(size) for size in detail["shape_signature"])


def _successes(
    interpreter: Callable[[], Any], declared: Sequence[Shape]
) -> Iterator[tuple[list[Shape], list[Shape]]]:
    """The shapes of inputs and outputs of every way to run it; raises if there is none."""
    first: Exception | None = None
    found = False
    batches = bool(declared) and all(shape[:1] == (-1,) for shape in declared)
    inner = any(-1 in shape[1:] for shape in declared) or (
        not batches and any(-1 in shape for shape in declared)
    )
    for size, batch in itertools.product(_SIZES if inner else (None,), (1, _BATCH)):
        if batch > 1 and not batches:
            continue
        try:
            shapes = [_sized(shape, size, batch if batches else None) for shape in declared]
            yield _run(interpreter(), shapes)
            found = True
        except Exception as error:  # noqa: BLE001 - the library's errors have no common class
            first = first or error
    if not found and first is not None:
        raise first


def _sized(shape: Shape, size: int | None, batch: int | None) -> Shape:
    """The shape with a size for each variable dimension."""
    filled = tuple((size or 1) if dim < 0 else dim for dim in shape)
    return filled if batch is None else (batch, *filled[1:])


def _run(interpreter: Any, shapes: Sequence[Shape]) -> tuple[list[Shape], list[Shape]]:
    details = interpreter.get_input_details()
    for detail, shape in zip(details, shapes, strict=True):
        if shape != tuple(detail["shape"]):
            interpreter.resize_tensor_input(detail["index"], shape, strict=True)
    interpreter.allocate_tensors()
    outputs: list[Shape] = []
    for fill in (_zeros, _random):
        for detail, shape in zip(details, shapes, strict=True):
            interpreter.set_tensor(detail["index"], fill(shape, detail["dtype"]))
        with contextlib.suppress(RuntimeError) if outputs else contextlib.nullcontext():
            interpreter.invoke()
            outputs = [
                np.shape(interpreter.get_tensor(detail["index"]))
                for detail in interpreter.get_output_details()
            ]
    return list(shapes), outputs


def _zeros(shape: Shape, dtype: Any) -> Any:
    return np.full(shape, b"", object) if _is_text(dtype) else np.zeros(shape, dtype)


def _random(shape: Shape, dtype: Any) -> Any:
    """Also numbers that are no index of anything."""
    if _is_text(dtype):
        return np.full(shape, b"text", object)
    random = np.random.default_rng(0)
    if np.dtype(dtype).kind in "iu":
        info = np.iinfo(dtype)
        low, high = max(info.min, _SMALLEST), min(info.max, _LARGEST)
        return random.integers(low, high, shape, endpoint=True).astype(dtype)
    return random.standard_normal(shape).astype(dtype)


def _is_text(dtype: Any) -> bool:
    return np.dtype(dtype).kind in "OSU"


def _varying(shapes: Sequence[Shape]) -> Shape:
    """The shape that all have, -1 where they differ; () if they have not as many dimensions."""
    if len({len(shape) for shape in shapes}) != 1:
        return ()
    return tuple(sizes[0] if len(set(sizes)) == 1 else -1 for sizes in zip(*shapes, strict=True))


def _union(found: Shape, declared: Shape) -> Shape:
    """What was found, -1 also where the file says so, except in the first dimension."""
    if len(found) != len(declared):
        return found
    inner = [-1 if said < 0 else size for size, said in zip(found[1:], declared[1:], strict=True)]
    return (*found[:1], *inner)


def _limit_memory() -> None:
    """Not more than the machine has, so that a file that wants more ends this process only."""
    if sys.platform != "win32":
        import resource

        with contextlib.suppress(ValueError, OSError):
            most = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
