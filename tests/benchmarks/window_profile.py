"""What the window's own thread does while it streams, and how much of a core it takes.

Run by hand, on a display (Xvfb will do): `make profile`, or
`python -m tests.benchmarks.window_profile [SECONDS] [--model NAME] [--fps N] [--stacks]`. The real
window streams the test pattern. For every few milliseconds of CPU time of the window's thread it is
noted which part of the window is at work: the innermost function that the table below knows. What
has no Python function on the stack is Qt's own: layouts, styles, copying to the screen.

`--rounds 5 --beside TREE` runs another checkout, which has this script too, in turn with this one,
and prints the medians of both.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.cpu_sampler import CpuSampler

if TYPE_CHECKING:
    from gui.state.live_session import LiveSession

_SETTLE_S = 3.0
_GROUPS = (
    ("picture: scaling, copying", r"/preview/picture\.|view\.(_paint_(picture|margins)|_image)"),
    ("picture: masks", r"/preview/masks\."),
    ("overlay: labels", r"/preview/tags\."),
    ("overlay: trails", r"/preview/trails\."),
    ("overlay: the rest", r"/preview/"),
    ("tracks and counts", r"/state/(tracks|box_smoother|class_counts|one_euro)\."),
    ("top classes", r"/plots/(bars|rows)\."),
    ("latency panel", r"/plots/(latency|stage_report)\.|paint_record|core/timing"),
    ("timeline: rebuilding", r"/plots/(timeline|throughput|series|stretches)\.|strip\.set_line"),
    ("plots: painting", r"/plots/"),
    ("icons", r"/widgets/icons\."),
    ("strip, caption, bar, alerts", r"/live/(stat|strip|readout|bar|run_|shortfall|preview_)"),
    ("pump and page", r"/gui/live/"),
    ("sound", r"/views/sound/"),
)  # fmt: skip
_NOTHING_KNOWN = "other Python"
_QT = "Qt itself"


def _group(names: list[str]) -> str:
    for name in names:
        for group, pattern in _GROUPS:
            if re.search(pattern, name):
                return group
    return _QT if names and names[0].endswith("app._show") else _NOTHING_KNOWN


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("seconds", nargs="?", type=float, default=20.0)
    parser.add_argument("--model", default="shapes")
    parser.add_argument("--fps", type=int, default=0, help="another rate than the pattern's 30")
    parser.add_argument("--stacks", action="store_true", help="the twenty dearest stacks too")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--beside", type=Path, help="another checkout to compare with")
    options = parser.parse_args()
    if options.rounds:
        return _compare(options)
    _stream(options)
    return 0


def _stream(options: argparse.Namespace) -> None:
    """Stream in this process, settings and all in a folder of its own, and print the table."""
    import gui.shell.app
    from backend.sources.generated import pattern
    from gui.live.pump import Pump

    sampler, attach = CpuSampler(), Pump.attach

    def attach_and_watch(pump: Pump, session: LiveSession) -> None:
        attach(pump, session)
        threading.Timer(_SETTLE_S, sampler.start).start()
        threading.Timer(_SETTLE_S + options.seconds, sampler.stop).start()

    Pump.attach = attach_and_watch  # type: ignore[method-assign,assignment]
    if options.fps:
        pattern.TestPattern = partial(pattern.TestPattern, fps=options.fps)  # type: ignore[misc,assignment]
    with tempfile.TemporaryDirectory() as folder:
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = folder
        gui.shell.app.main(
            [
                *("--screenshot", str(Path(folder) / "window.png"), "--size", "1280x800"),
                *("--seconds", str(options.seconds + _SETTLE_S + 1.0)),
                *("--source", "pattern", "--model", options.model),
            ]
        )
    print(f"window thread {100 * sampler.cpu_s / sampler.wall_s:5.1f} % of a core")
    print(f"process       {100 * sampler.process_s / sampler.wall_s:5.1f} % of a core")
    # Every sample stands for as much CPU time as any other.
    share = 100 * sampler.cpu_s / sampler.wall_s / max(1, len(sampler.stacks))
    for group, count in Counter(map(_group, sampler.stacks)).most_common():
        print(f"  {group:30} {share * count:5.1f} %")
    if options.stacks:
        dearest = Counter(" < ".join(stack[:5]) for stack in sampler.stacks)
        for text, count in dearest.most_common(40):
            print(f"{share * count:5.2f} %  {_short(text)}")


def _short(stack: str) -> str:
    return re.sub(r"\S*/([^/ ]+/[^/ ]+)", r"\1", stack)


def _compare(options: argparse.Namespace) -> int:
    """Both trees in turn, each run in a process of its own."""
    trees = [Path.cwd(), *([options.beside] if options.beside else [])]
    found: dict[Path, list[float]] = {tree: [] for tree in trees}
    for _ in range(options.rounds):
        for tree, shares in found.items():
            command = [
                sys.executable,
                "-m",
                "tests.benchmarks.window_profile",
                str(options.seconds),
            ]
            command += ["--model", options.model, "--fps", str(options.fps)]
            told = subprocess.run(
                command, capture_output=True, text=True, check=True, cwd=tree
            ).stdout
            line = next(each for each in told.splitlines() if each.startswith("window thread"))
            shares.append(float(line.split()[2]))
            print(tree, told, sep="\n", flush=True)
    for tree, shares in found.items():
        print(f"{statistics.median(shares):5.1f} %  {tree}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
