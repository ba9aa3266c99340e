"""What a comparison came to: figures, the samples that differ most, and a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from backend.core.samples import Sample
from backend.core.timing import percentiles
from backend.session.run import Summary
from backend.side_by_side.comparison import Comparison
from backend.side_by_side.pairing import Outcome, Pair, RecordedWhole
from backend.side_by_side.statistics import Estimate, median_estimate
from backend.wire.serving.predictions_json import predictions_to_json


@dataclass(frozen=True, slots=True)
class SideResult:
    """One side; latency is from taken to decoded, in ms; `run` the totals of its run."""

    title: str
    answered: int
    failed: int
    latency_ms: dict[str, float]
    run: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class AgreementResult:
    """Over all pairs; None without any."""

    mean: float | None
    min: float | None
    kinds: dict[str, float] = field(default_factory=dict)
    """The mean of each kind of prediction."""


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """`differing` pairs were not identical, or answered by one side only.

    `latency_difference_ms` is that of B less that of A, of the same samples: its median and the
    interval that holds it with 95 % confidence. `unpaired` outcomes had no partner when it ended.
    """

    a: SideResult
    b: SideResult
    pairs: int
    identical: int
    differing: int
    unpaired: int
    agreement: AgreementResult
    latency_difference_ms: Estimate
    worst: tuple[dict[str, Any], ...]
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def result_of(comparison: Comparison) -> ComparisonResult:
    """The result of a comparison that has ended."""
    pairing, totals = comparison.pairing, comparison.summaries()
    sides = {
        letter: _side(
            comparison.sides[letter].title,
            pairing.answered[letter],
            pairing.failed[letter],
            pairing.latencies_ms[letter],
            totals.get(letter),
        )
        for letter in ("a", "b")
    }
    values = pairing.agreements
    found = AgreementResult(
        float(np.mean(values)) if values else None,
        min(values) if values else None,
        {kind: float(np.mean(each)) for kind, each in pairing.by_kind.items()},
    )
    difference = median_estimate(pairing.differences_ms)
    return ComparisonResult(
        sides["a"],
        sides["b"],
        pairing.pairs,
        pairing.identical,
        pairing.differing,
        pairing.unpaired,
        found,
        difference,
        tuple(row_of(pair) for pair in pairing.worst),
        _sentence(pairing.pairs, pairing.identical, pairing.differing, found, difference),
    )


def row_of(pair: Pair) -> dict[str, Any]:
    """A pair as plain values."""
    row: dict[str, Any] = {"number": pair.number} | _place(pair.sample)
    if pair.agreement is not None:
        row["agreement"] = pair.agreement.value
        row["identical"] = pair.agreement.identical
        row["kinds"] = {
            kind.kind: {"agreement": kind.value} | kind.figures for kind in pair.agreement.kinds
        }
    return row | {"a": _outcome(pair.a), "b": _outcome(pair.b)}


def figures_of(result: ComparisonResult) -> dict[str, float | None]:
    """What conditions can be about."""
    difference = result.latency_difference_ms
    return {
        "agreement": result.agreement.mean,
        "agreement_min": result.agreement.min,
        "differing": float(result.differing),
        "pairs": float(result.pairs),
        "failed_a": float(result.a.failed),
        "failed_b": float(result.b.failed),
        "latency_difference_ms": difference.value,
        "latency_difference_low_ms": difference.low,
        "p99_a_ms": result.a.latency_ms.get("p99"),
        "p99_b_ms": result.b.latency_ms.get("p99"),
    }


def _side(
    title: str, answered: int, failed: int, latencies_ms: Sequence[float], run: Summary | None
) -> SideResult:
    found = percentiles(np.asarray(latencies_ms, np.float64)) if latencies_ms else None
    named = dict(zip(("p50", "p95", "p99"), found, strict=True)) if found is not None else {}
    totals = None if run is None else run.as_json()
    return SideResult(title, answered, failed, named, totals)


def _place(sample: Sample | RecordedWhole | None) -> dict[str, Any]:
    if sample is None:
        return {}
    place: dict[str, Any] = {"name": sample.name} if sample.name else {}
    if sample.media_time_s is not None:
        place["media_time_s"] = round(sample.media_time_s, 4)
    return place


def _outcome(outcome: Outcome) -> dict[str, Any]:
    if outcome.predictions is None:
        return {"error": outcome.error}
    found: dict[str, Any] = {
        "predictions": predictions_to_json(outcome.predictions, summarise=True)
    }
    if outcome.latency_ms is not None:
        found["latency_ms"] = round(outcome.latency_ms, 3)
    return found


def _sentence(
    pairs: int, same: int, differing: int, found: AgreementResult, difference: Estimate
) -> str:
    if not pairs or found.mean is None or found.min is None:
        return "No sample was answered by both."
    if not differing:
        text = f"All {pairs} answers are identical."
    else:
        text = (
            f"{same} of {pairs} answers are identical; they agree to {found.mean:.4f} on average, "
            f"{found.min:.4f} at least."
        )
    if difference.value is None or difference.low is None or difference.high is None:
        return text
    interval = f"{difference.low:+.2f} to {difference.high:+.2f} ms"
    if difference.low <= 0 <= difference.high:
        return f"{text} Neither is faster beyond the noise ({interval})."
    if difference.value < 0:
        interval = f"{-difference.high:+.2f} to {-difference.low:+.2f} ms"
    slower = "B takes" if difference.value > 0 else "A takes"
    return f"{text} {slower} {abs(difference.value):.2f} ms longer ({interval})."
