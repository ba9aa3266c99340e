"""Conditions on figures, for use in CI: `p99_ms>20` fails a run whose p99 is over 20 ms."""

from __future__ import annotations

import operator
import re
from collections.abc import Collection
from dataclasses import dataclass

from backend.core.errors import UsageError

VIOLATED = 6
"""Exit code of a command when a condition holds, or a check failed."""
_COMPARISONS = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_CONDITION = re.compile(r"\s*(\w+)\s*(>=|<=|>|<)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*")


@dataclass(frozen=True, slots=True)
class Condition:
    """A figure, a comparison and a limit."""

    figure: str
    comparison: str
    limit: float

    def __str__(self) -> str:
        return f"{self.figure}{self.comparison}{self.limit:g}"

    def holds(self, value: float) -> bool:
        """Whether it is so of this value."""
        return bool(_COMPARISONS[self.comparison](value, self.limit))


def parse_condition(text: str, figures: Collection[str]) -> Condition:
    """The condition that a text says; raises UsageError with the figures that there are."""
    found = _CONDITION.fullmatch(text)
    if found is None or found[1] not in figures:
        raise UsageError(
            f"'{text}' is no condition on a figure.",
            hint=f"Expected such as 'p99_ms>20', with one of {', '.join(figures)}.",
        )
    return Condition(found[1], found[2], float(found[3]))
