"""`bench`: measure which way to a model is best, and say so."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import orjson
import psutil

from backend.cli.bench.options import Format, parser
from backend.cli.own_server import OwnServer
from backend.cli.server_child import ServerChild
from backend.cli.stream.profile import choose_profile
from backend.cli.target_options import target_of
from backend.clients.control import ServerControlClient
from backend.compare.bench import (
    PRESETS,
    Bench,
    BenchPayload,
    BenchResult,
    Cpu,
    Load,
    Plan,
    Progress,
    as_csv,
    as_markdown,
    as_table,
    changes,
    changes_as_table,
    encode_result,
    parse_condition,
    payload_of,
    payload_of_size,
    read_result,
    result_of,
    verdict_of,
    violations,
    way_of,
)
from backend.core.choices import EMBEDDED
from backend.core.conditions import VIOLATED, Condition
from backend.core.errors import ConsoleError, UsageError
from backend.core.process import wait_for_end_of_input
from backend.core.samples import MediaKind
from backend.core.target import Target
from backend.core.wording import as_text
from backend.core.worker import Worker
from backend.profiles.bundled import BUNDLED
from backend.profiles.model_profile import ModelProfile
from backend.sources.registry import KINDS, Pace, SourceRegistry

_PARTIAL_EVERY_S = 1.5
_TICK_S = 0.2
"""Waiting without a limit cannot be interrupted by Ctrl-C on Windows."""


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 done, 2 usage, 3 unreachable, 4 server error, 6 a condition holds."""
    return run(parser().read(argv))


def run(options: argparse.Namespace) -> int:
    """Measure as the options say; returns the exit code."""
    try:
        return _bench(options)
    except ConsoleError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def _bench(options: argparse.Namespace) -> int:
    conditions = [parse_condition(text) for text in options.fail_if]
    before = _before(options)
    load = Load(options.arrivals, options.rate or 0.0, options.seed)
    with _served(options) as served:
        result = _measure(options, load, served)
    _check_reached(result)
    if options.save:
        _save(options.save, result)
    _print(options.format, result, before)
    return _judge(result, conditions)


def _before(options: argparse.Namespace) -> BenchResult | None:
    """The result to compare with; raises UsageError for one that means something else."""
    if not options.against:
        return None
    before = read_result(options.against)
    if before.conditions.timed != options.timed:
        raise UsageError(
            f"{options.against} timed '{before.conditions.timed}', which does not compare with "
            f"'{options.timed}'.",
            hint=f"Add --timed {before.conditions.timed}, or leave --against out.",
        )
    return before


def _measure(options: argparse.Namespace, load: Load, served: _Served) -> BenchResult:
    unknown = bool(options.model_repository) and options.model not in BUNDLED
    own = () if unknown else None  # class names, which a measurement has no use for
    profile = choose_profile(served.target, options.model, options.profile, own)
    payloads = _payloads(options, profile)
    matrix = PRESETS[options.preset].with_payloads([each.name for each in payloads])
    chosen = {
        "apis": options.api,
        "transports": options.transport,
        "serializations": options.serialization,
        "images": options.image,
        "compressions": options.compression,
        "in_flight": options.in_flight,
        "also": tuple(way_of(text) for text in options.also),
    }
    matrix = replace(matrix, **{name: value for name, value in chosen.items() if value})
    plan = Plan(
        served.target,
        profile,
        tuple(matrix.cells()),
        {each.name: each for each in payloads},
        load,
        budget_s=options.seconds,
        deadline_s=options.deadline,
        timed=options.timed,
    )
    report = _reporter(as_json=options.progress)
    server = _server_name(served.target)
    so_far = _SoFar()

    def on_progress(progress: Progress) -> None:
        report(progress)
        if options.progress and options.partial and so_far.is_due(progress):
            so_far.write(found(ended=False))

    def found(*, ended: bool) -> BenchResult:
        return result_of(
            plan,
            bench.measured,
            server=server,
            server_process=served.process,
            cancelled=bench.cancelled,
            ended=ended,
        )

    bench = Bench(plan, cpu=served.cpu, on_progress=on_progress)
    _run(bench, with_stdin=options.exit_with_stdin)
    return found(ended=True)


def _payloads(options: argparse.Namespace, profile: ModelProfile) -> list[BenchPayload]:
    if options.sizes:
        return [payload_of_size(size, profile) for size in options.sizes]
    spec = options.source or ("tone" if profile.kind is MediaKind.AUDIO else "pattern")
    registry = SourceRegistry(KINDS)
    source = registry.make(spec, loop=False, pace=Pace.FREE)
    return [payload_of(source, registry.title(spec), profile.audio)]


def _run(bench: Bench, *, with_stdin: bool) -> None:
    """On a thread of its own, so that Ctrl-C ends it at once and keeps what was measured."""
    if with_stdin:
        Worker("stdin", lambda _stop: _cancel_at_end_of_input(bench)).start()

    def run(stop: threading.Event) -> None:  # noqa: ARG001 - ended by `cancel`
        bench.run()

    worker = Worker("bench", run)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: bench.cancel())
    worker.start()
    while not worker.join(_TICK_S):
        pass
    if worker.error is not None:
        raise worker.error


