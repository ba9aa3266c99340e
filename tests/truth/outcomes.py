"""What became of every sample of a run, as its readers were given it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import cast

from backend.core.status import Failure, Loss, Result
from backend.session.sinks import FAILURES, LOSSES, RESULTS, Item, Topic


class Outcomes:
    """A sink of all three topics; `of` has the outcome of each number."""

    topics: Collection[Topic[Item]] = cast("tuple[Topic[Item], ...]", (RESULTS, FAILURES, LOSSES))

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.failures: list[Failure] = []
        self.losses: list[Loss] = []
        self.of: dict[int, str] = {}

    def write(self, item: Item) -> None:
        """See `Sink`."""
        match item:
            case Result():
                self.results.append(item)
                self._note(item.seq, "answered")
            case Failure():
                self.failures.append(item)
                self._note(item.seq, "failed")
            case Loss():
                self.losses.append(item)
                for seq in range(item.first, item.last + 1):
                    self._note(seq, item.place)

    def close(self) -> None:
        """See `Sink`."""

    def counted(self) -> Counter[str]:
        """How many had each outcome."""
        return Counter(self.of.values())

    def _note(self, seq: int, outcome: str) -> None:
        assert seq not in self.of, f"sample {seq} was {self.of[seq]}, and now {outcome}"
        self.of[seq] = outcome
