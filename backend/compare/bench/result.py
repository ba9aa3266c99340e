"""What a run found, as a value that can be saved, repeated and compared; JSON, version 1."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
import numpy as np

from backend.compare.bench.answers import STAGES, Window
from backend.compare.bench.cells import Cell
from backend.compare.bench.run import Measured, Plan
from backend.compare.bench.statistics import Estimate, Sampling, outliers
from backend.core.bench_choices import Timed
from backend.core.errors import UsageError
from backend.core.histogram import DurationHistogram
from backend.core.release import VERSION
from backend.core.wording import as_text

FORMAT_VERSION = 1
LARGEST_FILE = 32 * 1024 * 1024
_LIBRARIES = ("grpcio", "requests", "urllib3", "numpy", "protobuf", "orjson")


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Strict: what is not known is an error, so that no figure is overlooked."""


class Figure(_Value, frozen=True):
    """A value with its 95 % interval; None where nothing was answered."""

    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, estimate: Estimate) -> Figure:
        """An estimate, for JSON."""
        return cls(*(_finite(each) for each in (estimate.value, estimate.low, estimate.high)))


class CellResult(_Value, frozen=True):
    """One combination. `status` is measured, impossible or failed, and in a result so far also
    pending; `reason` says why not.

    Latencies are in ms, of what `Conditions.timed` says; `rate` in answers a second; `bytes_out`
    and `bytes_in` are of messages, `wire_out` and `wire_in` on the wire, of a request in the mean,
    `wire_estimated` where `wire_out` could not be seen; `cpu` in ms of processor time a request.
    `histogram` counts latencies by bucket of `DurationHistogram`.
    """

    cell: Cell
    status: str
    reason: str = ""
    windows: int = 0
    stable: bool = False
    outliers: int = 0
    answered: int = 0
    failed: int = 0
    failures: dict[str, int] = {}
    p50_ms: Figure | None = None
    p90_ms: Figure | None = None
    p95_ms: Figure | None = None
    p99_ms: Figure | None = None
    max_ms: float | None = None
    rate: Figure | None = None
    bytes_out: float | None = None
    bytes_in: float | None = None
    wire_out: float | None = None
    wire_in: float | None = None
    wire_estimated: bool = False
    stages_ms: dict[str, float] = {}
    client_cpu_ms: float | None = None
    server_cpu_ms: float | None = None
    histogram: dict[int, int] = {}

    @property
    def measured(self) -> bool:
        """Whether there are figures."""
        return self.status == "measured"

    @property
    def most_failed(self) -> str:
        """What most of its failed requests failed with, '' where none did."""
        return max(self.failures, key=lambda text: self.failures[text], default="")

    def latencies(self) -> DurationHistogram:
        """All of them."""
        return DurationHistogram.from_sparse(self.histogram)

    def figure(self, name: str) -> float | None:
        """A figure by the name that tables, exports and conditions use; see FIGURES."""
        found = getattr(self, name)
        return found.value if isinstance(found, Figure) else found


FIGURES = {
    "p50_ms": "ms",
    "p90_ms": "ms",
    "p95_ms": "ms",
    "p99_ms": "ms",
    "max_ms": "ms",
    "rate": "1/s",
    "bytes_out": "bytes",
    "bytes_in": "bytes",
    "wire_out": "bytes",
    "wire_in": "bytes",
    "client_cpu_ms": "ms",
    "server_cpu_ms": "ms",
    "answered": "",
    "failed": "",
}
"""The figures of a cell and their units, in the order of tables."""


class Machine(_Value, frozen=True):
    """Where the client ran."""

    system: str
    processor: str
    cores: int
    python: str
    inferdeck: str
    libraries: dict[str, str]

    @classmethod
    def this(cls) -> Machine:
        """The machine this runs on."""
        return cls(
            platform.platform(),
            platform.processor() or platform.machine(),
            os.cpu_count() or 1,
            platform.python_version(),
            VERSION,
            {name: version(name) for name in _LIBRARIES},
        )


class Conditions(_Value, frozen=True):
    """What was measured, and how: enough to do it again."""

    target: str
    rest: str
    grpc: str
    server: str
    server_process: str
    """`child`: a process that this run started; `other`: one that was there."""
    model: str
    payloads: dict[str, int]
    """Bytes of each sample."""
    arrivals: str
    rate: float
    seed: int
    budget_s: float
    window_s: float
    cancelled: bool = False
    timed: str = Timed.WHOLE
    """`whole` runs from when a request is due to its answer decoded, `exchange` from just before
    it is sent to the end of its reply."""
    beside_stream: bool = False
    """Whether the window's live page streamed meanwhile, on the same machine."""


class BenchResult(_Value, frozen=True):
    """A whole run; `made_at` is ISO 8601 in UTC."""

    made_at: str
    machine: Machine
    conditions: Conditions
    cells: tuple[CellResult, ...]
    version: int = FORMAT_VERSION

    def find(self, key: str) -> CellResult | None:
        """The cell with that key."""
        return next((each for each in self.cells if each.cell.key == key), None)


