"""Conditions on figures, for use in CI: `p99_ms>20` fails a run whose p99 is over 20 ms."""

from __future__ import annotations

from collections.abc import Sequence

from backend.compare.bench.result import FIGURES, BenchResult
from backend.core import conditions
from backend.core.conditions import Condition


def parse_condition(text: str) -> Condition:
    """The condition that a text says; raises UsageError with the figures that there are."""
    return conditions.parse_condition(text, FIGURES)


def violations(result: BenchResult, wanted: Sequence[Condition]) -> list[str]:
    """A line for each measured cell and condition that holds, and for each cell that failed.

    A figure that could not be measured holds no condition; a cell that was given up fails any.
    """
    found = []
    for cell in result.cells if wanted else ():
        if cell.status == "failed" or (cell.measured and cell.reason):
            found.append(f"{cell.cell.key}: {cell.reason}")
        for condition in wanted:
            value = cell.figure(condition.figure) if cell.measured else None
            if value is not None and condition.holds(value):
                found.append(f"{cell.cell.key}: {condition.figure} is {value:g} ({condition})")
    return found
