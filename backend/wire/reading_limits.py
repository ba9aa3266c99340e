"""How much structure a request may have, whatever its bytes."""

from __future__ import annotations

from dataclasses import dataclass

from backend.core.defaults import NESTING_LIMIT, TENSOR_LIMIT
from backend.core.errors import InvalidInput

MAX_TENSORS = TENSOR_LIMIT


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """Most inputs, and outputs asked for, of a request, and most levels of its JSON."""

    tensors: int = MAX_TENSORS
    nesting: int = NESTING_LIMIT

    def check_tensors(self, role: str, count: int) -> None:
        """Raise InvalidInput for a request with more."""
        if count > self.tensors:
            raise InvalidInput(
                f"The request has {count} {role}s; at most {self.tensors} are taken."
            )


USUAL_LIMITS = ReadingLimits()
