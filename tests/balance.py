"""What a ledger promises at every moment: everything captured is accounted for."""

from __future__ import annotations

from backend.core.ledger import Counts


def is_balanced(counts: Counts) -> bool:
    gone = counts.answered + counts.failed + counts.dropped_total
    return counts.captured == gone + counts.waiting + counts.in_flight
