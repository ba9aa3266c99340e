"""The options of `call`."""

from __future__ import annotations

import argparse
from pathlib import Path

from backend.cli.target_options import add_target_option
from backend.core.choices import Compression, Serialization
from backend.core.target import Dialect

_LONGEST_S = 366 * 86_400.0
_LARGEST_MIB = 2047


def call_parser() -> argparse.ArgumentParser:
    """What `call --help` shows."""
    parser = argparse.ArgumentParser(
        prog="main.py call",
        description="Call any method of a model server and print what comes back as JSON, a line "
        "for each message of a stream. Exit codes: 0 done, 2 wrong usage, 3 target unreachable, "
        "4 error from the server, 5 no reply before the deadline.",
        epilog="Examples: call --model shapes --input IMAGE=photo.jpg, "
        "call --method ServerMetadata, call --method 'GET /v2/models/shapes', call --list infer",
    )
    add_target_option(parser)
    parser.add_argument(
        "--method",
        metavar="M",
        help="as --list shows it: ModelInfer, package.Service/Method or 'GET /v2'; "
        "with --input it may be left out",
    )
    _add_what_is_sent(parser)
    _add_how(parser)
    _add_schema(parser)
    parser.add_argument(
        "--list",
        nargs="?",
        const="",
        metavar="WORDS",
        help="list the target's methods instead, or those that match",
    )
    parser.add_argument(
        "--sample", action="store_true", help="print a message to begin with for the method instead"
    )
    return parser


def _add_what_is_sent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", default="", metavar="M", help="the model; fills {model} in paths"
    )
    parser.add_argument(
        "--version", default="", metavar="V", help="its version; fills {version} in paths"
    )
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="NAME=FILL",
        help="fill an input of the model: a file (.npy, .npz, a picture, .wav, .json), JSON, "
        "zeros, ones, random or random:SEED, constant:VALUE; each with the shape if needed, as in "
        "zeros@2x3 or '[1,2]@1x2' (file:PATH for a file that is called so); repeatable. "
        "Inputs that are not named are not sent; without --input all are zeros",
    )
    parser.add_argument(
        "--id", default="", metavar="ID", help="the id of the inference (default: a random one)"
    )
    parser.add_argument(
        "--json",
        metavar="FILE",
        help="the message as JSON, or the body of a REST call: a file, - for standard input, or "
        "the text itself if it begins with { or [; JSON lines for a method that takes a stream",
    )
    parser.add_argument(
        "--header",
        action="append",
        default=[],
        metavar="NAME:VALUE",
        help="a header or metadata; repeatable",
    )
    parser.add_argument(
        "--part",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another {part} of a REST path; repeatable",
    )


def _add_how(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--serialization",
        type=Serialization,
        choices=list(Serialization),
        help="of --input: json (default) or binary over REST, raw (default) or typed over gRPC; "
        "also says which of the two if --method does not",
    )
    parser.add_argument(
        "--compression", type=Compression, choices=list(Compression), default=Compression.NONE
    )
    parser.add_argument(
        "--deadline",
        type=_seconds,
        metavar="S",
        help="seconds until the end (default: 30; none for streams)",
    )
    parser.add_argument(
        "--message-limit-mib",
        type=_mebibytes,
        metavar="N",
        help="largest message, in MiB (default: the target's, 64)",
    )
    parser.add_argument(
        "--message",
        action="store_true",
        help="print inferences as they came, instead of their tensors with their values",
    )
    parser.add_argument(
        "--timing",
        action="store_true",
        help="print one more line with the status, the headers and where the time went",
    )


def _add_schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dialect",
        type=Dialect,
        choices=list(Dialect),
        default=Dialect.AUTO,
        help="which kind of server it is (default: it is asked)",
    )
    parser.add_argument(
        "--proto",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a .proto or protoset file that describes methods; repeatable",
    )
    parser.add_argument(
        "--proto-path",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="where the imports of --proto are; repeatable",
    )


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"seconds above 0 expected, got {text}")
    return value


def _mebibytes(text: str) -> int:
    value = int(text)
    if not 1 <= value <= _LARGEST_MIB:
        raise argparse.ArgumentTypeError(f"1 to {_LARGEST_MIB} expected, got {text}")
    return value
