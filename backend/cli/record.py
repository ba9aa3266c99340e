"""`record`: send a source through a model and write all of it into a file."""

from __future__ import annotations

from collections.abc import Sequence

from backend.cli.stream import run
from backend.cli.stream_options import RECORDED
from backend.core.options import OptionParser


def main(argv: Sequence[str]) -> int:
    """Run the command; exit codes are those of `stream`."""
    return run(_parser().read(argv), quiet=True)


def _parser() -> OptionParser:
    return OptionParser(
        prog="main.py record",
        description="Stream a source through a model and write samples, predictions, times, "
        'settings and notices into a new file; prints {"summary": ...} at the end. The file can '
        "be streamed again: give it as the source.",
        groups=RECORDED,
    )
