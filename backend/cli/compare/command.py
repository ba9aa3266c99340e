"""`compare`: the same samples to two sides, how far their answers agree, and which is faster."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import orjson

from backend.cli.compare.options import Format, parser
from backend.cli.compare.sides import recordings_of, side_of, wants_own_server
from backend.cli.own_server import OwnServer
from backend.core.choices import EMBEDDED
from backend.core.conditions import VIOLATED, Condition, parse_condition
from backend.core.errors import ConsoleError, UsageError
from backend.core.target import Target
from backend.side_by_side import (
    Comparison,
    ComparisonResult,
    Pair,
    figures_of,
    result_of,
    row_of,
)
from backend.sources.registry import KINDS, Pace, SourceRegistry
from backend.sources.source import Source

FIGURES = (
    "agreement",
    "agreement_min",
    "differing",
    "pairs",
    "failed_a",
    "failed_b",
    "latency_difference_ms",
    "latency_difference_low_ms",
    "p99_a_ms",
    "p99_b_ms",
)
_TICK_S = 0.1


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 done, 2 usage, 3 unreachable, 4 server error, 6 a condition holds."""
    return run(parser().read(argv))


def run(options: argparse.Namespace) -> int:
    """Compare as the options say."""
    try:
        return _compare(options)
    except ConsoleError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def _compare(options: argparse.Namespace) -> int:
    conditions = [parse_condition(text, FIGURES) for text in options.fail_if]
    source = _source(options)
    with ExitStack() as at_end:
        name = EMBEDDED if wants_own_server(options) else "other"
        own = at_end.enter_context(OwnServer(Target(name)))
        comparison = Comparison(
            side_of(options.a, options, own.resolve),
            side_of(options.b, options, own.resolve),
            source,
            worst=options.worst,
            most_pairs=options.pairs,
            on_pair=_writer(options.each, at_end),
        )
        comparison.start()
        _wait(comparison, options.seconds)
    result = result_of(comparison)
    _print(options.format, result)
    if comparison.error is not None:
        raise comparison.error
    return _judge(result, conditions)


def _source(options: argparse.Namespace) -> Source | None:
    """What is sent; nothing is where both sides are recorded."""
    recordings = recordings_of(options)
    if len(recordings) == 2:
        if options.source:
            raise UsageError("Two recordings are compared as they are.", "Leave --source out.")
        return None
    recording = next(iter(recordings), None)
    spec = options.source or (str(recording) if recording is not None else "")
    if not spec:
        raise UsageError(
            "There is nothing to send.", "Name a --source, or a recording as one side."
        )
    if recording is not None and Path(spec).expanduser().resolve() != recording.resolve():
        raise UsageError(
            f"The answers of {recording.name} are those to its own samples.", "Leave --source out."
        )
    return SourceRegistry(KINDS).make(spec, loop=False, pace=Pace.FREE)


def _writer(path: Path | None, at_end: ExitStack) -> Callable[[Pair], object]:
    if path is None:
        return lambda _pair: None
    try:
        file: IO[bytes] = at_end.enter_context(path.open("xb"))
    except FileExistsError as error:
        raise UsageError(f"{path} is there already.", "Choose another name.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from error
    return lambda pair: file.write(_line(row_of(pair)))


def _wait(comparison: Comparison, seconds: float | None) -> None:
    """Until it has ended, the time is up, or Ctrl-C or SIGTERM came."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: comparison.request_stop())
    until = None if seconds is None else time.monotonic() + seconds
    while not comparison.join(_TICK_S):
        if until is not None and time.monotonic() >= until:
            comparison.request_stop()


def _print(form: Format, result: ComparisonResult) -> None:
    if form is Format.JSON:
        sys.stdout.buffer.write(_line(result.as_json()))
        sys.stdout.flush()
        return
    print(result.sentence)
    print()
    for name, value in _rows(result):
        print(f"{name:<22}{value}")
    if result.worst:
        print("\nwhat differs most:")
    for row in result.worst:
        print(f"  {_worst(row)}")


def _rows(result: ComparisonResult) -> list[tuple[str, str]]:
    difference = result.latency_difference_ms
    rows = [
        ("A", f"{result.a.title}: {_side(result.a)}"),
        ("B", f"{result.b.title}: {_side(result.b)}"),
        ("pairs", f"{result.pairs}, identical {result.identical}, differing {result.differing}"),
    ]
    if result.agreement.mean is not None:
        rows.append(
            ("agreement", f"mean {result.agreement.mean:.4f}, least {result.agreement.min:.4f}")
        )
    rows += [(f"  {kind}", f"mean {value:.4f}") for kind, value in result.agreement.kinds.items()]
    if difference.value is not None:
        interval = f"95 % from {difference.low:+.2f} to {difference.high:+.2f} ms"
        rows.append(("latency B less A", f"median {difference.value:+.2f} ms, {interval}"))
    if result.unpaired:
        rows.append(("without a partner", f"{result.unpaired}"))
    return rows


def _side(side: Any) -> str:
    quantiles = "  ".join(f"{name} {value:.1f} ms" for name, value in side.latency_ms.items())
    return f"answered {side.answered}, failed {side.failed}  {quantiles}".rstrip()


def _worst(row: dict[str, Any]) -> str:
    place = row.get("name") or (f"{row['media_time_s']:.3f} s" if "media_time_s" in row else "")
    if "agreement" not in row:
        errors = [f"{side.upper()}: {row[side]['error']}" for side in "ab" if "error" in row[side]]
        return f"#{row['number']} {place}  {'  '.join(errors)}"
    kinds = "; ".join(
        f"{kind}: " + ", ".join(f"{name} {value:g}" for name, value in figures.items())
        for kind, figures in row["kinds"].items()
    )
    return f"#{row['number']} {place}  {kinds}"


def _line(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n"


def _judge(result: ComparisonResult, conditions: Sequence[Condition]) -> int:
    figures = figures_of(result)
    failed = []
    for condition in conditions:
        value = figures[condition.figure]
        if value is None:
            failed.append(f"{condition.figure} is not known ({condition})")
        elif condition.holds(value):
            failed.append(f"{condition.figure} is {value:g} ({condition})")
    for line in failed:
        print(f"failed: {line}", file=sys.stderr)
    return VIOLATED if failed else 0
