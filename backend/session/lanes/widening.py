"""Whether a request in flight for each replica of a model pays."""

from __future__ import annotations

from enum import Enum, auto

from backend.core.choices import MAX_IN_FLIGHT

_SETTLE_S = 1.0
"""Until what is answered was sent with the number that is tried."""
_MEASURE_S = 2.0
_LEAST_ANSWERS = 4
_LONGEST_S = 10.0
_AGAIN_S = 30.0
"""A source that gave too little to need more may give more later."""
_PAYS = 1.1


class _Phase(Enum):
    NARROW = auto()
    WIDE = auto()
    DECIDED = auto()


class Widening:
    """Measures answers a second with fewer in flight and with as many as replicas, and chooses.

    It begins anew when the number of replicas changes, and, where more did not pay, every 30 s.
    """

    def __init__(self) -> None:
        self._phase = _Phase.NARROW
        self._wide = 1
        self._pays = False
        self._since_s = 0.0
        self._counting: tuple[float, int] | None = None
        self._narrow_rate = 0.0

    def limit(self, narrow: int, replicas: int, answered: int, now_s: float) -> int:
        """How many may be in flight; to be asked every second or so.

        `narrow` would do for one replica, `answered` counts the answers of the run.
        """
        wide = max(narrow, min(replicas, MAX_IN_FLIGHT))
        if wide == narrow:
            self._wide = narrow
            return narrow
        if wide != self._wide:
            self._wide = wide
            self._begin(_Phase.NARROW, now_s)
        elif self._phase is _Phase.DECIDED:
            if not self._pays and now_s - self._since_s >= _AGAIN_S:
                self._begin(_Phase.NARROW, now_s)
        elif (rate := self._measured(answered, now_s)) is not None:
            self._next(rate, now_s)
        widened = self._phase is _Phase.WIDE or (self._phase is _Phase.DECIDED and self._pays)
        return wide if widened else narrow

    def _begin(self, phase: _Phase, now_s: float) -> None:
        self._phase, self._since_s, self._counting = phase, now_s, None

    def _next(self, rate: float, now_s: float) -> None:
        if self._phase is _Phase.NARROW:
            self._narrow_rate = rate
            self._begin(_Phase.WIDE, now_s)
        else:
            self._pays = rate >= _PAYS * self._narrow_rate and rate > 0
            self._begin(_Phase.DECIDED, now_s)

    def _measured(self, answered: int, now_s: float) -> float | None:
        """Answers a second, None until there is enough to tell."""
        if self._counting is None:
            if now_s - self._since_s >= _SETTLE_S:
                self._counting = now_s, answered
            return None
        began_s, before = self._counting
        took_s, came = now_s - began_s, answered - before
        enough = took_s >= _MEASURE_S and came >= _LEAST_ANSWERS
        return came / took_s if enough or took_s >= _LONGEST_S else None
