"""`bench` beside Triton's perf_analyzer: the same models on this server and on a Triton.

    .venv/bin/python -m tests.peers.load_generators CLIENT_ENV TRITON_ENV [--server S] [--model M]

The environments are those of `public_suites`; without them it says so and passes. Both tools send
the same kilobyte in a closed loop, 1 and 4 in flight, in turn: bench, perf_analyzer, bench; bench
times the exchange, as perf_analyzer does. A model that sleeps shows whether both mean the same by
latency and throughput; one that echoes also shows what a client costs by itself, which is C++ there
and Python here. Prints a table of medians and answers a second, and fails where those of the
sleeping model differ by more than 10 %.

It wants a quiet machine, about 80 s for each server and model: `--server` and `--model` take one.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.compare.bench import BenchResult, CellResult, decode_result
from backend.core.choices import Transport
from tests.peers.public_suites import ROOT, Addresses, libraries, ours, pytriton

WITHIN = 0.10
IN_FLIGHT = (1, 4)
WINDOW_MS = 1500
_LIMIT_S = 120
_STABLE = ("-p", str(WINDOW_MS), "-s", "10", "-r", "6")
_LOOSE = ("-p", str(WINDOW_MS), "-s", "30", "-r", "6")
_COUNTED = ("--request-count", "2000")
_HEIGHT, _WIDTH = 16, 21
SLEEP_S = 0.02

_MODEL = """
import time

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        replies = []
        for request in requests:
            time.sleep({sleep})
            given = pb_utils.get_input_tensor_by_name(request, "INPUT").as_numpy()
            replies.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT", given)]))
        return replies
