"""A model's queue as seen from several threads: who may enter, and who is next."""

from __future__ import annotations

import threading
import time

from backend.core.errors import NotReady
from backend.server.scheduling.job_queue import Assignment, JobQueue
from backend.server.scheduling.jobs import Job


class BeingUnloaded(NotReady):
    """The model was unloaded or replaced since it was looked up; nothing was computed."""


class RequestQueue:
    """Guards a queue, wakes the instances' threads, and knows what is being computed.

    Safe from any thread. Requests leave through `take` and count as running until `done`.
    """

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue
        self._changed = threading.Condition()
        self._running: set[Job] = set()
        self._batches = 0
        self._refusal: NotReady | None = None

    @property
    def pending(self) -> int:
        """How many requests wait or are computed."""
        with self._changed:
            return len(self._queue) + len(self._running)

    def check_open(self) -> None:
        """Raise what `end` was given, once the queue is being emptied."""
        if self._refusal is not None:
            raise type(self._refusal)(self._refusal.message)

    def enter(self, job: Job) -> None:
        """Let a request wait; raises NotReady, Overloaded or InvalidInput."""
        with self._changed:
            self.check_open()
            self._queue.add(job)
            self._changed.notify_all()

    def leave(self, job: Job) -> list[Job]:
        """Take a request that still waits out, with those that make no sense without it."""
        with self._changed:
            gone = self._queue.remove(job)
            self._changed.notify_all()
            return gone

    def put_back(self, job: Job) -> bool:
        """Let a request that still waits wait behind all others; False if it does not wait."""
        with self._changed:
            return self._queue.put_back(job)

    def run_at_once(self, job: Job) -> None:
        """Count a request as running that did not wait; raises NotReady."""
        with self._changed:
            self.check_open()
            self._running.add(job)

    def take(self, instance: int) -> Assignment | None:
        """Wait for what the instance does next; None when the queue is empty and closed."""
        with self._changed:
            while True:
                assignment = self._queue.take(
                    instance, time.monotonic_ns(), hurry=self._refusal is not None
                )
                if assignment.jobs:
                    self._batches += 1
                    for job in assignment.jobs:
                        job.batch_number = self._batches
                    self._running.update(assignment.jobs)
                if assignment.jobs or assignment.forget:
                    return assignment
                if self._refusal is not None and not len(self._queue):
                    return None
                wait_ns = assignment.wait_ns
                self._changed.wait(None if wait_ns is None else wait_ns / 1e9)

    def computed(self, jobs: tuple[Job, ...]) -> None:
        """An instance is through with what it took: sequences may go on."""
        with self._changed:
            self._queue.done(jobs, time.monotonic_ns())
            self._changed.notify_all()

    def done(self, *jobs: Job) -> None:
        """These requests have had their last answer."""
        with self._changed:
            self._running.difference_update(jobs)
            self._changed.notify_all()

    def end(self, refusal: NotReady) -> None:
        """Let nobody in any more; those inside may stay until they are computed."""
        with self._changed:
            self._refusal = self._refusal or refusal
            self._changed.notify_all()

    def clear(self) -> list[Job]:
        """Send everyone away who waits."""
        with self._changed:
            waiting = self._queue.clear()
            self._changed.notify_all()
            return waiting

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Wait until nothing is being computed; True if it is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout_s)
