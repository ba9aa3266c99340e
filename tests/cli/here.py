"""A command in this process, which starts in no time."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence

import pytest


def run_here(
    capsys: pytest.CaptureFixture[str], main: Callable[[Sequence[str]], int], *arguments: str
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command's `main`."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        code = main(arguments)
    except SystemExit as left:  # argparse
        code = int(left.code or 0)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    said = capsys.readouterr()
    return code, said.out, said.err
