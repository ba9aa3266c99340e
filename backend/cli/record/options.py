"""The options of `record`: those of `stream`, with a file for all of it."""

from __future__ import annotations

from backend.cli.stream.options import (
    COMPLETE,
    END,
    RECORD,
    SENDING,
    STREAMED,
    THROUGH,
)
from backend.cli.target_options import SECURITY, SPEECH
from backend.core.options import OptionGroup, OptionParser

INTO_FILE = OptionGroup(
    "", (RECORD.but(flag="--to", name="record", help="the new file", required=True), COMPLETE)
)
RECORDED = (STREAMED, THROUGH, SECURITY, SPEECH, SENDING, INTO_FILE, END)


def parser() -> OptionParser:
    """What reads the command's arguments."""
    return OptionParser(
        prog="main.py record",
        description="Stream a source through a model and write samples, predictions, times, "
        'settings and notices into a new file; prints {"summary": ...} at the end. The file can '
        "be streamed again: give it as the source.",
        groups=RECORDED,
    )
