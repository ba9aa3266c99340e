"""What a start costs: CPU time of the window with its first second of streaming, and of `--help`.

Run by hand, on a display (Xvfb will do): `python -m tests.benchmarks.window_start [ROUNDS]`. Every
start is a process of its own; the medians are of so many rounds (5), in turn. `painted` is the time
from the start of the process to the first painting of the window. `--imports` lists what the
window's first second imports and how long each top package takes.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from backend.cli import COMMANDS

_WINDOW = """
import sys, time
import gui.shell.app as app
show = app._show
def _show(qt, assembly, *rest):
    from PySide6.QtCore import QEvent, QObject
    class First(QObject):
        def eventFilter(self, watched, event):
            if event.type() is QEvent.Type.Paint:
                watched.removeEventFilter(self)
                print("painted", time.monotonic(), time.process_time(), flush=True)
            return False
    first = First()
    assembly.window.installEventFilter(first)
    return show(qt, assembly, *rest)
app._show = _show
sys.exit(app.main(sys.argv[1:]))
"""
_HELP = {
    text: ["main.py", *text.split()]
    for text in ("--version", "--help", *(f"{command} --help" for command in COMMANDS))
}


def main() -> int:
    """Run and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, command in _HELP.items():
            found.setdefault(f"{name}, CPU", []).append(_run(command)[0])
        with tempfile.TemporaryDirectory() as folder:
            options = ["--screenshot", f"{folder}/window.png", "--seconds", "1"]
            options += ["--size", "1280x800", "--source", "pattern", "--model", "shapes"]
            began = time.monotonic()
            cpu_s, told = _run(["-c", _WINDOW, *options], folder)
        line = next(each for each in told.splitlines() if each.startswith("painted"))
        painted, painted_cpu = (float(word) for word in line.split()[1:])
        found.setdefault("window and a second of streaming, CPU", []).append(cpu_s)
        found.setdefault("window until it is painted, CPU", []).append(painted_cpu)
        found.setdefault("window until it is painted, time", []).append(painted - began)
    for name, values in found.items():
        print(
            f"{name:40} {statistics.median(values):5.2f} s   {min(values):.2f} to {max(values):.2f}"
        )
    return 0


def _run(arguments: Sequence[str], home: str = "") -> tuple[float, str]:
    """CPU seconds of a process of its own, with what it printed."""
    environment = dict(os.environ)
    # A first start writes the compiled files, as it does for everybody; medians leave it out.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if home:
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
            environment[name] = home
    before = os.times()
    told = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True, env=environment
    ).stdout
    after = os.times()
    spent = after.children_user + after.children_system
    return spent - before.children_user - before.children_system, told


if __name__ == "__main__":
    sys.exit(main())
