"""A run recorded beside the window: nothing missed, the window's tick no later, memory flat.

Run by hand, on a display (Xvfb will do) and a quiet machine:

    python -m tests.soak.recording SECONDS raw FILE.mcap
    python -m tests.soak.recording SECONDS jpeg FILE.mcap

The real window streams the test pattern, 640 x 480 at 30 a second, to its own server. It is
recorded for SECONDS in all, in three files; a shorter stretch without recording comes before each,
so that a machine that others use too is the same for both. Exits 1 if the recording missed
anything, if a 10 ms timer of the window's thread fires more than 2 ms later at p99 while it is
recorded, or if memory grows by more than 24 MiB from the end of the first recorded stretch to that
of the last.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from backend.core.process import tune_process

tune_process()

import numpy as np  # noqa: E402 - after the process is tuned
import psutil  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from backend.core.files.presence import Presence  # noqa: E402
from backend.core.flow import Policy  # noqa: E402
from backend.core.ledger import DropPlace  # noqa: E402
from backend.recording import (  # noqa: E402
    QUEUE_BYTES,
    QUEUE_ITEMS,
    Recorder,
    contents_of,
    create,
)
from backend.sources.registry import KINDS, SourceRegistry  # noqa: E402
from gui.shell.app import _parts  # noqa: E402
from gui.shell.assembly import assemble  # noqa: E402
from gui.shell.options import parse_options  # noqa: E402
from gui.state.live_session import LiveSession  # noqa: E402
from gui.state.tasks import ThreadTasks  # noqa: E402
from gui.workspace.notices import FileNotices  # noqa: E402
from tests.benchmarks.inspect_tick import Tick  # noqa: E402

_STRETCHES = 3
_WITHOUT = 0.3
"""How long a stretch without recording is, as a share of one with it."""
_SETTLE_S = 5.0
_LATER_MS = 2.0
_GROWTH = 24 * 1024 * 1024
_WAIT_S = 60.0


@dataclass
class Measured:
    """Of all stretches of one sort."""

    late_ms: list[float] = field(default_factory=list)
    replaced: int = 0
    answered: int = 0
    memory: list[int] = field(default_factory=list)


def main(seconds: float, image: str, path: Path) -> int:
    """Run and report; see the module's text for the exit code."""
    app = QApplication([])
    ended: list[bool] = []
    with ExitStack() as at_end:
        options = parse_options(
            [
                "--source",
                "pattern",
                "--model",
                "shapes",
                "--image",
                image,
                "--screenshot",
                "none.png",
            ],
            SourceRegistry(KINDS),
        )
        tasks = ThreadTasks()
        presence = Presence(path.parent)
        parts = _parts(app, options, FileNotices(), presence, tasks, at_end, ended)
        assembly = assemble(parts)
        at_end.callback(tasks.close, 1.0)
        assembly.window.resize(1280, 800)
        assembly.window.show()
        assembly.server.control.start()
        assembly.live.start.toggle()
        _until(lambda: assembly.live.run.session is not None)
        session = assembly.live.run.session
        assert session is not None
        _wait(_SETTLE_S)
        found, missed = _measure(session, seconds, path)
        assembly.window.close()
    return _report(found, missed, image)


def _measure(session: LiveSession, seconds: float, path: Path) -> tuple[dict[bool, Measured], int]:
    found = {False: Measured(), True: Measured()}
    tick = Tick()
    missed = 0
    for number in range(2 * _STRETCHES):
        recorded = bool(number % 2)
        recorder = None
        if recorded:
            part = path.with_name(f"{path.stem}-{number}{path.suffix}")
            recorder = Recorder(create(part))
            queue = session.subscribe(recorder, Policy.DROP, "recording", QUEUE_ITEMS, QUEUE_BYTES)
        before = session.status().counts
        tick.take()
        _wait(seconds / _STRETCHES * (1.0 if recorded else _WITHOUT))
        after, measured = session.status().counts, found[recorded]
        measured.late_ms += tick.take()
        measured.answered += after.answered - before.answered
        measured.replaced += after.dropped.get(DropPlace.WAITING, 0)
        measured.replaced -= before.dropped.get(DropPlace.WAITING, 0)
        if recorder is not None:
            queue.leave()
            _until(lambda recorder=recorder: recorder.closed)
            missed += queue.lost
            print(f"{part.name}: {contents_of(part).answers} answers, {recorder.size_bytes} bytes")
        measured.memory.append(psutil.Process().memory_info().rss)
    return found, missed


def _report(found: dict[bool, Measured], missed: int, image: str) -> int:
    p99 = {}
    for recorded, measured in found.items():
        late = np.array(measured.late_ms)
        p50, p99[recorded] = np.percentile(late, (50, 99))
        held = ", ".join(f"{each / 2**20:.0f}" for each in measured.memory)
        print(
            f"{image}, {'recorded' if recorded else 'without '}: answered {measured.answered}, "
            f"replaced {measured.replaced}, tick p50 {p50:.2f} p99 {p99[recorded]:.2f} ms late, "
            f"memory {held} MiB"
        )
    memory = found[True].memory
    good = not missed and p99[True] <= p99[False] + _LATER_MS and memory[-1] - memory[0] <= _GROWTH
    print(f"missed by the recording: {missed}")
    print("good" if good else "NOT GOOD")
    return 0 if good else 1


def _until(condition) -> None:  # type: ignore[no-untyped-def]
    until = time.monotonic() + _WAIT_S
    while not condition():
        assert time.monotonic() < until, "it never came true"
        QApplication.processEvents()
        time.sleep(0.002)


def _wait(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        QApplication.processEvents()
        time.sleep(0.001)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
