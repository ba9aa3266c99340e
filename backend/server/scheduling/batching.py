"""When waiting requests are computed, and how many of them together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from backend.server.scheduling.jobs import Job
from backend.wire.generated import open_inference_pb2 as pb


@dataclass(frozen=True, slots=True)
class BatchRules:
    """How a model's requests are put together.

    `largest` inferences at most in a batch; a batch of a size in `preferred` goes at once, as does
    one of at least `enough`; others wait until their oldest request has waited for `delay_ns`.
    """

    largest: int = 1
    enough: int = 1
    preferred: frozenset[int] = frozenset()
    delay_ns: int = 0


ONE_BY_ONE = BatchRules()


@dataclass(frozen=True, slots=True)
class Choice:
    """How many of the first requests to compute now, or how long to wait if it is none."""

    count: int
    wait_ns: int | None = None


def rules_of(config: pb.ModelConfig) -> BatchRules:
    """The rules of a configuration; without dynamic or sequence batching, one request at a time."""
    largest = config.max_batch_size
    if largest < 1:
        return ONE_BY_ONE
    match config.WhichOneof("scheduling_choice"):
        case "dynamic_batching":
            dynamic = config.dynamic_batching
            return BatchRules(
                largest,
                largest,
                frozenset(dynamic.preferred_batch_size),
                dynamic.max_queue_delay_microseconds * 1000,
            )
        case "sequence_batching":
            return _sequence_rules(config.sequence_batching, largest)
        case _:
            return ONE_BY_ONE


def choose(jobs: Iterable[Job], rules: BatchRules, now_ns: int, *, hurry: bool) -> Choice:
    """How many of the first of `jobs` to compute together now; in a hurry nothing waits for more.

    The largest preferred size that can be made exactly goes first; then whatever cannot grow, or
    need not; then whatever has waited long enough. A request larger than a batch goes alone.
    """
    count = size = best = 0
    oldest_ns, blocked, kind = now_ns, False, None
    for job in jobs:
        if count and (size + job.size > rules.largest or job.kind is None or job.kind != kind):
            blocked = True
            break
        count, size, kind = count + 1, size + job.size, job.kind
        oldest_ns = min(oldest_ns, job.queued_ns)
        if size in rules.preferred:
            best = count
        if kind is None or size >= rules.largest:
            blocked = True
            break
    if best or not count:
        return Choice(best)
    left_ns = oldest_ns + rules.delay_ns - now_ns
    if hurry or blocked or size >= rules.enough or left_ns <= 0:
        return Choice(count)
    return Choice(0, left_ns)


def _sequence_rules(config: pb.ModelSequenceBatching, largest: int) -> BatchRules:
    if config.HasField("oldest"):
        oldest = config.oldest
        return BatchRules(
            largest,
            largest,
            frozenset(oldest.preferred_batch_size),
            oldest.max_queue_delay_microseconds * 1000,
        )
    direct = config.direct
    return BatchRules(
        largest,
        max(1, math.ceil(direct.minimum_slot_utilization * largest)),
        frozenset(),
        direct.max_queue_delay_microseconds * 1000,
    )
