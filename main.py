"""Inferdeck: the window, or one of the commands that need none."""

from __future__ import annotations

import sys
from importlib import import_module

from backend.core.process import tune_process
from backend.core.release import VERSION

_COMMANDS = ("serve", "stream", "call", "targets")

_HELP = """\
usage: python main.py [window options]   open the window
       python main.py serve [options]    run the model server alone
       python main.py stream [options]   send a source through a model, print JSON lines
       python main.py call [options]     call any method of a server, JSON in and out
       python main.py targets [action]   list, add, remove, import and export saved targets

Each command explains its options: python main.py serve --help

window options:
  --source SPEC       pattern, tone, sweep, a path, a URL, webcam or webcam:N
  --model M           name of a model
  --transport T       rest, grpc or grpc_stream
  --screenshot FILE   stream for --seconds S, save a picture of the window, print the summary, exit
  --seconds S         how long

  --version           print the version
  --help              print this
"""


def main(argv: list[str]) -> int:
    """Run what the arguments name; returns the exit code."""
    tune_process()
    first = argv[0] if argv else ""
    if first in ("-h", "--help"):
        print(_HELP, end="")
        return 0
    if first == "--version":
        print(f"inferdeck {VERSION}")
        return 0
    # Imported only now: a command needs no window, and nothing may come before the tuning.
    if first in _COMMANDS:
        return int(import_module(f"backend.cli.{first}").main(argv[1:]))
    return int(import_module("gui.app").main(argv))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
