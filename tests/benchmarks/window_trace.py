"""How late a 10 ms timer of the window fires, and how old results are when they are first painted.

Run by hand, on a display (Xvfb will do): `python -m tests.benchmarks.window_trace [SECONDS]`.
The real window streams the 640x480 test pattern at 30 fps as raw frames over a gRPC stream through
`identity`, the heaviest reply there is. Prints medians and percentiles; the goals are: nothing
dropped, median age under 40 ms, timer at most 25 ms late at p99.

`--pace idle|60|flat` streams prepared 640x480 frames instead: none, so many a second, or as many as
there are answers, four in flight. `--pairs 5` does all three in turn, five times, each in a process
of its own, and prints how much later than idle the timer is at p99; the goals are 3 ms and, flat
out, 12 ms late.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from backend.core.process import tune_process

tune_process()

import numpy as np  # noqa: E402 - after the process is tuned
from PySide6.QtCore import QObject, Qt, QTimer, Slot  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

import gui.live.page  # noqa: E402
import gui.shell.app  # noqa: E402
from backend.core.samples import Captured, Frame  # noqa: E402
from backend.sources.registry import SourceRegistry  # noqa: E402
from gui.live.paint_record import PaintRecord  # noqa: E402
from gui.views.preview.first_paint import FirstPaint  # noqa: E402
from tests.session.list_source import ListSource  # noqa: E402

_TICK_MS = 10
_NEVER_S = 1e6
_PACES = ("idle", "60", "flat")


class Tick(QObject):
    """A precise timer that notes how late it fires, once the run is under way."""

    def __init__(self) -> None:
        super().__init__()
        self.late_ms: list[float] = []
        self._last_ns = time.monotonic_ns()
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    @Slot()
    def _tick(self) -> None:
        now_ns = time.monotonic_ns()
        self.late_ms.append((now_ns - self._last_ns) / 1e6 - _TICK_MS)
        self._last_ns = now_ns


class AgesKept(PaintRecord):
    """Keeps the age of every result at its first paint."""

    ages_ms: ClassVar[list[float]] = []

    def painted(self, paints: Iterable[FirstPaint]) -> None:
        paints = list(paints)
        self.ages_ms.extend(paint.age_ms for paint in paints if paint.is_result)
        super().painted(paints)


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("seconds", nargs="?", type=float, default=60.0)
    parser.add_argument("--pace", default="", help="idle, flat, or frames per second")
    parser.add_argument("--pairs", type=int, default=0)
    options = parser.parse_args()
    if options.pairs:
        return _compare(options.pairs, options.seconds)
    more = _prepare(options.pace) if options.pace else []
    app = QApplication([sys.argv[0]])
    tick = Tick()
    gui.live.page.PaintRecord = AgesKept  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        code = gui.shell.app.main(
            [
                *("--screenshot", str(Path(folder) / "window.png")),
                *("--seconds", str(options.seconds)),
                *("--source", "pattern", "--model", "identity", "--api", "oip"),
                *("--transport", "grpc_stream", "--serialization", "raw", "--image", "raw"),
                *("--size", "1280x800", *more),
            ]
        )
    late = np.array(tick.late_ms[200:])  # the first two seconds are the start
    print(f"timer late   p50 {np.median(late):.1f}  p99 {np.percentile(late, 99):.1f} ms", end="")
    print(f"  most {late.max():.1f} ms  over {len(late)} ticks")
    if AgesKept.ages_ms:
        ages = np.array(AgesKept.ages_ms)
        print(
            f"result age   p50 {np.median(ages):.1f}  p99 {np.percentile(ages, 99):.1f} ms", end=""
        )
        print(f"  over {len(ages)} paints")
    del app
    return code


def _prepare(pace: str) -> list[str]:
    """Let the window stream prepared frames; returns the options that go with it."""
    interval_s = {"idle": _NEVER_S, "flat": 0.0}.get(pace) if not pace.isdigit() else 1 / int(pace)
    assert interval_s is not None, pace
    rng = np.random.default_rng(3)
    frames: list[Captured] = [
        Frame(n, 0, rng.integers(0, 256, (480, 640, 3), np.uint8)) for n in range(8)
    ]

    def source(*_: object, **_options: object) -> ListSource:
        return ListSource(frames, live=pace != "flat", repeat=True, interval_s=interval_s)

    SourceRegistry.make = source  # type: ignore[method-assign]
    return ["--in-flight", "4"] if pace == "flat" else []


def _compare(pairs: int, seconds: float) -> int:
    """Every pace in turn, each in a process of its own."""
    late: dict[str, list[float]] = {pace: [] for pace in _PACES}
    for _ in range(pairs):
        for pace, found in late.items():
            command = [sys.executable, "-m", "tests.benchmarks.window_trace", str(seconds)]
            command += ["--pace", pace]
            # A run in which nothing was answered, as the idle one, says so in its exit code.
            told = subprocess.run(command, capture_output=True, text=True, check=False)
            line = next(each for each in told.stdout.splitlines() if each.startswith("timer"))
            found.append(float(line.split("p99")[1].split()[0]))
            print(pace, *told.stdout.splitlines(), sep="\n  ", flush=True)
    for pace, found in late.items():
        later = statistics.median(one - idle for one, idle in zip(found, late["idle"], strict=True))
        print(f"{pace:5} p99 late {statistics.median(found):5.1f} ms, {later:+.1f} ms against idle")
    return 0


if __name__ == "__main__":
    sys.exit(main())
