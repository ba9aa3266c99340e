"""Numbers as a command line gives them; what is wrong is said with what was expected."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable

LONGEST_S = 366 * 86_400.0
"""A year: far below what a clock of the operating system takes."""


def whole_number(
    lowest: int | None = None, highest: int | None = None, *, what: str = "a whole number"
) -> Callable[[str], int]:
    """Reads a whole number, with the bounds included."""
    expected = what + _bounds(lowest, highest)

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or not _within(value, lowest, highest):
            raise ArgumentTypeError(f"{expected} expected, got '{text}'")
        return value

    return parse


def seconds(highest: float = LONGEST_S, *, zero: bool = False) -> Callable[[str], float]:
    """Reads a time above 0 s, or from 0 s on with `zero`, up to the highest."""
    expected = f"0 to {highest:.0f} seconds" if zero else f"seconds above 0, up to {highest:.0f},"

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not (0 < value <= highest or (zero and value == 0)):
            raise ArgumentTypeError(f"{expected} expected, got '{text}'")
        return value

    return parse


def number(lowest: float, highest: float) -> Callable[[str], float]:
    """Reads a number, with the bounds included."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not lowest <= value <= highest:
            raise ArgumentTypeError(f"{lowest:g} to {highest:g} expected, got '{text}'")
        return value

    return parse


def _bounds(lowest: int | None, highest: int | None) -> str:
    if lowest is None:
        return ""
    return f" of at least {lowest}" if highest is None else f" from {lowest} to {highest}"


def _within(value: int, lowest: int | None, highest: int | None) -> bool:
    return (lowest is None or value >= lowest) and (highest is None or value <= highest)
