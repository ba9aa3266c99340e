"""The options of `models`: where models go, and where their files come from."""

from __future__ import annotations

from pathlib import Path

from backend.core.defaults import MIRROR_VARIABLE
from backend.core.options import Option, OptionGroup, OptionParser

REPOSITORY = Option(
    "--repository",
    "your model repository, where the models go",
    parse=Path,
    default_text="the folder models of your data folder",
    environment="INFERDECK_MODELS",
    metavar="DIR",
)
JSON = Option("--json", "print a JSON object a line", switch=True)
COMMON = OptionGroup("", (REPOSITORY, JSON))

MIRROR = Option(
    "--mirror",
    "an https address under which the files of all hosts are found, as URL/HOST/PATH",
    environment=MIRROR_VARIABLE,
    metavar="URL",
)
FROM = Option(
    "--from",
    "take the files from this folder instead of the web, whatever they are called",
    parse=Path,
    name="folder",
    metavar="DIR",
)
DEMO_SET = Option("--demo-set", "get the demo models: small, fast ones for every task", switch=True)
CHOICE = OptionGroup("", (DEMO_SET,))
ALL = Option("--all", "measure every model that is installed", switch=True)
ORIGIN = OptionGroup("", (MIRROR, FROM), exclusive=True)

GET = (COMMON, CHOICE, ORIGIN)
MEASURE = (COMMON, OptionGroup("", (ALL,)))


def parser() -> OptionParser:
    """What reads the command's arguments."""
    reader = OptionParser(
        prog="main.py models",
        description="List, get and remove well-known models.",
        words=[option.flag for group in (*GET, *MEASURE) for option in group.options],
    )
    actions = reader.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="print the gallery's models", groups=(COMMON,))
    show = actions.add_parser("show", help="print all about a model", groups=(COMMON,))
    show.add_argument("name", metavar="NAME")
    get = actions.add_parser("get", help="fetch models and install them", groups=GET)
    get.add_argument("names", nargs="*", metavar="NAME")
    remove = actions.add_parser(
        "remove", help="remove models, or what is saved of them", groups=(COMMON,)
    )
    remove.add_argument("names", nargs="+", metavar="NAME")
    measure = actions.add_parser(
        "measure", help="load installed models and time them on this machine", groups=MEASURE
    )
    measure.add_argument("names", nargs="*", metavar="NAME")
    return reader
