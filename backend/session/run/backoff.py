"""How long to wait before trying again."""

from __future__ import annotations

_PAUSES_S = (1.0, 2.0, 4.0, 8.0)


class Backoff:
    """Growing pauses, 1, 2, 4 and then 8 s, that start over after a success."""

    def __init__(self) -> None:
        self.attempt = 0

    def next_pause_s(self) -> float:
        """The pause before the next attempt, which is hereby counted."""
        pause = _PAUSES_S[min(self.attempt, len(_PAUSES_S) - 1)]
        self.attempt += 1
        return pause

    def reset(self) -> None:
        """It worked: the next failure starts from the shortest pause."""
        self.attempt = 0
