"""The queue of a model without sequences: by priority, then in the order of arrival."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from backend.core.errors import Overloaded
from backend.models.servable import SequenceId
from backend.server.scheduling.batching import BatchRules, choose
from backend.server.scheduling.jobs import Job
from backend.wire.generated import open_inference_pb2 as pb


@dataclass(frozen=True, slots=True)
class Assignment:
    """What an instance does next: compute these, forget those sequences, or wait.

    `wait_ns` is None for a wait that only a change of the queue ends.
    """

    jobs: tuple[Job, ...] = ()
    forget: tuple[SequenceId, ...] = ()
    wait_ns: int | None = None


class JobQueue(Protocol):
    """Requests that wait for the instances of one model; guarded by the scheduler's lock."""

    def __len__(self) -> int:
        """How many wait."""
        ...

    def add(self, job: Job) -> None:
        """Let a request in; raises Overloaded, or InvalidInput if it does not fit a sequence."""
        ...

    def remove(self, job: Job) -> list[Job]:
        """Take a waiting request out, and those that make no sense without it; [] if it is gone."""
        ...

    def put_back(self, job: Job) -> bool:
        """Let a waiting request wait behind all others; False if it does not wait any more."""
        ...

    def take(self, instance: int, now_ns: int, *, hurry: bool) -> Assignment:
        """What that instance does next; in a hurry nothing waits for more to come."""
        ...

    def done(self, jobs: tuple[Job, ...], now_ns: int) -> None:
        """What `take` gave has been computed."""
        ...

    def clear(self) -> list[Job]:
        """Take everyone out."""
        ...


class PriorityQueue:
    """Priority levels, each first in, first out and with its own limit."""

    def __init__(self, config: pb.ModelConfig, rules: BatchRules, limit: int) -> None:
        self._rules = rules
        self._what = f"model '{config.name}'"
        dynamic = config.dynamic_batching
        self._default = int(dynamic.default_priority_level) or 1
        self._limits = {
            level: policy_of(config, level).max_queue_size or limit
            for level in range(1, max(1, dynamic.priority_levels) + 1)
        }
        self._levels: dict[int, deque[Job]] = {level: deque() for level in self._limits}
        self._put_back: deque[Job] = deque()

    def __len__(self) -> int:
        return sum(map(len, self._levels.values())) + len(self._put_back)

    def add(self, job: Job) -> None:
        """Stand at the end of its level; raises Overloaded."""
        level = self.level_of(job)
        if len(self._levels[level]) >= self._limits[level]:
            raise full(self._what, self._limits[level])
        self._levels[level].append(job)

    def remove(self, job: Job) -> list[Job]:
        """Take it out, if it waits."""
        for jobs in (*self._levels.values(), self._put_back):
            if job in jobs:
                jobs.remove(job)
                return [job]
        return []

    def put_back(self, job: Job) -> bool:
        """Let it wait behind every level."""
        if not self.remove(job):
            return False
        self._put_back.append(job)
        return True

    def take(self, instance: int, now_ns: int, *, hurry: bool) -> Assignment:
        """The next batch, whichever instance asks."""
        del instance
        choice = choose(self._waiting(), self._rules, now_ns, hurry=hurry)
        jobs = tuple(self._pop() for _ in range(choice.count))
        return Assignment(jobs, wait_ns=choice.wait_ns)

    def done(self, jobs: tuple[Job, ...], now_ns: int) -> None:
        """Nothing to remember."""

    def clear(self) -> list[Job]:
        """Take everyone out."""
        waiting = list(self._waiting())
        for jobs in (*self._levels.values(), self._put_back):
            jobs.clear()
        return waiting

    def level_of(self, job: Job) -> int:
        """The level a request waits in: the model's default one if it names none that exists."""
        priority = job.terms.priority
        return priority if priority in self._levels else self._default

    def _waiting(self) -> Iterator[Job]:
        return chain(*self._levels.values(), self._put_back)

    def _pop(self) -> Job:
        return next(jobs for jobs in (*self._levels.values(), self._put_back) if jobs).popleft()


def policy_of(config: pb.ModelConfig, level: int) -> pb.ModelQueuePolicy:
    """The queue policy of a priority level."""
    dynamic = config.dynamic_batching
    if level in dynamic.priority_queue_policy:
        return dynamic.priority_queue_policy[level]
    return dynamic.default_queue_policy


def full(what: str, limit: int) -> Overloaded:
    """The error of a queue that takes no more."""
    return Overloaded(
        f"{what} is busy: {limit} requests wait already.",
        hint="Send fewer at a time, or try again later.",
    )
