"""The options of `call`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from backend.cli.target_options import DIALECT, SECURITY, TARGETED
from backend.core import defaults
from backend.core.choices import Compression
from backend.core.options import Option, OptionGroup, OptionParser, common
from backend.core.options.values import whole_number
from backend.core.target import Dialect

_LARGEST_MIB = 2047

METHOD = OptionGroup(
    "",
    (
        Option(
            "--method",
            "as --list shows it: ModelInfer, package.Service/Method or 'GET /v2'; with --input it "
            "may be left out",
            metavar="M",
        ),
    ),
)

SENT = OptionGroup(
    "",
    (
        common.MODEL.but(help="the model; fills {model} in paths", default=""),
        Option("--version", "its version; fills {version} in paths", default="", metavar="V"),
        Option(
            "--input",
            "fill an input of the model: a file (.npy, .npz, a picture, .wav, .json), JSON, zeros, "
            "ones, random or random:SEED, constant:VALUE; each with the shape if needed, as in "
            "zeros@2x3 or '[1,2]@1x2' (file:PATH for a file that is called so). picture:PATH and "
            "sound:PATH, or frame and window of --source, are prepared by the model's profile as "
            "in a live run. Inputs that are not named are not sent; without --input all are zeros",
            repeatable=True,
            metavar="NAME=FILL",
        ),
        common.SOURCE.but(
            help="what gives the frame or window that inputs ask for, those of a collection too: "
            f"its first one. {common.SOURCE.help}",
            default="",
        ),
        Option(
            "--id", "the id of the inference", default="", default_text="a random one", metavar="ID"
        ),
        Option(
            "--json",
            "the message as JSON, or the body of a REST call: a file, - for standard input, or the "
            "text itself if it begins with { or [; JSON lines for a method that takes a stream",
            metavar="FILE",
        ),
        common.HEADER,
        Option("--part", "another {part} of a REST path", repeatable=True, metavar="NAME=VALUE"),
    ),
)

MANNER = OptionGroup(
    "",
    (
        common.SERIALIZATION.but(
            help=f"of --input: {common.SERIALIZATION.help}; it also says which of the two is meant "
            "if --method does not",
            default_text="json over REST, raw over gRPC",
        ),
        common.COMPRESSION.but(default=Compression.NONE),
        common.DEADLINE.but(
            help="until the end", default_text=f"{defaults.CALL_DEADLINE_S:g}, none for streams"
        ),
        common.MESSAGE_LIMIT_MIB.but(
            help="largest message",
            parse=whole_number(1, _LARGEST_MIB),
            default=None,
            default_text=f"the target's, {defaults.DEFAULT_MESSAGE_LIMIT // defaults.MIB}",
        ),
        Option(
            "--message",
            "print inferences as they came, instead of their tensors with their values",
            switch=True,
        ),
        Option(
            "--timing",
            "print one more line with the status, the headers and where the time went",
            switch=True,
        ),
    ),
)

SCHEMA = OptionGroup(
    "",
    (
        DIALECT.but(default=Dialect.AUTO),
        Option(
            "--proto",
            "a .proto or protoset file that describes methods",
            parse=Path,
            repeatable=True,
            metavar="FILE",
        ),
        Option(
            "--proto-path",
            "where the imports of --proto are",
            parse=Path,
            repeatable=True,
            metavar="DIR",
        ),
    ),
)

INSTEAD = OptionGroup(
    "",
    (
        Option(
            "--list",
            "list the target's methods instead, or those that match",
            bare="",
            metavar="WORDS",
        ),
        Option("--sample", "print a message to begin with for the method instead", switch=True),
    ),
)


class ReportFormat(StrEnum):
    """How a collection's outcomes are printed."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"


COLLECTED = OptionGroup(
    "",
    (
        Option(
            "--collection",
            "send every request of this folder instead, and look at their checks",
            parse=Path,
            metavar="DIR",
        ),
        Option("--env", "the collection's environment", default="", metavar="NAME"),
        Option(
            "--var", "a value of the collection's variables", repeatable=True, metavar="NAME=VALUE"
        ),
        Option(
            "--only",
            "send the requests whose path in the collection matches, such as 'health/*'",
            default="",
            metavar="PATTERN",
        ),
        Option(
            "--format",
            "of what a collection prints; junit is XML for build servers, at the end",
            choices=ReportFormat,
            default=ReportFormat.TEXT,
        ),
    ),
)

CALL = (OptionGroup("", (TARGETED,)), SECURITY, METHOD, SENT, MANNER, SCHEMA, INSTEAD, COLLECTED)


def parser() -> OptionParser:
    """What reads the command's arguments."""
    return OptionParser(
        prog="main.py call",
        description="Call any method of a model server and print what comes back as JSON, a line "
        "for each message of a stream. Exit codes: 0 done, 2 wrong usage, 3 target unreachable, "
        "4 error from the server, 5 no reply before the deadline, and of a collection 6 an answer "
        "that is not as its checks expect, or the smallest of several.",
        epilog="Examples: call --model shapes --input IMAGE=photo.jpg, "
        "call --method ServerMetadata, call --method 'GET /v2/models/shapes', call --list infer, "
        "call --collection requests --env lab",
        groups=CALL,
    )
