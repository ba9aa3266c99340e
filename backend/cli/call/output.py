"""How `call` prints: a line of JSON for each value."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from backend.core.errors import ConsoleError


class Printer:
    """Writes one line of JSON for each value; a reader that has gone away is noticed."""

    def __init__(self, gone: Callable[[], None] = lambda: None) -> None:
        self._gone = gone

    def write(self, value: Any) -> None:
        """One line."""
        line = json.dumps(value, ensure_ascii=False, default=_plain) + "\n"
        try:
            sys.stdout.buffer.write(line.encode("utf-8", "replace"))
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            # What is still buffered goes nowhere, instead of failing again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._gone()


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, ConsoleError):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
