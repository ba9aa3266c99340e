"""The options of `recording`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from backend.core.options import Option, OptionGroup, OptionParser

_JSON = Option("--json", "print one JSON object", switch=True)


class Format(StrEnum):
    """What is written of a recording."""

    CSV = "csv"
    JSONL = "jsonl"
    HTML = "html"


_FORM = OptionGroup(
    "",
    (
        Option(
            "--format",
            "csv, jsonl, or html: the report of the run as one page for a browser",
            choices=Format,
        ),
        Option("--csv", "a row for each answer, for spreadsheets", switch=True),
        Option("--jsonl", "a JSON object a line for each answer", switch=True),
    ),
    exclusive=True,
    required=True,
)
_TO = Option(
    "--to", "write into this new file", parse=Path, default_text="standard output", metavar="FILE"
)


def parser() -> OptionParser:
    """What reads the command's arguments."""
    reader = OptionParser(
        prog="main.py recording",
        description="Say what a recording holds, or export its predictions and times.",
        words=["--json", "--csv", "--jsonl", "--format", "--to"],
    )
    actions = reader.add_subparsers(dest="action", required=True, metavar="ACTION")
    info = actions.add_parser(
        "info", help="print what it holds", groups=(OptionGroup("", (_JSON,)),)
    )
    export = actions.add_parser(
        "export",
        help="print its predictions and times",
        groups=(_FORM, OptionGroup("", (_TO,))),
    )
    for action in (info, export):
        action.add_argument("file", type=Path, metavar="FILE")
    return reader
