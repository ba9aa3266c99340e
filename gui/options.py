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
from gui.offers import lasting_spec
from gui.switches import Switches
from gui.theme import ThemeChoice

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
        description="Open the window. 'serve' and 'stream' are the commands without one.",
    )
    parser.add_argument("--screenshot", type=Path, metavar="FILE", help="stream, save, quit")
    parser.add_argument("--seconds", type=_seconds, default=20.0, metavar="S")
    parser.add_argument(
        "--source",
        type=lasting_spec,
        metavar="SPEC",
        help="pattern, tone, a path, a URL, webcam...",
    )
    parser.add_argument("--model", metavar="M")
    parser.add_argument("--target", type=_target, metavar="embedded|HOST:RESTPORT,GRPCPORT")
    parser.add_argument("--api", type=Api, choices=list(Api))
    parser.add_argument("--transport", type=Transport, choices=list(Transport))
    parser.add_argument("--serialization", type=Serialization, choices=list(Serialization))
    parser.add_argument("--image", type=ImageEncoding, choices=list(ImageEncoding))
    parser.add_argument("--compression", type=Compression, choices=list(Compression))
    parser.add_argument("--in-flight", type=_count, metavar="N")
    parser.add_argument("--theme", type=ThemeChoice, choices=list(ThemeChoice))
    parser.add_argument("--size", type=_size, metavar="WxH")
    parser.add_argument("--rest-port", type=_port, default=0, metavar="N")
    parser.add_argument("--grpc-port", type=_port, default=0, metavar="N")
    parser.add_argument(
        "--model-repository",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="serve the models of this folder too, in Triton's layout; may be given several times",
    )
    given = vars(parser.parse_args(argv))
    return Options(**{**given, "model_repository": tuple(given["model_repository"])})


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
