"""The options of the window's command line; needs no Qt, for `main.py --help`."""

from __future__ import annotations

import argparse
from pathlib import Path

from backend.cli import COMMANDS
from backend.core.addresses import target_from_text
from backend.core.defaults import SCREENSHOT_SECONDS
from backend.core.errors import UsageError
from backend.core.options import Option, OptionGroup, OptionParser, common
from backend.core.options.values import seconds, whole_number
from backend.core.release import VERSION
from backend.core.target import Target
from gui.widgets.language_choice import SYSTEM, language_codes
from gui.widgets.theme_choice import ThemeChoice

FILES = "files"
"""Where paths without a flag are."""
_SMALLEST, _LARGEST = 320, 7680
_LANGUAGES = "|".join((SYSTEM, *language_codes()))


def _target(text: str) -> Target:
    """Addresses; or only a name, which is that of a saved target."""
    if ":" not in text and text.strip():
        return Target(text.strip())
    try:
        return target_from_text(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"WIDTHxHEIGHT expected, such as 1280x800, got '{text}'")
    size = int(width), int(height)
    if not all(_SMALLEST <= side <= _LARGEST for side in size):
        raise argparse.ArgumentTypeError(
            f"sides from {_SMALLEST} to {_LARGEST} expected, got '{text}'"
        )
    return size


def _language(text: str) -> str:
    codes = (SYSTEM, *language_codes())
    if text not in codes:
        raise argparse.ArgumentTypeError(f"one of {', '.join(codes)} expected, got '{text}'")
    return text


SWITCHES = OptionGroup(
    "what is streamed, where to and how",
    (
        # Not listed from the kinds: they bring their libraries, and this help needs none.
        common.SOURCE.but(
            help="what is streamed: microphone or microphone:NAME, or what main.py stream --help "
            "lists: pattern, webcam, an address, the path of a file, ..."
        ),
        common.MODEL.but(
            help="name of a model: shapes, faces, qr_codes, pitch, voice_activity, "
            "spoken_digits, identity, identity_fp32, ..."
        ),
        common.TARGET.but(parse=_target, metavar="T"),
        common.API,
        common.TRANSPORT,
        common.SERIALIZATION,
        common.IMAGE,
        common.COMPRESSION,
        common.IN_FLIGHT.but(
            help="requests on their way at once, 1 to 64",
            parse=whole_number(1, 64, what="a number of requests"),
        ),
    ),
)
"""Each is the field of `Switches` of the same name; without it, that stays as it was."""

WINDOW = OptionGroup(
    "the window and its server",
    (
        Option("--theme", "colours; system follows the desktop", choices=ThemeChoice),
        Option(
            "--language",
            "of the window; system follows the desktop",
            parse=_language,
            metavar=_LANGUAGES,
        ),
        Option("--size", "size of the window, such as 1280x800", parse=_size, metavar="WxH"),
        common.REST_PORT,
        common.GRPC_PORT,
        common.MODEL_REPOSITORY.but(help="serve the models of this folder too, in Triton's layout"),
        Option(
            "--model-file",
            "add a model of your own (.onnx, .tflite), as if it was dropped on the window",
            parse=Path,
            repeatable=True,
            metavar="FILE",
        ),
        common.ALLOW_PYTHON_MODELS.but(
            help="run the Python models of these folders without asking: they are programs, and "
            "run with your rights"
        ),
    ),
)

PICTURE = OptionGroup(
    "a picture of a run",
    (
        Option(
            "--screenshot",
            "stream for --seconds S, save a picture of the window, print the summary, exit; "
            "settings are neither read nor written",
            parse=Path,
            metavar="FILE",
        ),
        Option(
            "--seconds",
            "how long",
            parse=seconds(86_400),
            default=SCREENSHOT_SECONDS,
            unit="s",
            metavar="S",
        ),
    ),
)


def window_parser() -> OptionParser:
    """What `main.py --help` shows."""
    uses = [("[window options] [FILE ...]", "open the window")]
    uses += [
        (f"{name} {'[action] ' if name == 'targets' else '[options]'}", summary)
        for name, summary in COMMANDS.items()
    ]
    parser = OptionParser(
        prog="main.py",
        usage="\n       ".join(f"python main.py {use:<27} {summary}" for use, summary in uses),
        description="Each command explains its options: python main.py serve --help. Those of the "
        "window also hold at the next start, but for those of a picture and the server.",
        groups=(SWITCHES, WINDOW, PICTURE),
        words=(*COMMANDS, "--version"),
    )
    parser.add_argument(
        FILES,
        nargs="*",
        type=Path,
        metavar="FILE",
        help="a model of your own to add (.onnx, .tflite), or what is to be streamed",
    )
    parser.add_argument(
        "--version", action="version", version=f"inferdeck {VERSION}", help="print the version"
    )
    return parser
