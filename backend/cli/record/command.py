"""`record`: send a source through a model and write all of it into a file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from backend.cli.record.options import parser
from backend.cli.stream import command as stream


def main(argv: Sequence[str]) -> int:
    """Run the command; exit codes are those of `stream`."""
    return run(parser().read(argv))


def run(options: argparse.Namespace) -> int:
    """Record as the options say."""
    return stream.run(options, quiet=True)
