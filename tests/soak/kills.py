"""A server that is killed and started again in the middle of a stream, over and over.

Run by `make soak`, or by hand: `python -m tests.soak.kills [KILLS]`. A child serves `identity` on
fixed ports; one session streams noise to it and compares each answer with what was sent, byte for
byte. The child is killed with SIGKILL at a random moment, started again, and must answer again.
The transport changes with every life. Exits 1 if an answer was wrong, if the session did not come
back, or if its ledger does not balance.
"""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from backend.core.process import tune_process

tune_process()

import numpy as np  # noqa: E402 - after the process is tuned

from backend.core.choices import RunSettings  # noqa: E402
from backend.core.flow import Policy  # noqa: E402
from backend.core.samples import Captured, Frame, MediaKind  # noqa: E402
from backend.core.status import Result  # noqa: E402
from backend.core.target import Target  # noqa: E402
from backend.session.run.live import Session  # noqa: E402
from backend.session.sinks import RESULTS, Callback  # noqa: E402
from tests.balance import is_balanced  # noqa: E402
from tests.session.combinations import Combination, combinations  # noqa: E402
from tests.session.echo import echoes  # noqa: E402
from tests.session.list_source import ListSource  # noqa: E402

_MAIN = Path(__file__).resolve().parents[2] / "main.py"
_BACK_WITHIN_S = 60.0
_ANSWERS = 10
"""So many in each life before the kill may come."""


class Server:
    """`main.py serve` on two ports that stay the same over its lives."""

    def __init__(self) -> None:
        self.rest, self.grpc = _free_port(), _free_port()
        self._start()

    def kill(self) -> None:
        """End it as the kernel would when memory runs out."""
        self._child.kill()
        self._child.communicate()

    def restart(self) -> None:
        """Kill it and serve again."""
        self.kill()
        self._start()

    def _start(self) -> None:
        ports = ["--rest-port", str(self.rest), "--grpc-port", str(self.grpc)]
        self._child = subprocess.Popen(
            [sys.executable, str(_MAIN), "serve", *ports], stdout=subprocess.PIPE
        )
        assert self._child.stdout is not None
        if not self._child.stdout.readline():
            raise RuntimeError("the server did not start")


class Answers:
    """Counts what came back, right and wrong, and lets a thread wait for more of it."""

    def __init__(self) -> None:
        self.right = self.wrong = 0
        self._changed = threading.Condition()

    def take(self, result: Result) -> None:
        """Compare an answer with the sample it belongs to."""
        same = echoes(result)
        with self._changed:
            self.right += same
            self.wrong += not same
            self._changed.notify_all()

    def wait_for_more(self, count: int, session: Session) -> bool:
        """Whether so many more came in time; retries do not wait for their pauses to pass."""
        wanted, until = self.right + count, time.monotonic() + _BACK_WITHIN_S
        with self._changed:
            while self.right < wanted:
                if time.monotonic() > until:
                    return False
                session.retry_now()
                self._changed.wait(0.1)
        return True


def main(kills: int) -> int:
    """Run and report; see the module's text for the exit code."""
    pick = random.Random(7)
    server = Server()
    target = Target("lab", f"http://127.0.0.1:{server.rest}", f"127.0.0.1:{server.grpc}")
    ways = combinations(MediaKind.IMAGE)
    answers = Answers()
    session = Session(
        pick.choice(ways).settings(target, "identity"),
        ListSource(_frames(), live=True, repeat=True, interval_s=0.002),
    )
    session.subscribe(Callback(RESULTS, answers.take), Policy.EVERY, "answers")
    session.start()
    survived = 0
    try:
        for kill in range(kills):
            session.apply(_settings(pick, ways, target))
            if not answers.wait_for_more(_ANSWERS, session):
                print(f"no answers after {kill} kills: {session.status()}")
                break
            time.sleep(pick.uniform(0, 0.2))
            server.restart()
            survived += 1
        back = answers.wait_for_more(_ANSWERS, session)
    finally:
        session.request_stop()
        ended = session.join(10)
        server.kill()
    counts = session.status().counts
    print(f"{survived} kills, {answers.right} right answers, {answers.wrong} wrong")
    print(f"ledger         {counts}")
    good = back and ended and survived == kills and not answers.wrong and is_balanced(counts)
    print("good" if good else "NOT GOOD")
    return 0 if good else 1


def _settings(pick: random.Random, ways: Sequence[Combination], target: Target) -> RunSettings:
    return pick.choice(ways).settings(target, "identity", in_flight=pick.randint(1, 4))


def _frames() -> list[Captured]:
    rng = np.random.default_rng(3)
    return [Frame(n, 0, rng.integers(0, 256, (120, 160, 3), np.uint8)) for n in range(8)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
