"""The window's command line."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

from backend.core.addresses import target_from_text
from backend.core.choices import (
    Api,
    Compression,
    ImageEncoding,
    Serialization,
    Transport,
    why_not_serialization,
)
from backend.core.errors import UsageError
from backend.core.target import Target
from backend.models.code import ALLOWING_OPTION
from gui.state.source_offers import lasting_spec
from gui.state.switches import Switches
from gui.widgets.theme import ThemeChoice

_SMALLEST, _LARGEST = 320, 7680


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for; None leaves it as it was the last time, or as designed.

    With `screenshot` the window streams for `seconds`, saves a picture of itself and quits; the
    saved settings are neither read nor written then.
    """

    screenshot: Path | None = None
    seconds: float = 20.0
    source: str | None = None
    model: str | None = None
    target: Target | None = None
    api: Api | None = None
    transport: Transport | None = None
    serialization: Serialization | None = None
    image: ImageEncoding | None = None
    compression: Compression | None = None
    in_flight: int | None = None
    theme: ThemeChoice | None = None
    size: tuple[int, int] | None = None
    rest_port: int = 0
    grpc_port: int = 0
    model_repository: tuple[Path, ...] = ()
    allow_python_models: bool = False

    def applied_to(self, switches: Switches) -> Switches:
        """The switches with what was asked for; raises UsageError for what cannot be."""
        given = {
            name: getattr(self, name)
            for name in (
                "source",
                "model",
                "target",
                "api",
                "transport",
                "image",
                "compression",
                "in_flight",
            )
            if getattr(self, name) is not None
        }
        if self.serialization is None:
            return replace(switches, **given)
        if self.transport is None and why_not_serialization(self.serialization, switches.transport):
            over_rest = self.serialization in (Serialization.JSON, Serialization.BINARY)
            given["transport"] = Transport.REST if over_rest else Transport.GRPC_STREAM
        switches = replace(switches, **given)
        reason = why_not_serialization(self.serialization, switches.transport)
        if reason:
            raise UsageError(reason)
        return switches.with_serialization(self.serialization)


def parse_options(argv: list[str]) -> Options:
    """Read the command line; argparse prints and exits with 2 if it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="main.py",
        description="Open the window; python main.py --help lists the commands that need none.",
    )
    _add_picture(parser)
    _add_switches(parser)
    _add_window(parser)
    given = vars(parser.parse_args(argv))
    return Options(**{**given, "model_repository": tuple(given["model_repository"])})


def _add_picture(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("a picture of a run")
    group.add_argument(
        "--screenshot",
        type=Path,
        metavar="FILE",
        help="stream for --seconds S, save a picture of the window, print the summary, exit; "
        "settings are neither read nor written",
    )
    group.add_argument(
        "--seconds", type=_seconds, default=20.0, metavar="S", help="how long (default: 20)"
    )


def _add_switches(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is streamed, where to and how")
    group.add_argument(
        "--source",
        type=lasting_spec,
        metavar="SPEC",
        help="pattern, tone, sweep, noise, webcam, webcam:N, webcam:/dev/videoN, microphone, "
        "microphone:NAME, a path of an image, a video, a sound file or a folder of images, or an "
        "address: http, https, rtsp, rtsps",
    )
    group.add_argument("--model", metavar="M", help="name of a model")
    group.add_argument(
        "--target",
        type=_target,
        metavar="T",
        help="embedded, the name of a saved target, or HOST:RESTPORT,GRPCPORT (HOST:RESTPORT, "
        "HOST:,GRPCPORT)",
    )
    group.add_argument("--api", type=Api, choices=list(Api), help="oip: Open Inference Protocol")
    group.add_argument("--transport", type=Transport, choices=list(Transport))
    group.add_argument(
        "--serialization",
        type=Serialization,
        choices=list(Serialization),
        help="json and binary belong to REST, typed and raw to gRPC",
    )
    group.add_argument("--image", type=ImageEncoding, choices=list(ImageEncoding))
    group.add_argument("--compression", type=Compression, choices=list(Compression))
    group.add_argument(
        "--in-flight",
        type=_count,
        metavar="N",
        help="requests on their way at once, 1 to 64 (default: automatic)",
    )


def _add_window(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the window and its server")
    group.add_argument("--theme", type=ThemeChoice, choices=list(ThemeChoice))
    group.add_argument("--size", type=_size, metavar="WxH", help="such as 1280x800")
    for door in ("rest", "grpc"):
        group.add_argument(
            f"--{door}-port",
            type=_port,
            default=0,
            metavar="N",
            help="port of the embedded server (default: any free one)",
        )
    group.add_argument(
        "--model-repository",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="serve the models of this folder too, in Triton's layout; may be given several times",
    )
    group.add_argument(
        ALLOWING_OPTION,
        action="store_true",
        help="run the Python models of these folders without asking: they are programs, and run "
        "with your rights",
    )


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 86_400:
        raise argparse.ArgumentTypeError("between 0 and 86400 seconds expected")
    return value


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 64:
        raise argparse.ArgumentTypeError("a number of requests from 1 to 64 expected")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65_535:
        raise argparse.ArgumentTypeError("a port from 0 (any) to 65535 expected")
    return value


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
        raise argparse.ArgumentTypeError(f"sides from {_SMALLEST} to {_LARGEST} expected")
    return size
