"""The long run: `make soak`, about ten minutes on two cores.

Two lanes side by side, each part in a process of its own: a million damaged inputs to every
decoder and ten thousand calls that are given up, beside a hundred kills of a server in the middle
of a stream and fifty starts of the window. Exits 1 if any part does.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

LANES = (
    (("tests.soak.fuzz", "1000000"), ("tests.soak.connections", "10000")),
    (("tests.soak.kills", "100"), ("tests.soak.windows", "50")),
)


def main() -> int:
    """Run all lanes; print each part's report when it is done."""
    with ThreadPoolExecutor(len(LANES)) as lanes:
        good = [verdict for lane in lanes.map(_run_lane, LANES) for verdict in lane]
    print("The soak is good." if all(good) else "The soak is NOT good.")
    return 0 if all(good) else 1


def _run_lane(parts: tuple[tuple[str, ...], ...]) -> list[bool]:
    return [_run(*part) for part in parts]


def _run(module: str, *arguments: str) -> bool:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    good = done.returncode == 0
    report = done.stdout if good else done.stdout + done.stderr[-20_000:]
    print(
        f"--- {module} {' '.join(arguments)}: {time.monotonic() - started:.0f} s\n{report}",
        flush=True,
    )
    return good


if __name__ == "__main__":
    sys.exit(main())
