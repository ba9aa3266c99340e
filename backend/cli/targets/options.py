"""The options of `targets`."""

from __future__ import annotations

from pathlib import Path

from backend.cli.target_options import SECURITY, SPEECH
from backend.core.options import Option, OptionGroup, OptionParser

_ADD = (
    OptionGroup(
        "",
        (Option("--colour", "what the window shows it by", default="", metavar="#RRGGBB"),),
    ),
    SECURITY,
    SPEECH,
)


def parser() -> OptionParser:
    """What reads the command's arguments."""
    reader = OptionParser(
        prog="main.py targets",
        description="List and change the saved targets.",
        words=[option.flag for group in _ADD for option in group.options],
    )
    actions = reader.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="print them, the embedded server first")
    add = actions.add_parser("add", help="save a target", groups=_ADD)
    add.add_argument("name", metavar="NAME")
    add.add_argument("addresses", metavar="HOST:RESTPORT,GRPCPORT")
    remove = actions.add_parser("remove", help="remove a target and its secrets")
    remove.add_argument("name", metavar="NAME")
    import_ = actions.add_parser("import", help="add the targets of a file")
    import_.add_argument("file", type=Path, metavar="FILE")
    export = actions.add_parser("export", help="write targets to a file, without secrets")
    export.add_argument("file", type=Path, metavar="FILE")
    export.add_argument("names", nargs="*", metavar="NAME", help="which (default: all)")
    return reader
