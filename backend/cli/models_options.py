"""The options of `models`: where models go, and where their files come from."""

from __future__ import annotations

from pathlib import Path

from backend.core.options import Option, OptionGroup
from backend.gallery import MIRROR_VARIABLE

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
