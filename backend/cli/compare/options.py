"""The options of `compare`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from backend.cli.stream.options import BOUNDS, WAY
from backend.cli.target_options import SECURITY, SPEECH, TARGETED
from backend.core.choices import Api, Compression, ImageEncoding, Transport
from backend.core.options import Option, OptionGroup, OptionParser, common
from backend.core.options.values import seconds, whole_number


class Format(StrEnum):
    """What is printed at the end."""

    TEXT = "text"
    JSON = "json"


_SIDE = (
    "a recording, or what differs from the options below, such as model=shapes or "
    "target=lab,transport=rest,profile=mine.toml"
)

SIDES = OptionGroup(
    "",
    (
        Option("--a", _SIDE, required=True, metavar="SIDE"),
        Option("--b", "the other one, in the same way", required=True, metavar="SIDE"),
        common.SOURCE.but(default_text="the recording of one side"),
        common.MODEL.but(default_text="that of the recording"),
        TARGETED,
    ),
)

SENDING = OptionGroup(
    "How both are sent, where a side does not say otherwise",
    (
        *WAY,
        common.IMAGE.but(
            default=None, default_text="raw, or as the recording's pictures were sent"
        ),
        *BOUNDS,
    ),
)

END = OptionGroup(
    "",
    (
        Option("--seconds", "stop after so long", parse=seconds(), unit="s", metavar="S"),
        Option("--pairs", "stop after so many pairs", parse=whole_number(1), metavar="N"),
    ),
    exclusive=True,
)

OUTPUT = OptionGroup(
    "What becomes of it",
    (
        Option("--format", "of what is printed", choices=Format, default=Format.TEXT),
        Option(
            "--worst",
            "how many of the samples that differ most are listed",
            parse=whole_number(0, 100),
            default=10,
            metavar="N",
        ),
        Option(
            "--each",
            "write a JSON line for every pair into this new file",
            parse=Path,
            metavar="FILE",
        ),
        Option(
            "--fail-if",
            "exit with 6 if this holds, such as 'agreement<0.99' or 'differing>0'",
            repeatable=True,
            metavar="CONDITION",
        ),
    ),
)

COMPARE = (SIDES, SECURITY, SPEECH, SENDING, END, OUTPUT)

CHOICES = {
    "api": Api,
    "transport": Transport,
    "image": ImageEncoding,
    "compression": Compression,
}
"""What a side may set to one of these words."""


def parser() -> OptionParser:
    """What reads the command's arguments."""
    return OptionParser(
        prog="main.py compare",
        description="Send every sample of a source to two sides, A and B (targets, models, "
        "profiles, ways to send), or compare a recording with what is answered to its samples "
        "now, or with another recording of them. Says how far the answers agree, sample by "
        "sample, which differ most, and which side is faster. Exit codes: 0 done, 2 wrong usage "
        "or source, 3 target unreachable, 4 error from the server, 6 a condition of --fail-if "
        "holds.",
        epilog="Examples: compare --source photos/ --a model=faces --b model=yunet, "
        "compare --a golden.mcap --b model=shapes --fail-if 'differing>0', compare --source "
        "pattern --model shapes --a target=lab --b target=lab2 --seconds 30",
        groups=COMPARE,
    )
