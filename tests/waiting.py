"""Waiting for what must come true: by events and conditions, never for a duration."""

from __future__ import annotations

import time
from collections.abc import Callable

WAIT_S = 60.0
"""How long a test waits before it is taken to hang: no measure of anything, and never used up."""
_STEP_S = 0.01


def wait_for(condition: Callable[[], bool], what: str = "it", *, within_s: float = WAIT_S) -> None:
    """Wait until something is true; fails when it never comes true."""
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, f"{what} never came true"
        time.sleep(_STEP_S)