def _cancel_at_end_of_input(bench: Bench) -> None:
    wait_for_end_of_input()
    bench.cancel()


@dataclass(frozen=True, slots=True)
class _Served:
    """A target with its addresses, and whose processor time can be seen."""

    target: Target
    cpu: Callable[[], Cpu]
    process: str


@contextmanager
def _served(options: argparse.Namespace) -> Iterator[_Served]:
    """The target; `embedded` is a server in a process of its own, or in this one if asked for."""
    target = target_of(options, options.header)
    own = bool(options.in_process)
    if options.model_repository and (own or target.name != EMBEDDED):
        raise UsageError(
            "--model-repository is for a server process of our own.",
            hint="Leave --in-process and --target out.",
        )
    if target.name != EMBEDDED:
        yield _Served(target, lambda: Cpu(time.process_time()), "other")
    elif own:
        with OwnServer(target) as server:
            # Client and server share the process: their times cannot be told apart.
            yield _Served(server.resolve(target), Cpu, "same")
    else:
        with ServerChild(_server_arguments(options)) as child:
            process = psutil.Process(child.pid)
            yield _Served(child.target, lambda: Cpu(time.process_time(), _cpu_s(process)), "child")


def _server_arguments(options: argparse.Namespace) -> list[str]:
    """Only the wanted model is loaded where there may be many."""
    if not options.model_repository:
        return []
    folders = [part for each in options.model_repository for part in ("--model-repository", each)]
    consent = ["--allow-python-models"] if options.allow_python_models else []
    explicit = ["--model-control-mode", "explicit", "--load-model", options.model]
    return [*map(str, folders), *consent, *explicit]


def _cpu_s(process: psutil.Process) -> float | None:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return None
    return float(times.user + times.system)


def _server_name(target: Target) -> str:
    client = ServerControlClient(target)
    try:
        metadata = client.server_metadata()
        return f"{metadata.name} {metadata.version}".strip()
    except ConsoleError:
        return ""
    finally:
        client.close()


def _reporter(*, as_json: bool) -> Callable[[Progress], None]:
    shown = threading.local()

    def report(progress: Progress) -> None:
        if as_json:
            if progress.window is not None:
                print(_progress_line(progress), file=sys.stderr, flush=True)
            return
        if not sys.stderr.isatty() or getattr(shown, "percent", -1) == progress.done:
            return
        shown.percent = progress.done
        text = f"\r{progress.done:3} %, at most {progress.left_s:.0f} s left "
        print(text, end="" if progress.done < 100 else "\n", file=sys.stderr, flush=True)

    return report


def _progress_line(progress: Progress) -> str:
    cell, window = progress.cell, progress.window
    line: dict[str, object] = {
        "percent": progress.done,
        "round": progress.rounds,
        "left_s": round(progress.left_s, 1),
    }
    if cell is not None and window is not None:
        p50 = window.latencies.quantile_ms(0.5)
        line |= {"cell": cell.key, "p50_ms": round(p50, 4), "rate": round(window.rate, 1)}
    return orjson.dumps(line).decode()


class _SoFar:
    """Lines with the result so far: at first, and then as often as they can be read."""

    def __init__(self) -> None:
        self._written_s = -_PARTIAL_EVERY_S

    def is_due(self, progress: Progress) -> bool:
        """Whether one is to be written now."""
        return progress.cell is None or time.monotonic() - self._written_s >= _PARTIAL_EVERY_S

    def write(self, result: BenchResult) -> None:
        """Write one, which is no part of any window."""
        line = msgspec.json.encode({"result": result}, enc_hook=as_text)
        print(line.decode(), file=sys.stderr, flush=True)
        self._written_s = time.monotonic()


def _check_reached(result: BenchResult) -> None:
    """Raise ConsoleError where nothing at all could be measured."""
    if any(each.measured for each in result.cells):
        return
    reasons = dict.fromkeys(each.reason for each in result.cells)
    if result.conditions.cancelled:
        raise UsageError("It was ended before anything was measured.")
    raise ConsoleError(f"Nothing could be measured. {' '.join(reasons)}")


def _save(path: Path, result: BenchResult) -> None:
    try:
        path.write_bytes(encode_result(result))
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def _print(form: Format, result: BenchResult, before: BenchResult | None) -> None:
    verdict = verdict_of(result)
    if form is Format.JSON:
        print(encode_result(result).decode())
    elif form is Format.CSV:
        print(as_csv(result), end="")
    elif form is Format.MARKDOWN:
        print(as_markdown(result, verdict), end="")
    else:
        print(as_table(result), "", verdict.sentence, *verdict.all_notes, sep="\n")
    if before is not None:
        stream = sys.stdout if form is Format.TABLE else sys.stderr
        print("", changes_as_table(changes(result, before)), sep="\n", file=stream)


def _judge(result: BenchResult, conditions: Sequence[Condition]) -> int:
    found = violations(result, conditions)
    for line in found:
        print(f"failed: {line}", file=sys.stderr)
    return VIOLATED if found else 0
