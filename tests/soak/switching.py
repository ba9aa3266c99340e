"""Switch everything at random while streaming, and watch answers, threads, files and memory.

Run by hand: `python -m tests.soak.switching [SECONDS]`. Exits 1 if an answer was wrong, a
request failed, a thread or descriptor was left behind, or resident memory after the run is more
than 10 MB above its value after the first 20 s. Memory while it runs is printed too: it swings with
the largest messages in flight (a raw frame as JSON numbers, four at once).
"""

from __future__ import annotations

import random
import sys
import threading
import time

from backend.core.process import tune_process
from tests.session.running import on_result

tune_process()

import numpy as np  # noqa: E402 - after the process is tuned
import psutil  # noqa: E402

from backend.core.choices import EMBEDDED, RunSettings  # noqa: E402
from backend.core.samples import Captured, Frame, MediaKind  # noqa: E402
from backend.core.target import Target  # noqa: E402
from backend.models.catalogue import bundled_registry  # noqa: E402
from backend.server.lifecycle.embedded import EmbeddedServer  # noqa: E402
from backend.server.settings.options import ServerOptions  # noqa: E402
from backend.session.run.live import Session  # noqa: E402
from tests.balance import is_balanced  # noqa: E402
from tests.session.combinations import combinations  # noqa: E402
from tests.session.echo import echoes  # noqa: E402
from tests.session.list_source import ListSource  # noqa: E402

_WARM_UP_S = 20.0
_ALLOWED_MB = 10.0


def main(seconds: float) -> int:
    """Run and report; see the module's text for the exit code."""
    process = psutil.Process()
    server = EmbeddedServer(bundled_registry(), ServerOptions())
    server.start()
    target = Target(EMBEDDED, server.rest_url, server.grpc_address)
    _warm_up(target)
    before = _Left.now(process)
    wrong: list[int] = []
    session = Session(
        RunSettings(target, "identity"),
        ListSource(_frames(), live=True, repeat=True, interval_s=1 / 30),
    )
    on_result(session, lambda result: None if echoes(result) else wrong.append(result.seq))
    session.start()
    memory_mb = _switch(session, target, process, seconds)
    session.request_stop()
    session.join(5)
    time.sleep(1.0)
    memory_mb.append(process.memory_info().rss / 1e6)
    warm_mb = memory_mb[min(int(_WARM_UP_S), len(memory_mb) // 3)]
    after = _Left.now(process)
    counts = session.status().counts
    server.stop()
    print(session.summary().as_table())
    print(f"wrong answers  {len(wrong)}")
    print(f"threads        {before.threads} before, {after.threads} after: {after.names}")
    print(f"descriptors    {before.files} before, {after.files} after")
    print(
        f"memory         {warm_mb:.1f} MB after {_WARM_UP_S:g} s, "
        f"{memory_mb[-1]:.1f} MB at the end, "
        f"{min(memory_mb):.1f} to {max(memory_mb):.1f} MB on the way"
    )
    good = (
        not wrong
        and is_balanced(counts)
        and not counts.failed
        and after.threads <= before.threads
        and after.files <= before.files
        and memory_mb[-1] - warm_mb <= _ALLOWED_MB
    )
    print("good" if good else f"NOT GOOD {session.last_failure}")
    return 0 if good else 1


class _Left:
    """What a process holds: threads and descriptors."""

    def __init__(self, threads: int, files: int, names: list[str]) -> None:
        self.threads, self.files, self.names = threads, files, names

    @classmethod
    def now(cls, process: psutil.Process) -> _Left:
        names = sorted(thread.name for thread in threading.enumerate())
        return cls(len(names), process.num_fds(), names)


def _frames() -> list[Captured]:
    rng = np.random.default_rng(3)
    return [Frame(n, 0, rng.integers(0, 256, (480, 640, 3), np.uint8)) for n in range(8)]


def _warm_up(target: Target) -> None:
    """A short run each way, so that what is started once and kept is there before we count."""
    for way in combinations(MediaKind.IMAGE):
        session = Session(way.settings(target, "identity"), ListSource(_frames()[:1]))
        session.start()
        session.join(5)


def _switch(
    session: Session, target: Target, process: psutil.Process, seconds: float
) -> list[float]:
    """Switch until the time is up; resident megabytes, one reading a second."""
    pick = random.Random(5)
    ways = combinations(MediaKind.IMAGE)
    started = time.monotonic()
    memory_mb: list[float] = []
    while (passed := time.monotonic() - started) < seconds:
        if passed >= len(memory_mb):
            memory_mb.append(process.memory_info().rss / 1e6)
        way = pick.choice(ways)
        session.apply(way.settings(target, "identity", in_flight=pick.randint(1, 4)))
        time.sleep(pick.uniform(0.05, 0.8))
    return memory_mb


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
