"""What painting adds to the life of a result: its age at first paint, and the time to draw it."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterable

import numpy as np

from backend.core.rings import TraceRing
from backend.core.tensors import Array
from backend.core.timing import Stage, Timeline
from gui.views.plots import WINDOW_S
from gui.views.preview import FirstPaint

_WINDOW_NS = int(WINDOW_S * 1e9)
_AWAITED = 64
_KEPT = 4096


class PaintRecord:
    """Joins first paints with the answers they belong to."""

    def __init__(self) -> None:
        self._ages: deque[tuple[int, float, int]] = deque(maxlen=_KEPT)
        self._decoded: dict[int, tuple[int, int, float]] = {}
        self._draws: deque[tuple[float, float, int, float]] = deque(maxlen=_KEPT)

    def shown(self, timeline: Timeline, lane: int) -> None:
        """An answer of that lane was handed to the preview."""
        captured = timeline.marks.get(Stage.CAPTURED)
        decoded = timeline.marks.get(Stage.DECODED)
        if captured is not None and decoded is not None:
            answered_s = timeline.marks.get(Stage.RECEIVED, 0) / 1e9
            self._decoded[captured] = decoded, lane, answered_s
            while len(self._decoded) > _AWAITED:
                del self._decoded[next(iter(self._decoded))]

    def sound_shown(self, captured_ns: int, now_ns: int, lane: int = 0) -> None:
        """An answer about sound went to the bars, which have no first paint of their own."""
        self._ages.append((now_ns, (now_ns - captured_ns) / 1e6, lane))

    def painted(self, paints: Iterable[FirstPaint]) -> None:
        """Frames that were on the screen for the first time."""
        for paint in paints:
            if not paint.is_result:
                continue
            known = self._decoded.pop(paint.captured_ns, None)
            if known is not None:
                decoded, lane, answered_s = known
                self._ages.append((paint.painted_ns, paint.age_ms, lane))
                draw_ms = (paint.painted_ns - decoded) / 1e6
                self._draws.append((paint.painted_ns / 1e9, draw_ms, lane, answered_s))

    def age_ms(self, now_ns: int) -> float | None:
        """Median age of the newest lane's answers at first paint in the last ten seconds, None if
        there was none."""
        while self._ages and now_ns - self._ages[0][0] > _WINDOW_NS:
            self._ages.popleft()
        newest = max((lane for _, _, lane in self._ages), default=0)
        ages = [age for _, age, lane in self._ages if lane == newest]
        return statistics.median(ages) if ages else None

    def with_draws(self, traces: TraceRing) -> Array:
        """The trace window [columns, n] with a row for each drawing put before its rows.

        From any thread, as `draws`.
        """
        window, draws = traces.window(), list(self._draws)
        rows = np.full((len(traces.columns), len(draws)), np.nan)
        if draws:
            places = [traces.columns[name] for name in ("at_s", "draw", "lane")]
            rows[places] = np.array([draw[:3] for draw in draws]).T
        return np.hstack([rows, window])

    @property
    def draws(self) -> dict[float, float]:
        """The ms from decoded to first painted of answers, by their `at_s` in the trace ring."""
        return {answered_s: draw_ms for _, draw_ms, _, answered_s in list(self._draws)}

    def clear(self) -> None:
        """Forget everything, for another run."""
        self._ages.clear()
        self._decoded.clear()
        self._draws.clear()
