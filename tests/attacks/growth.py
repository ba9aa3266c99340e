"""What an input costs as it grows: processor time and peak memory at 1x, 2x and 4x its size."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.core.process import trim_memory

_BASE_RUNS = 3
_ROUNDS = 4
_NOISE_S = 0.05
"""Below this a measurement says nothing: caches, allocator and clock are of the same size."""
_TOLERANCE = 2.5
"""Linear growth gives 4 for four times the size, quadratic growth gives 16: 10 lies between."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call took: seconds of this process's processors, and bytes above its start."""

    seconds: float
    peak_bytes: int


def cost_of(action: Callable[[], object], runs: int = 1) -> Cost:
    """The quickest of a few calls in processor time, which another process's load leaves alone,
    and the highest peak of them.

    The peak is of resident memory, so that what C libraries allocate counts too; it is 0 where the
    system does not tell it.
    """
    costs = []
    # What the tests before have left is not for the collector to look at again and again.
    gc.collect()
    gc.freeze()
    try:
        for _ in range(runs):
            gc.collect()
            before = _restart_peak()
            started = time.process_time()
            action()
            costs.append(Cost(time.process_time() - started, max(0, _peak_bytes() - before)))
    finally:
        gc.unfreeze()
    return Cost(min(c.seconds for c in costs), max(c.peak_bytes for c in costs))


def assert_linear(
    call_with: Callable[[int], Callable[[], object]],
    size: int,
    *,
    seconds: float,
    peak_bytes_per_byte: float,
    spare_bytes: int = 16 << 20,
) -> None:
    """Fail unless time and memory grow linearly from `size` to twice and four times of it.

    `call_with(n)` makes the input of n bytes (or items) outside of what is measured and gives the
    call that reads it; errors that the reader is expected to raise belong inside of that call.
    `seconds` bounds the call of 4 x `size`, generously: it catches what is linear but hopeless.
    """
    bound = spare_bytes + peak_bytes_per_byte * size * 4
    # Others can only make a call dearer: the least of all measurements is nearest to the truth. A
    # small input that was dear by chance would hide growth, a large one is measured again.
    costs = {1: cost_of(call_with(size), _BASE_RUNS)}
    wrong: str | None = None
    for _ in range(_ROUNDS):
        for factor in (2, 4):
            cost = cost_of(call_with(size * factor))
            costs[factor] = _least(costs.get(factor, cost), cost)
        if (wrong := _wrong_with(costs, seconds, bound)) is None:
            return
        costs[1] = _least(costs[1], cost_of(call_with(size)))
    raise AssertionError(f"{wrong}: {costs}")


def _wrong_with(costs: Mapping[int, Cost], seconds: float, bound: float) -> str | None:
    base = max(costs[1].seconds, _NOISE_S)
    if any(costs[factor].seconds > base * factor * _TOLERANCE for factor in (2, 4)):
        return "time is not linear"
    if costs[4].seconds > seconds:
        return "too slow"
    if costs[4].peak_bytes > bound:
        return f"peak above {bound:.0f} bytes"
    return None


def _least(a: Cost, b: Cost) -> Cost:
    return Cost(min(a.seconds, b.seconds), min(a.peak_bytes, b.peak_bytes))


def _restart_peak() -> int:
    """Forget the highest resident size so far; what is resident now."""
    if sys.platform.startswith("linux"):
        trim_memory()  # freed pages are kept otherwise and hide the next peak
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _peak_bytes()


def _peak_bytes() -> int:
    if not sys.platform.startswith("linux"):
        return 0
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
