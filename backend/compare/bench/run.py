"""Measures cells in turn, round after round, until each is stable or the time is up.

Rounds are interleaved so that whatever else the machine does hits all cells alike, and every
round has them in another order so that none always follows the same one.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from backend.compare.bench.answers import Cpu, Tally, Window
from backend.compare.bench.cells import Cell
from backend.compare.bench.payloads import BenchPayload
from backend.compare.bench.schedule import Load, Schedule
from backend.compare.bench.sending import Sender, make_sender
from backend.compare.bench.statistics import STABLE_WINDOWS, is_stable
from backend.core.bench_choices import Arrivals, Timed
from backend.core.errors import ConsoleError, StreamBroken, TargetUnreachable, UsageError
from backend.core.target import Target
from backend.profiles.model_profile import ModelProfile

LEAST_ANSWERS = 8
_SHORTEST_S = 0.1
_LONGEST_STRETCH = 4.0
"""Windows of a slow model are up to so many times as long, to hold that many answers."""
_CLOCKED_THREADS = 64
"""Calls that a clock may have under way at once, where each call needs a thread."""
_LOST = (TargetUnreachable, StreamBroken)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, of which target, and for how long; times in seconds."""

    target: Target
    profile: ModelProfile
    cells: tuple[Cell, ...]
    payloads: Mapping[str, BenchPayload]
    load: Load = Load()
    budget_s: float = 25.0
    least_rounds: int = STABLE_WINDOWS
    most_rounds: int = 30
    deadline_s: float | None = None
    timed: Timed = Timed.WHOLE

    def __post_init__(self) -> None:
        if self.timed is Timed.EXCHANGE and self.load.arrivals is not Arrivals.CLOSED:
            raise UsageError(
                f"Arrivals '{self.load.arrivals}' count latency from when a request is due, which "
                "is before its exchange.",
                hint="Time the whole, or send in a closed loop.",
            )
        if not self.cells:
            raise UsageError("There is nothing to measure: no combination is left.")
        missing = {cell.payload for cell in self.cells} - self.payloads.keys()
        if missing:
            raise UsageError(f"There is no payload {', '.join(sorted(missing))}.")

    @property
    def window_s(self) -> float:
        """So long that the least number of rounds and the warm-up take about half the time."""
        rounds = self.least_rounds + 1
        return min(1.0, max(0.15, self.budget_s / 2 / rounds / len(self.cells)))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; `left_s` is at most what it will still take.

    The first one, without a window, says that every cell is warmed up or known to be impossible.
    """

    done: int
    rounds: int
    left_s: float
    cell: Cell | None = None
    window: Window | None = None


@dataclass(slots=True)
class Measured:
    """What is known of a cell: its windows, or why there are none."""

    cell: Cell
    window_s: float
    windows: list[Window] = field(default_factory=list)
    impossible: str = ""
    """Why this combination cannot be."""
    failure: str = ""
    """Why it was given up."""

    @property
    def active(self) -> bool:
        """Whether it is still to be measured."""
        return not self.impossible and not self.failure

    @property
    def stable(self) -> bool:
        """Whether its last windows agree."""
        return is_stable(self.windows)


class Bench:
    """One run; `run` may be called once, on any thread, and `cancel` from another.

    `cpu` tells the processor seconds used so far; what cannot be seen is None.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        cpu: Callable[[], Cpu] = Cpu,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self._plan = plan
        self._cpu = cpu
        self._on_progress = on_progress
        self._stop = threading.Event()
        self._senders: dict[Cell, Sender] = {}
        self._until = 0.0
        self.measured = [Measured(cell, plan.window_s) for cell in plan.cells]

    def cancel(self) -> None:
        """End soon; what was measured is kept."""
        self._stop.set()

    def run(self) -> Sequence[Measured]:
        """Measure; what one cell cannot do is said there and stops no other."""
        self._until = time.monotonic() + self._plan.budget_s
        try:
            for measured in self.measured:
                self._open(measured)
            self._fit_windows()
            self._report(0.0)
            self._measure_rounds()
        finally:
            for sender in self._senders.values():
                sender.close()
        return self.measured

    @property
    def cancelled(self) -> bool:
        """Whether it was ended early by who asked for it."""
        return self._stop.is_set()

    def _open(self, measured: Measured) -> None:
        """Connect and warm up: the first requests of a connection or a model are slower."""
        plan, cell = self._plan, measured.cell
        payload = plan.payloads[cell.payload]
        measured.impossible = cell.why_not(plan.profile, payload.kind)
        if measured.impossible or self._stop.is_set():
            return
        settings = cell.settings(plan.target, plan.profile.model, plan.deadline_s)
        if plan.load.arrivals is not Arrivals.CLOSED:
            settings = replace(settings, in_flight=_CLOCKED_THREADS)
        try:
            sender = make_sender(settings, plan.profile, payload.sample, plan.timed)
            self._senders[cell] = sender
            sender.connect()
        except ConsoleError as error:
            measured.impossible = str(error)
            return
        warm_up = self._window(measured, -1)
        if warm_up is not None and warm_up.answered:
            slow_s = LEAST_ANSWERS * warm_up.latencies.quantile_ms(0.5) / 1e3 / cell.in_flight
            measured.window_s = min(max(slow_s, plan.window_s), _LONGEST_STRETCH * plan.window_s)

    def _fit_windows(self) -> None:
        """Shorten the windows where the least number of rounds would not fit into the time."""
        active = [each for each in self.measured if each.active]
        wanted_s = self._plan.least_rounds * sum(each.window_s for each in active)
        left_s = self._until - time.monotonic()
        if wanted_s > left_s:
            for each in active:
                each.window_s = max(_SHORTEST_S, each.window_s * left_s / wanted_s)

    def _measure_rounds(self) -> None:
        order = random.Random(self._plan.load.seed)  # noqa: S311 - an order, not a secret
        for number in range(self._plan.most_rounds):
            active = [each for each in self.measured if each.active]
            if not active or self._stop.is_set() or self._is_enough(active, number):
                return
            order.shuffle(active)
            for place, measured in enumerate(active):
                window = self._window(measured, number)
                if window is None or self._stop.is_set():
                    break
                measured.windows.append(window)
                self._report(number + (place + 1) / len(active), measured.cell, window)

    def _is_enough(self, active: Sequence[Measured], rounds: int) -> bool:
        if rounds < self._plan.least_rounds:
            return False
        return time.monotonic() >= self._until or all(each.stable for each in active)

    def _window(self, measured: Measured, number: int) -> Window | None:
        """One window of load on a cell; None if the connection was lost meanwhile."""
        tally, before = Tally(), self._cpu()
        seconds, start_ns = measured.window_s, time.monotonic_ns()
        schedule = Schedule(self._plan.load, start_ns, int(seconds * 1e9), number + 1)
        try:
            self._senders[measured.cell].send(schedule, tally, self._stop)
        except ConsoleError as error:
            tally.failed(error)
        window = tally.window(start_ns, seconds, _difference(self._cpu(), before))
        broke = tally.last_error
        # A window that ends without a connection was cut short: it has no rate.
        lost = isinstance(broke, _LOST) and not self._stop.is_set()
        if broke is not None and (lost or not window.answered):
            measured.failure = str(broke)
            return None
        return window

    def _report(
        self, rounds_done: float, cell: Cell | None = None, window: Window | None = None
    ) -> None:
        plan = self._plan
        left_s = max(0.0, self._until - time.monotonic())
        share = min(1.0, 1 - left_s / plan.budget_s)
        least = rounds_done / plan.least_rounds
        round_s = sum(each.window_s for each in self.measured if each.active)
        to_come = max(plan.least_rounds, math.ceil(rounds_done)) - rounds_done
        left_s = max(left_s, to_come * round_s)  # a round that has begun is measured to its end
        self._on_progress(
            Progress(round(100 * min(share, least)), int(rounds_done), left_s, cell, window)
        )


def _difference(after: Cpu, before: Cpu) -> Cpu:
    return Cpu(_less(after.client_s, before.client_s), _less(after.server_s, before.server_s))


def _less(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before
