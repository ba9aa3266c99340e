"""A model's queue as seen from several threads: who may enter, and whose turn it is."""

from __future__ import annotations

import threading
import time

from backend.core.errors import NotReady
from backend.server.scheduling.job_queue import Assignment, JobQueue
from backend.server.scheduling.jobs import Job


class BeingUnloaded(NotReady):
    """The model was unloaded or replaced since it was looked up; nothing was computed."""


class RequestQueue:
    """Guards a line, wakes the instances' threads, and knows what is being computed.

    Safe from any thread. Requests leave through `take` and count as running until `done`.
    """

    def __init__(self, line: JobQueue) -> None:
        self._line = line
        self._changed = threading.Condition()
        self._running: set[Job] = set()
        self._turns = 0
        self._refusal: NotReady | None = None

    @property
    def pending(self) -> int:
        """How many requests wait or are computed."""
        with self._changed:
            return len(self._line) + len(self._running)

    def check_open(self) -> None:
        """Raise what `end` was given, once the room is being emptied."""
        if self._refusal is not None:
            raise type(self._refusal)(self._refusal.message)

    def enter(self, job: Job) -> None:
        """Let a request wait; raises NotReady, Overloaded or InvalidInput."""
        with self._changed:
            self.check_open()
            self._line.add(job)
            self._changed.notify_all()

    def leave(self, job: Job) -> list[Job]:
        """Take a request that still waits out, with those that make no sense without it."""
        with self._changed:
            gone = self._line.remove(job)
            self._changed.notify_all()
            return gone

    def put_back(self, job: Job) -> bool:
        """Let a request that still waits wait behind all others; False if it does not wait."""
        with self._changed:
            return self._line.put_back(job)

    def run_at_once(self, job: Job) -> None:
        """Count a request as running that did not wait; raises NotReady."""
        with self._changed:
            self.check_open()
            self._running.add(job)

    def take(self, instance: int) -> Assignment | None:
        """Wait for what the instance does next; None when the room is empty and closed."""
        with self._changed:
            while True:
                turn = self._line.take(
                    instance, time.monotonic_ns(), hurry=self._refusal is not None
                )
                if turn.jobs:
                    self._turns += 1
                    for job in turn.jobs:
                        job.turn = self._turns
                    self._running.update(turn.jobs)
                if turn.jobs or turn.forget:
                    return turn
                if self._refusal is not None and not len(self._line):
                    return None
                wait_ns = turn.wait_ns
                self._changed.wait(None if wait_ns is None else wait_ns / 1e9)

    def computed(self, jobs: tuple[Job, ...]) -> None:
        """An instance is through with what it took: sequences may go on."""
        with self._changed:
            self._line.done(jobs, time.monotonic_ns())
            self._changed.notify_all()

    def done(self, *jobs: Job) -> None:
        """These requests have had their last answer."""
        with self._changed:
            self._running.difference_update(jobs)
            self._changed.notify_all()

    def end(self, refusal: NotReady) -> None:
        """Let nobody in any more; those inside may stay until they have had their turn."""
        with self._changed:
            self._refusal = self._refusal or refusal
            self._changed.notify_all()

    def clear(self) -> list[Job]:
        """Send everyone away who waits."""
        with self._changed:
            waiting = self._line.clear()
            self._changed.notify_all()
            return waiting

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Wait until nothing is being computed; True if it is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout_s)
