"""The queue of a model with sequences: each sequence stays with one instance, in order.

A sequence begins with START and ends with END, or when nothing of it has come for a while. It holds
one of its instance's places all that time; sequences that find no place wait for one.
"""

from __future__ import annotations

from collections import deque

from backend.core.errors import InvalidInput
from backend.models.servable import SequenceId
from backend.server.scheduling.batching import BatchRules, choose
from backend.server.scheduling.job_queue import Assignment, full
from backend.server.scheduling.jobs import Job
from backend.wire.generated import open_inference_pb2 as pb

_DEFAULT_IDLE_US = 1_000_000


class _Sequence:
    """One sequence: its waiting requests, and its place."""

    def __init__(self, name: SequenceId, now_ns: int) -> None:
        self.id = name
        self.instance: int | None = None
        self.waiting: deque[Job] = deque()
        self.computing = False
        self.open = True
        self.abandoned = False
        self.last_ns = now_ns

    @property
    def quiet(self) -> bool:
        """Whether nothing of it waits or is computed."""
        return not self.waiting and not self.computing


class SequenceQueue:
    """Sequences by id; their places by instance."""

    def __init__(
        self, config: pb.ModelConfig, rules: BatchRules, limit: int, instances: int
    ) -> None:
        batching = config.sequence_batching
        self._name = config.name
        self._rules = rules
        self._limit = limit
        self._oldest_first = batching.HasField("oldest")
        places = (
            batching.oldest.max_candidate_sequences if self._oldest_first else config.max_batch_size
        )
        self._idle_ns = (batching.max_sequence_idle_microseconds or _DEFAULT_IDLE_US) * 1000
        self._known: dict[SequenceId, _Sequence] = {}
        self._places: list[list[_Sequence]] = [[] for _ in range(instances)]
        self._per_instance = max(1, places)
        self._without_place: deque[_Sequence] = deque()
        self._to_forget: list[list[SequenceId]] = [[] for _ in range(instances)]
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, job: Job) -> None:
        """Stand behind the sequence's other requests; raises InvalidInput or Overloaded."""
        step = job.terms.sequence
        if step is None:
            raise InvalidInput(
                f"inference request to model '{self._name}' must specify a non-zero or non-empty "
                "correlation ID"
            )
        self._expire(job.queued_ns, idle_ns=self._idle_ns)
        sequence = self._known.get(step.id)
        if not step.start and (sequence is None or not sequence.open):
            raise InvalidInput(
                f"inference request for sequence {step.id} to model '{self._name}' must specify "
                "the START flag on the first request of the sequence"
            )
        if self._count >= self._limit:
            raise full(f"model '{self._name}'", self._limit)
        if sequence is None:
            sequence = self._known[step.id] = _Sequence(step.id, job.queued_ns)
            self._without_place.append(sequence)
            self._assign_instances()
        sequence.waiting.append(job)
        sequence.open = not step.end
        self._count += 1

    def remove(self, job: Job) -> list[Job]:
        """Take it out; behind a START that is given up, the rest of its sequence goes too."""
        step = job.terms.sequence
        sequence = self._known.get(step.id) if step else None
        if step is None or sequence is None or job not in sequence.waiting:
            return []
        gone = [job]
        if step.start:
            behind = list(sequence.waiting)[sequence.waiting.index(job) + 1 :]
            for other in behind:
                if other.terms.sequence and other.terms.sequence.start:
                    break
                gone.append(other)
        for other in gone:
            sequence.waiting.remove(other)
        self._count -= len(gone)
        sequence.abandoned = True
        if step.start and not sequence.waiting:
            sequence.open = False
        self._release_if_over(sequence)
        return gone

    def put_back(self, job: Job) -> bool:
        """A sequence keeps its order: the request stays where it is."""
        step = job.terms.sequence
        sequence = self._known.get(step.id) if step else None
        return sequence is not None and job in sequence.waiting

    def take(self, instance: int, now_ns: int, *, hurry: bool) -> Assignment:
        """The first requests of some of the instance's sequences, one of each."""
        next_expiry_ns = self._expire(now_ns, idle_ns=0 if hurry else self._idle_ns)
        ready = [s for s in self._places[instance] if s.waiting and not s.computing]
        if self._oldest_first:
            ready.sort(key=lambda sequence: sequence.waiting[0].queued_ns)
        choice = choose((s.waiting[0] for s in ready), self._rules, now_ns, hurry=hurry)
        jobs = tuple(self._start(sequence) for sequence in ready[: choice.count])
        forget = tuple(self._to_forget[instance])
        self._to_forget[instance].clear()
        waits = [wait for wait in (choice.wait_ns, next_expiry_ns) if wait is not None]
        return Assignment(jobs, forget, min(waits, default=None))

    def done(self, jobs: tuple[Job, ...], now_ns: int) -> None:
        """The next requests of these sequences may follow."""
        for job in jobs:
            step = job.terms.sequence
            sequence = self._known.get(step.id) if step else None
            if sequence is not None:
                sequence.computing, sequence.last_ns = False, now_ns
                self._release_if_over(sequence)

    def clear(self) -> list[Job]:
        """Take everyone out, and forget every sequence."""
        waiting = [job for sequence in self._known.values() for job in sequence.waiting]
        self._known.clear()
        self._without_place.clear()
        for places in self._places:
            places.clear()
        self._count = 0
        return waiting

    def _start(self, sequence: _Sequence) -> Job:
        sequence.computing = True
        self._count -= 1
        return sequence.waiting.popleft()

    def _expire(self, now_ns: int, *, idle_ns: int) -> int | None:
        """End what has been idle for too long; nanoseconds until the next one could be."""
        next_ns: int | None = None
        for sequence in [s for s in self._known.values() if s.open and s.quiet]:
            left_ns = sequence.last_ns + idle_ns - now_ns
            if left_ns > 0:
                next_ns = left_ns if next_ns is None else min(next_ns, left_ns)
                continue
            sequence.open, sequence.abandoned = False, True
            self._release_if_over(sequence)
        return next_ns

    def _release_if_over(self, sequence: _Sequence) -> None:
        if sequence.open or not sequence.quiet:
            return
        del self._known[sequence.id]
        if sequence.instance is None:
            self._without_place.remove(sequence)
            return
        if sequence.abandoned:
            self._to_forget[sequence.instance].append(sequence.id)
        self._places[sequence.instance].remove(sequence)
        self._assign_instances()

    def _assign_instances(self) -> None:
        """Let the sequences without a place go to the instances with the fewest."""
        while self._without_place:
            instance = min(range(len(self._places)), key=lambda i: len(self._places[i]))
            if len(self._places[instance]) >= self._per_instance:
                return
            sequence = self._without_place.popleft()
            sequence.instance = instance
            self._places[instance].append(sequence)
