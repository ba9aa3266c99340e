"""The window started, streaming and closed, over and over.

Run by `make soak`, or by hand: `python -m tests.soak.windows [CYCLES]`. Every start is a process
of its own, as a user's is, in a home folder that is kept: what one start leaves behind the next
one finds. Exits 1 if one of them answered nothing, did not exit with 0, left a child process, or
if the home folder goes on growing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

_MAIN = Path(__file__).resolve().parents[2] / "main.py"
_ALLOWED_GROWTH = 64 * 1024
"""Bytes by which the home folder may be larger at the end than after the first start."""
_SECONDS = "1"


def main(cycles: int) -> int:
    """Run and report; see the module's text for the exit code."""
    with tempfile.TemporaryDirectory() as home:
        started = time.monotonic()
        faults: list[str] = []
        sizes: list[int] = []
        for cycle in range(cycles):
            faults += _one(Path(home), cycle)
            sizes.append(_size_of(Path(home)))
        seconds = time.monotonic() - started
    grown = sizes[-1] - sizes[0]
    print(f"{cycles} starts in {seconds:.0f} s, home folder {grown:+} bytes after the first")
    for fault in faults:
        print(fault)
    good = not faults and grown <= _ALLOWED_GROWTH
    print("good" if good else "NOT GOOD")
    return 0 if good else 1


def _one(home: Path, cycle: int) -> list[str]:
    """Start the window, let it stream, and say what was wrong."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    environment |= {"HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    before = set(psutil.pids())
    run = subprocess.run(
        [
            *(sys.executable, str(_MAIN), "--screenshot", str(home / "window.png")),
            *("--seconds", _SECONDS),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    faults = []
    if run.returncode != 0 or "answered" not in run.stdout:
        faults.append(f"start {cycle} exited with {run.returncode}: {run.stdout}{run.stderr}")
    if "Traceback" in run.stderr:
        faults.append(f"start {cycle}: {run.stderr}")
    left = [pid for pid in set(psutil.pids()) - before if _is_ours(pid, home)]
    if left:
        faults.append(f"start {cycle} left the processes {left}")
    return faults


def _is_ours(pid: int, home: Path) -> bool:
    try:
        return psutil.Process(pid).environ().get("HOME") == str(home)
    except psutil.Error:
        return False


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