def result_of(
    plan: Plan,
    measured: Sequence[Measured],
    *,
    server: str,
    server_process: str,
    cancelled: bool = False,
    ended: bool = True,
) -> BenchResult:
    """The result of a run; `server` is the name and version that it gives itself.

    While the run has not `ended`, what was not measured yet is pending.
    """
    target = plan.target
    conditions = Conditions(
        target=target.name,
        rest=target.rest,
        grpc=target.grpc,
        server=server,
        server_process=server_process,
        model=plan.profile.model,
        payloads={name: payload.size_bytes for name, payload in plan.payloads.items()},
        arrivals=plan.load.arrivals,
        rate=plan.load.rate,
        seed=plan.load.seed,
        budget_s=plan.budget_s,
        window_s=plan.window_s,
        timed=plan.timed,
        cancelled=cancelled,
    )
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    cells = tuple(_cell_result(each, ended=ended) for each in measured)
    return BenchResult(made_at, Machine.this(), conditions, cells)


def encode_result(result: BenchResult) -> bytes:
    """The result as JSON."""
    return msgspec.json.format(msgspec.json.encode(result, enc_hook=as_text), indent=1)


def decode_result(data: bytes, name: str = "The result") -> BenchResult:
    """The result that JSON holds; raises UsageError for what is none, or of a later version."""
    try:
        found = msgspec.json.decode(data, type=_Version)
        if found.version != FORMAT_VERSION:
            raise UsageError(
                f"{name} is of version {found.version}; this Inferdeck reads {FORMAT_VERSION}.",
                hint="Measure again, or use the Inferdeck that wrote it.",
            )
        return msgspec.json.decode(data, type=BenchResult)
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"{name} is no result of a measurement: {error}.", hint="Expected a file of --save."
        ) from error


def read_result(path: Path) -> BenchResult:
    """The result in a file; raises UsageError."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > LARGEST_FILE:
        raise UsageError(f"{path} is over 32 MiB: that is no result of a measurement.")
    return decode_result(data, str(path))


class _Version(msgspec.Struct):
    version: int


def _cell_result(measured: Measured, *, ended: bool) -> CellResult:
    if measured.impossible:
        return CellResult(measured.cell, "impossible", measured.impossible)
    if measured.active and not measured.windows and not ended:
        return CellResult(measured.cell, "pending")
    windows = measured.windows
    failures = _failures(windows)
    if not any(window.answered for window in windows):
        reason = measured.failure or "It was ended before anything was measured."
        return CellResult(measured.cell, "failed", reason, failures=failures)
    sampling = Sampling(windows)
    latencies = DurationHistogram()
    for window in windows:
        latencies.merge(window.latencies)
    return CellResult(
        measured.cell,
        "measured",
        reason=measured.failure,
        windows=len(windows),
        stable=measured.stable,
        outliers=outliers(windows),
        answered=latencies.count,
        failed=sum(failures.values()),
        failures=failures,
        p50_ms=Figure.of(sampling.latency_ms(0.50)),
        p90_ms=Figure.of(sampling.latency_ms(0.90)),
        p95_ms=Figure.of(sampling.latency_ms(0.95)),
        p99_ms=Figure.of(sampling.latency_ms(0.99)),
        max_ms=round(latencies.most_ms, 4),
        rate=Figure.of(sampling.rate()),
        bytes_out=_median([window.bytes_out for window in windows]),
        bytes_in=_median([window.bytes_in for window in windows]),
        wire_out=_median([window.wire_out for window in windows]),
        wire_in=_median([window.wire_in for window in windows]),
        wire_estimated=any(window.estimated for window in windows),
        stages_ms=_stages(windows),
        client_cpu_ms=_cpu_ms([(each.cpu.client_s, each.answered) for each in windows]),
        server_cpu_ms=_cpu_ms([(each.cpu.server_s, each.answered) for each in windows]),
        histogram=latencies.sparse(),
    )


def _failures(windows: Sequence[Window]) -> dict[str, int]:
    found: dict[str, int] = {}
    for window in windows:
        for text, count in window.failures.items():
            found[text] = found.get(text, 0) + count
    return found


def _stages(windows: Sequence[Window]) -> dict[str, float]:
    """Of each stage the median of the windows' medians."""
    found = {
        name: _median([each.stages_ms[name] for each in windows if name in each.stages_ms])
        for name in STAGES
    }
    return {name: value for name, value in found.items() if value is not None}


def _cpu_ms(windows: Sequence[tuple[float | None, int]]) -> float | None:
    """Processor time of one request; None if it was not seen in any window."""
    seen = [(seconds, answered) for seconds, answered in windows if seconds is not None]
    answered = sum(count for _, count in seen)
    return _finite(1e3 * sum(seconds for seconds, _ in seen) / answered) if answered else None


def _median(values: Sequence[float]) -> float | None:
    known = [value for value in values if math.isfinite(value)]
    return _finite(float(np.median(known))) if known else None


def _finite(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None
