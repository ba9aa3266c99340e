"""The options of `repository`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from backend.core.defaults import KSERVE_IMAGE
from backend.core.options import Option, OptionGroup, OptionParser


class For(StrEnum):
    """Which server."""

    TRITON = "triton"
    KSERVE = "kserve"


EXPORT = OptionGroup(
    "",
    (
        Option(
            "--for",
            "triton: a model repository for its Python backend; kserve: a folder for an image with "
            "KServe's Python server, and its InferenceService",
            choices=For,
            name="server",
        ),
        Option(
            "--model-repository",
            "a folder with models; may be given more than once",
            parse=Path,
            repeatable=True,
            metavar="DIR",
        ),
        Option("--to", "a folder that is new or empty", parse=Path, metavar="DIR"),
        Option(
            "--image",
            "for kserve: what the image is called that the cluster pulls",
            default=KSERVE_IMAGE,
            metavar="NAME",
        ),
        Option("--json", "print a JSON object a line", switch=True),
    ),
)


def parser() -> OptionParser:
    """What reads the command's arguments."""
    reader = OptionParser(
        prog="main.py repository",
        description="Write the models of repositories for servers of other makes.",
        words=[option.flag for option in EXPORT.options],
    )
    actions = reader.add_subparsers(dest="action", required=True, metavar="ACTION")
    action = actions.add_parser(
        "export", help="write models for Triton or KServe (docs/scale.md)", groups=(EXPORT,)
    )
    action.add_argument("names", nargs="*", metavar="NAME", help="which models (default: all)")
    return reader
