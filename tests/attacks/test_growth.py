"""The measure itself: it must tell a quadratic reader and a wasteful one from a sound one."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

import pytest

from tests.attacks.growth import assert_linear


def test_a_linear_reader_passes() -> None:
    def counting(size: int) -> Callable[[], object]:
        text = b"a" * size
        return lambda: sum(text)

    assert_linear(counting, 1 << 20, seconds=60, peak_bytes_per_byte=1)


def test_a_quadratic_reader_is_caught() -> None:
    pattern = re.compile(rb"b+c")

    def searching(size: int) -> Callable[[], object]:
        text = b"b" * size
        return lambda: pattern.search(text)

    with pytest.raises(AssertionError, match="not linear"):
        assert_linear(searching, 8_000, seconds=600, peak_bytes_per_byte=1)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is known on Linux only")
def test_a_wasteful_reader_is_caught() -> None:
    def copying(size: int) -> Callable[[], object]:
        return lambda: bytearray(b"x") * (size * 20)

    with pytest.raises(AssertionError, match="peak above"):
        assert_linear(copying, 1 << 20, seconds=60, peak_bytes_per_byte=2)