"""
_CONFIG = """
backend: "python"
input [ {{ name: "INPUT" data_type: TYPE_UINT8 dims: [ {height}, {width}, 3 ] }} ]
output [ {{ name: "OUTPUT" data_type: TYPE_UINT8 dims: [ {height}, {width}, 3 ] }} ]
instance_group [ {{ count: 1 kind: KIND_CPU }} ]
"""
MODELS: Mapping[str, float] = {"sleeping": SLEEP_S, "echo": 0.0}
"""The models, and how long each sleeps, in seconds."""

WAYS: Mapping[Transport, Sequence[str]] = {
    Transport.REST: ("-i", "http", "--sync"),
    Transport.GRPC: ("-i", "grpc", "--sync"),
    Transport.GRPC_STREAM: ("-i", "grpc", "--streaming"),
}
"""perf_analyzer's options of each transport, all with binary tensors."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a tool says of one way: median latency in ms, answers a second (NaN if it cannot say),
    and whether its own stop rule was met."""

    p50_ms: float
    rate: float
    stable: bool = True


def write_models(folder: Path) -> None:
    """A repository with every model of MODELS, for either server."""
    for name, sleep in MODELS.items():
        version = folder / name / "1"
        version.mkdir(parents=True)
        code = _MODEL.format(sleep=sleep)
        if not sleep:
            code = code.replace("            time.sleep(0.0)\n", "")
        (version / "model.py").write_text(code)
        (folder / name / "config.pbtxt").write_text(_CONFIG.format(height=_HEIGHT, width=_WIDTH))


def bench(where: Addresses, model: str) -> BenchResult:
    """Every way at once, as a user would ask for it."""
    host, _, rest = where.rest.rpartition(":")
    command = [
        *(sys.executable, "main.py", "bench", "--model", model, "--format", "json"),
        *("--target", f"{host}:{rest},{where.grpc.rpartition(':')[2]}", "--seconds", "20"),
        *("--serialization", "binary,raw", "--in-flight", ",".join(map(str, IN_FLIGHT))),
        *("--transport", ",".join(WAYS), "--sizes", "1KB", "--timed", "exchange"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=_LIMIT_S, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    return decode_result(done.stdout)


def perf_analyzer(
    program: Path, links: Path, where: Addresses, model: str, way: Transport, in_flight: int
) -> Reading:
    """One way, by the same stop rule: three windows within 10 %.

    It gives no figures where that is not met; then it is asked with 30 %, and at last for so many
    requests, whose rate it does not know: it divides them by the whole of its last second.
    """
    for rule in (_STABLE, _LOOSE, _COUNTED):
        row = _report(program, links, where, model, way, in_flight, rule)
        if row is not None:
            rate = math.nan if rule is _COUNTED else float(row["Inferences/Second"])
            return Reading(float(row["p50 latency"]) / 1e3, rate, rule is _STABLE)
    raise SystemExit(f"perf_analyzer has no figures for {model} over {way}.")


def _report(
    program: Path,
    links: Path,
    where: Addresses,
    model: str,
    way: Transport,
    in_flight: int,
    rule: Sequence[str],
) -> dict[str, str] | None:
    """Its report on one way, None where the rule was not met."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.csv"
        command = [
            *(str(program), "-m", model, "-u", where.rest if way is Transport.REST else where.grpc),
            *(*WAYS[way], "--concurrency-range", str(in_flight), "-f", str(report)),
            *(*rule, "--percentile", "50"),
        ]
        done = subprocess.run(
            command,
            env={**os.environ, "LD_LIBRARY_PATH": str(links)},
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
        if "Failed to obtain stable measurement" in done.stdout + done.stderr:
            return None
        if done.returncode or not report.is_file():
            raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        (row,) = csv.DictReader(report.read_text().splitlines())
    return row


@dataclass(frozen=True, slots=True)
class Row:
    """Both tools about one way."""

    server: str
    model: str
    way: Transport
    in_flight: int
    ours: Reading
    theirs: Reading

    @property
    def agrees(self) -> bool:
        """Whether median and rate are within 10 % of each other."""
        return all(
            abs(one - other) <= WITHIN * other
            for one, other in (
                (self.ours.p50_ms, self.theirs.p50_ms),
                (self.ours.rate, self.theirs.rate),
            )
        )

    @property
    def _doubts(self) -> list[str]:
        tools = (("bench", self.ours), ("perf_analyzer", self.theirs))
        return [f"{name} not stable" for name, reading in tools if not reading.stable]

    def __str__(self) -> str:
        return (
            f"| {self.server} | {self.model} | {self.way} | {self.in_flight} "
            f"| {self.ours.p50_ms:.2f} | {self.theirs.p50_ms:.2f} "
            f"| {self.ours.p50_ms / self.theirs.p50_ms:.2f} "
            f"| {self.ours.rate:.0f} | {self.theirs.rate:.0f} "
            f"| {self.ours.rate / self.theirs.rate:.2f} | {', '.join(self._doubts)} |"
        )


HEAD = (
    "| server | model | way | in flight | p50 bench | perf_analyzer | ratio | rate bench "
    "| perf_analyzer | ratio | |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


def measure(name: str, where: Addresses, model: str, program: Path, links: Path) -> Iterator[Row]:
    """Every way of one model: bench, perf_analyzer, bench, so that drift hits both."""
    before = bench(where, model)
    theirs = {
        (way, flight): perf_analyzer(program, links, where, model, way, flight)
        for way in WAYS
        for flight in IN_FLIGHT
    }
    after = bench(where, model)
    for (way, flight), reading in theirs.items():
        cells = [_cell(result, way, flight) for result in (before, after)]
        yield Row(name, model, way, flight, _mean(cells), reading)


def _cell(result: BenchResult, way: Transport, in_flight: int) -> CellResult:
    (found,) = (
        each
        for each in result.cells
        if each.cell.transport is way and each.cell.in_flight == in_flight
    )
    if not found.measured:
        raise SystemExit(f"{found.cell.way}: {found.reason}")
    return found


def _mean(cells: Sequence[CellResult]) -> Reading:
    medians = [cell.figure("p50_ms") or 0.0 for cell in cells]
    rates = [cell.figure("rate") or 0.0 for cell in cells]
    stable = all(cell.stable for cell in cells)
    return Reading(sum(medians) / len(medians), sum(rates) / len(rates), stable)


def main() -> int:
    """Measure what was asked for; 1 if the tools mean different things."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client_env", type=Path)
    parser.add_argument("triton_env", type=Path)
    parser.add_argument("--server", choices=("ours", "triton"))
    parser.add_argument("--model", choices=MODELS)
    given = parser.parse_args()
    client, triton = given.client_env.absolute(), given.triton_env.absolute()
    program = client / "bin" / "perf_analyzer"
    if not program.is_file() or not triton.is_dir():
        print(f"skipped: there is no {program}, or no {triton}")
        return 0
    rows = []
    print(HEAD)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_models(folder / "models")
        links = libraries(folder, triton)
        for name in [given.server] if given.server else ("ours", "triton"):
            served = (
                ours(folder, folder / "models")
                if name == "ours"
                else pytriton(folder, folder / "models", triton)
            )
            with served as where:
                for model in [given.model] if given.model else MODELS:
                    for row in measure(name, where, model, program, links):
                        rows.append(row)
                        print(row, flush=True)
    return int(any(row.model == "sleeping" and not row.agrees for row in rows))


if __name__ == "__main__":
    sys.exit(main())
