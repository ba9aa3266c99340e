"""Inferdeck: the window, or one of the commands that need none."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from backend.cli import COMMANDS
from backend.core.process import tune_process
from backend.core.release import VERSION

_READER_GONE = 128 + 13
"""What a shell reports for a program that a broken pipe ended."""


def main(argv: list[str]) -> int:
    """Run what the arguments name; returns the exit code."""
    tune_process()
    first = argv[0] if argv else ""
    if first in ("-h", "--help"):
        print(import_module("gui.shell.window_options").window_parser().format_help(), end="")
        return 0
    if first == "--version":
        print(f"inferdeck {VERSION}")
        return 0
    # Imported only now: a command needs no window, and nothing may come before the tuning.
    if first in COMMANDS:
        options = import_module(f"backend.cli.{first}.options").parser().read(argv[1:])
        return int(import_module(f"backend.cli.{first}.command").run(options))
    return int(import_module("gui.shell.app").main(argv))


def run(argv: list[str]) -> int:
    """`main`, ended without a word when whoever reads the output goes away, as `| head` does."""
    try:
        code = main(argv)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered goes nowhere, instead of failing again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_GONE
    return code


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
