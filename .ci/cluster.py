"""``make test-cluster`` within ten minutes, where there can be a cluster; elsewhere says why not.

The exit code is 0 if nothing failed. What does not end in time has failed, unless others kept this
machine busy meanwhile: then there is no verdict, which is said. Run by the Python in ``.venv``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.append(str(_REPOSITORY))

from tests.engines.ray.others import Others  # noqa: E402 - after the place where it is
from tests.engines.ray.two_nodes import lacks  # noqa: E402

_SETUP_S = 240.0
_LIMIT_S = 540.0
_END_S = 60.0
_UNOBTAINABLE = 3
_OTHERS_AT_WORK = 0.2


def main() -> int:
    """Set up and test; the exit code."""
    began = time.monotonic()
    if reason := lacks():
        return _none(reason)
    setup = [sys.executable, str(_REPOSITORY / ".ci" / "setup"), "cluster"]
    code, _ = run(setup, _SETUP_S)
    if code in (None, _UNOBTAINABLE):
        return _none("Ray cannot be installed here")
    if code:
        return code
    left_s = _LIMIT_S - (time.monotonic() - began)
    code, others = run(["make", "test-cluster", f"PYTHON={sys.executable}"], left_s)
    if code is not None:
        return code
    print(f"They did not end in {left_s:.0f} s, while others took {others:.0%} of the processors.")
    return _none("this machine is too busy for them") if others > _OTHERS_AT_WORK else 1


def run(command: Sequence[str], limit_s: float) -> tuple[int | None, float]:
    """Its exit code, None if it had to be ended; and what others took of the processors."""
    others = Others()
    process = subprocess.Popen(command, cwd=_REPOSITORY, start_new_session=True)
    try:
        return process.wait(limit_s), others.share()
    except subprocess.TimeoutExpired:
        return None, others.share()
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C does, for all that it has started, and by force if that is of no use."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _none(reason: str) -> int:
    print(f"No tests on a cluster: {reason}.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
