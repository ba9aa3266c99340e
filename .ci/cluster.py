"""``make test-cluster`` within ten minutes, where there can be a cluster; elsewhere says why not.

The exit code is 0 unless a test has failed. Tests that do not end in time have not: each waits for
what may never come, and fails for it far earlier, where the machine is fast enough to tell. Run by
the Python in ``.venv``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.append(str(_REPOSITORY))

from tests.engines.ray.namespaces import NoNetworkError, namespaces  # noqa: E402 - after its place
from tests.engines.ray.two_nodes import lacks  # noqa: E402

_SETUP = [sys.executable, str(_REPOSITORY / ".ci" / "setup"), "cluster"]
_TESTS = ["make", "test-cluster", f"PYTHON={sys.executable}"]
_SETUP_S, _TESTS_S, _END_S = 170.0, 400.0, 20.0
_EVENTS = Path("/proc/vmstat")


def main() -> int:
    """Set up and test; the exit code."""
    if reason := lacks():
        return _none(reason)
    if run(_SETUP, _SETUP_S) != 0:
        return _none("Ray cannot be installed here, or not in time")
    killed = _killed_for_memory()
    code = run(_TESTS, _TESTS_S)
    with suppress(NoNetworkError), namespaces():
        pass  # what the tests left, if they had to be ended, is gone with it
    if code is None:
        return _none(f"this machine is too slow or too busy to end them in {_TESTS_S:.0f} s")
    if code and _killed_for_memory() > killed:
        return _none("this machine has run out of memory")
    return code


def run(command: Sequence[str], limit_s: float) -> int | None:
    """Its exit code, None if it had to be ended: as Ctrl-C does, with all that it has started."""
    process = subprocess.Popen(command, cwd=_REPOSITORY, start_new_session=True)
    for number, within_s in ((signal.SIGINT, limit_s), (signal.SIGKILL, _END_S)):
        try:
            code = process.wait(within_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, number)
        else:
            return code if number is signal.SIGINT else None
    process.wait()
    return None


def _killed_for_memory() -> int:
    """How many processes the system has ended for want of memory since it started."""
    rows = dict(line.split() for line in _EVENTS.read_text(encoding="utf-8").splitlines())
    return int(rows.get("oom_kill", 0))


def _none(reason: str) -> int:
    print(f"No verdict of the tests on a cluster: {reason}.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
