"""How late a 10 ms timer of the window fires, and how old results are when they are first painted.

Run by hand, on a display (Xvfb will do): `python -m tests.benchmarks.window_trace [SECONDS]`.
The real window streams the 640x480 test pattern at 30 fps as raw frames over a gRPC stream through
`identity`, the heaviest reply there is. Prints medians and percentiles; the goals are: nothing
dropped, median age under 40 ms, timer at most 25 ms late at p99.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from backend.core.process import tune_process

tune_process()

import numpy as np  # noqa: E402 - after the process is tuned
from PySide6.QtCore import QObject, Qt, QTimer, Slot  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from gui.app import main as open_window  # noqa: E402
from gui.live_page import LivePage  # noqa: E402

_TICK_MS = 10


class Tick(QObject):
    """A precise timer that notes how late it fires, once the run is under way."""

    def __init__(self) -> None:
        super().__init__()
        self.late_ms: list[float] = []
        self.ages_ms: tuple[float, ...] = ()
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
        page = next(iter(_pages()), None)
        if page is not None and len(self.late_ms) % 100 == 0:
            self.ages_ms = page.paints.all_ages_ms() or self.ages_ms


def _pages() -> list[LivePage]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return [page for window in app.topLevelWidgets() for page in window.findChildren(LivePage)]


def main(seconds: float) -> int:
    """Run and print."""
    app = QApplication([sys.argv[0]])
    tick = Tick()
    with tempfile.TemporaryDirectory() as folder:
        code = open_window(
            [
                *("--screenshot", str(Path(folder) / "window.png"), "--seconds", str(seconds)),
                *("--source", "pattern", "--model", "identity", "--api", "oip"),
                *("--transport", "grpc_stream", "--serialization", "raw", "--image", "raw"),
                *("--size", "1280x800"),
            ]
        )
    late = np.array(tick.late_ms[200:])  # the first two seconds are the start
    ages = np.array(tick.ages_ms)
    print(f"timer late   p50 {np.median(late):.1f}  p99 {np.percentile(late, 99):.1f} ms", end="")
    print(f"  most {late.max():.1f} ms  over {len(late)} ticks")
    print(f"result age   p50 {np.median(ages):.1f}  p99 {np.percentile(ages, 99):.1f} ms", end="")
    print(f"  over {len(ages)} paints")
    del app
    return code


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
