"""The options of `bench`."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

from backend.cli.target_options import SECURITY, SPEECH, TARGETED
from backend.core.bench_choices import MOST_RATE, Arrivals, Preset, Timed
from backend.core.choices import Api, Compression, ImageEncoding, Serialization, Transport
from backend.core.options import Option, OptionGroup, OptionParser, common
from backend.core.options.values import seconds, whole_number

MOST_IN_FLIGHT = 256


class Format(StrEnum):
    """What is printed at the end."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


def _list_of(parse: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    """Reads values with commas between them, each once."""

    def read(text: str) -> tuple[Any, ...]:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if not parts:
            raise ArgumentTypeError("a list such as A,B expected, got nothing")
        return tuple(dict.fromkeys(parse(part) for part in parts))

    return read


def _one_of(choices: type[StrEnum]) -> Callable[[str], StrEnum]:
    def read(text: str) -> StrEnum:
        try:
            return choices(text)
        except ValueError:
            known = ", ".join(choices)
            raise ArgumentTypeError(f"one or more of {known} expected, got '{text}'") from None

    return read


def _size(text: str) -> int:
    """Bytes of a text like 921600, 64KB or 8MB; units of 1,024."""
    upper = text.upper().replace(" ", "")
    for unit, bytes_each in (("KB", 1024), ("MB", 1024**2), ("B", 1), ("", 1)):
        number = upper.removesuffix(unit) if unit else upper
        if upper.endswith(unit) and number.isdigit():
            return int(number) * bytes_each
    raise ArgumentTypeError(f"sizes such as 1KB,64KB,1MB expected, got '{text}'")


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= MOST_RATE:
        raise ArgumentTypeError(f"requests a second, up to {MOST_RATE:g}, expected, got '{text}'")
    return value


_CHOSEN: dict[str, Any] = {"metavar": "LIST", "default_text": "the preset's"}

BENCHED = OptionGroup(
    "",
    (
        common.MODEL.but(required=True),
        TARGETED,
        common.MODEL_REPOSITORY.but(
            help="with target embedded: models for its server, a folder in Triton's layout"
        ),
        common.ALLOW_PYTHON_MODELS,
        Option(
            "--preset",
            "transport: which way for one request at a time; scale: throughput at 1 to 16 in "
            "flight; camera: raw or JPEG, gzip or not",
            choices=Preset,
            default=Preset.TRANSPORT,
        ),
        common.PROFILE,
    ),
)

PAYLOAD = OptionGroup(
    "What is sent",
    (
        common.SOURCE.but(
            help=f"take its first sample; {common.SOURCE.help}",
            default="",
            default_text="pattern, or tone for models that take sound",
        ),
        Option(
            "--sizes",
            "pictures of so many bytes instead, such as 1KB,64KB,1MB,8MB",
            parse=_list_of(_size),
            metavar="LIST",
        ),
    ),
    exclusive=True,
)

WAYS = OptionGroup(
    "Which ways; lists with commas replace the preset's",
    (
        common.API.but(choices=None, parse=_list_of(_one_of(Api)), **_CHOSEN),
        common.TRANSPORT.but(choices=None, parse=_list_of(_one_of(Transport)), **_CHOSEN),
        common.SERIALIZATION.but(choices=None, parse=_list_of(_one_of(Serialization)), **_CHOSEN),
        common.IMAGE.but(choices=None, parse=_list_of(_one_of(ImageEncoding)), **_CHOSEN),
        common.COMPRESSION.but(choices=None, parse=_list_of(_one_of(Compression)), **_CHOSEN),
        common.IN_FLIGHT.but(parse=_list_of(whole_number(1, MOST_IN_FLIGHT)), **_CHOSEN),
        Option(
            "--also",
            "one more way beside these, such as oip/rest/json/raw/gzip",
            repeatable=True,
            metavar="WAY",
        ),
        common.DEADLINE.but(default_text="the target's"),
    ),
)

LOAD = OptionGroup(
    "How it is measured",
    (
        Option(
            "--arrivals",
            "closed: a request follows an answer; fixed, poisson: by a clock, whether or not "
            "answers come",
            choices=Arrivals,
            default=Arrivals.CLOSED,
        ),
        Option(
            "--rate",
            "by a clock: requests a second",
            parse=_rate,
            metavar="R",
        ),
        Option(
            "--timed",
            "whole: of each request, from sample to predictions; exchange: from just before it is "
            "sent to the end of its reply, of bytes made once",
            choices=Timed,
            default=Timed.WHOLE,
        ),
        Option(
            "--seed", "of the order and of poisson", parse=whole_number(0), default=1, metavar="N"
        ),
        Option(
            "--seconds",
            "about how long all takes; it ends sooner when all is stable",
            parse=seconds(86_400.0),
            default=25.0,
            unit="s",
            metavar="S",
        ),
        Option("--in-process", "with target embedded: no process of its own", switch=True),
    ),
)

OUTPUT = OptionGroup(
    "What becomes of it",
    (
        Option("--format", "of what is printed", choices=Format, default=Format.TABLE),
        Option("--save", "write the result as JSON", parse=Path, metavar="FILE"),
        Option("--against", "compare with a saved result", parse=Path, metavar="FILE"),
        Option(
            "--fail-if",
            "exit with 6 if this holds for any way, such as 'p99_ms>20'",
            repeatable=True,
            metavar="CONDITION",
        ),
        Option(
            "--exit-with-stdin",
            "end at the end of standard input, and keep what was measured",
            switch=True,
        ),
        Option("--progress", "lines of JSON on stderr instead of a counter", switch=True),
        Option(
            "--partial",
            "with --progress: now and then a line with the result so far",
            switch=True,
        ),
    ),
)

BENCH = (BENCHED, SECURITY, SPEECH, PAYLOAD, WAYS, LOAD, OUTPUT)


def parser() -> OptionParser:
    """What reads the command's arguments."""
    return OptionParser(
        prog="main.py bench",
        description="Send the same sample over many combinations of transport, serialisation, "
        "image encoding, compression and requests in flight, in turn, and say which is best and "
        "why. Latency is from when a request is due to its answer decoded. Exit codes: 0 done, "
        "2 wrong usage, 3 target unreachable, 4 error from the server, 6 a condition of --fail-if "
        "holds.",
        epilog="Examples: bench --model identity, bench --model shapes --preset scale, "
        "bench --target triton --model resnet --source photo.jpg --fail-if 'p99_ms>20'",
        groups=BENCH,
    )
