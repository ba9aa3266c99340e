"""Two results, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

from backend.compare.bench.cells import Cell
from backend.compare.bench.noise import tied
from backend.compare.bench.result import BenchResult, Figure


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a figure of a cell; `ratio` is now to before, None if it is unknown."""

    cell: Cell
    figure: str
    before: float | None
    now: float | None
    differs: bool
    """Whether by more than 5 %, with intervals that do not overlap."""

    @property
    def ratio(self) -> float | None:
        """Now to before; None where either is unknown or was 0."""
        return self.now / self.before if self.before and self.now is not None else None


COMPARED = ("p50_ms", "p99_ms", "rate")


def changes(now: BenchResult, before: BenchResult) -> list[Change]:
    """The compared figures of every cell that both have, in the order of `now`."""
    found = []
    for cell in now.cells:
        other = before.find(cell.cell.key)
        if other is None or not (cell.measured and other.measured):
            continue
        for name in COMPARED:
            one, two = getattr(cell, name), getattr(other, name)
            known = isinstance(one, Figure) and isinstance(two, Figure)
            found.append(
                Change(
                    cell.cell,
                    name,
                    other.figure(name),
                    cell.figure(name),
                    known and not tied(one, two),
                )
            )
    return found
