"""What ONNX Runtime says of a file holds names from the file, which may be of any length."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backend.models.runtimes.onnx.reasons import why_not_loaded
from tests.attacks.growth import assert_linear


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "a(1",
        "No Op registered for ",
        "Node input '",
        "Opset 9 is under development",
        "(",
        'External data path does not exist: "a/',
    ],
)
def test_the_cost_grows_with_the_message(part: str) -> None:
    def call_with(size: int) -> Callable[[], object]:
        error = RuntimeError(part * (size // len(part)))
        return lambda: why_not_loaded(error)

    assert_linear(call_with, 1 << 17, seconds=10, peak_bytes_per_byte=40)


def test_much_is_said_shortly() -> None:
    assert len(why_not_loaded(RuntimeError("a" * 100_000))) < 1100
