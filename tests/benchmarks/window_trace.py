"""How late a 10 ms timer of the window fires, and how old what it paints is when first painted.

Run by hand, on a display (Xvfb will do): `python -m tests.benchmarks.window_trace [SECONDS]`.
The real window streams the 640x480 test pattern at 30 fps as raw frames over a gRPC stream through
`identity`, the heaviest reply there is. Prints medians and percentiles; the goals are: nothing
dropped, median age under 40 ms, timer at most 25 ms late at p99.

`--pace idle|60|flat|child` streams prepared 640x480 frames instead: none, so many a second, or as
many as there are answers, four in flight; `child` is that with the server in a process of its own.
`--pairs 5` does all of them in turn, five times, each in a process of its own, and prints how much
later than idle the timer is at p99; the goals are 1 ms, 8 ms and with a child 2 ms. `--beside TREE`
runs another checkout, which has this script too, in turn with this one.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

from backend.core.process import tune_process

tune_process()

import numpy as np  # noqa: E402 - after the process is tuned
from PySide6.QtCore import QObject, Qt, QTimer, Slot  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

import gui.live.page  # noqa: E402
import gui.shell.app  # noqa: E402
from backend.cli.server_child import ServerChild  # noqa: E402
from backend.core.samples import Captured, Frame  # noqa: E402
from backend.sources.registry import SourceRegistry  # noqa: E402
from gui.live.picture.paint_record import PaintRecord  # noqa: E402
from gui.views.preview.first_paint import FirstPaint  # noqa: E402
from tests.session.list_source import ListSource  # noqa: E402

_TICK_MS = 10
_NEVER_S = 1e6
_PACES = ("idle", "60", "flat", "child")


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
    """Keeps the age of every picture and every result at its first paint."""

    ages_ms: ClassVar[dict[str, list[float]]] = {"picture": [], "result": []}

    def painted(self, paints: Iterable[FirstPaint]) -> None:
        paints = list(paints)
        for paint in paints:
            self.ages_ms["result" if paint.is_result else "picture"].append(paint.age_ms)
        super().painted(paints)


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("seconds", nargs="?", type=float, default=60.0)
    parser.add_argument("--pace", default="", help="idle, flat, or frames per second")
    parser.add_argument("--model", default="identity")
    parser.add_argument("--pairs", type=int, default=0)
    parser.add_argument("--beside", type=Path, help="another checkout to compare with")
    options = parser.parse_args()
    if options.pairs:
        return _compare(options)
    with ExitStack() as at_end:
        return _trace(options, _prepare(options.pace, at_end) if options.pace else [])


def _trace(options: argparse.Namespace, more: Sequence[str]) -> int:
    """Stream in this process, and print what was seen."""
    app = QApplication([sys.argv[0]])
    tick = Tick()
    gui.live.page.PaintRecord = AgesKept  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        code = gui.shell.app.main(
            [
                *("--screenshot", str(Path(folder) / "window.png")),
                *("--seconds", str(options.seconds)),
                *("--source", "pattern", "--model", options.model, "--api", "oip"),
                *("--transport", "grpc_stream", "--serialization", "raw", "--image", "raw"),
                *("--size", "1280x800", *more),
            ]
        )
    late = np.array(tick.late_ms[200:])  # the first two seconds are the start
    print(f"timer late   p50 {np.median(late):.1f}  p99 {np.percentile(late, 99):.1f} ms", end="")
    print(f"  most {late.max():.1f} ms  over {len(late)} ticks")
    for what, found in AgesKept.ages_ms.items():
        if found:
            ages = np.array(found)
            p50, p99 = np.median(ages), np.percentile(ages, 99)
            print(f"{what:7} age  p50 {p50:.1f}  p99 {p99:.1f} ms  over {len(ages)} paints")
    del app
    return code


def _prepare(pace: str, at_end: ExitStack) -> list[str]:
    """Let the window stream prepared frames; returns the options that go with it."""
    flat = pace in ("flat", "child")
    interval_s = 0.0 if flat else _NEVER_S if pace == "idle" else 1 / int(pace)
    rng = np.random.default_rng(3)
    frames: list[Captured] = [
        Frame(n, 0, rng.integers(0, 256, (480, 640, 3), np.uint8)) for n in range(8)
    ]

    def source(*_: object, **_options: object) -> ListSource:
        return ListSource(frames, live=not flat, repeat=True, interval_s=interval_s)

    SourceRegistry.make = source  # type: ignore[method-assign]
    more = ["--in-flight", "4"] if flat else []
    if pace == "child":
        target = at_end.enter_context(ServerChild()).target
        more += ["--target", f"{target.rest.removeprefix('http://')},{target.grpc.split(':')[1]}"]
    return more


def _compare(options: argparse.Namespace) -> int:
    """Every pace in turn, each in a process of its own."""
    trees = [Path.cwd(), *([options.beside] if options.beside else [])]
    late: dict[tuple[Path, str], list[float]] = {(tree, p): [] for p in _PACES for tree in trees}
    for _ in range(options.pairs):
        for (tree, pace), found in late.items():
            command = [sys.executable, "-m", "tests.benchmarks.window_trace", str(options.seconds)]
            command += ["--pace", pace]
            # A run in which nothing was answered, as the idle one, says so in its exit code.
            told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tree)
            line = next(each for each in told.stdout.splitlines() if each.startswith("timer"))
            found.append(float(line.split("p99")[1].split()[0]))
            print(f"{tree} {pace}", *told.stdout.splitlines(), sep="\n  ", flush=True)
    for (tree, pace), found in late.items():
        idle = late[tree, "idle"]
        later = statistics.median(one - other for one, other in zip(found, idle, strict=True))
        p99 = statistics.median(found)
        print(f"{pace:5} p99 late {p99:5.1f} ms, {later:+.1f} ms against idle  {tree}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
