"""The threads of a model: one per instance, each taking what the queue gives it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from backend.core.worker import Worker
from backend.models.servable import Instance, Interruptible, KeepsSequences, SequenceId
from backend.server.scheduling.jobs import Job
from backend.server.scheduling.request_queue import RequestQueue

_log = logging.getLogger("inferdeck.server")

Compute = Callable[[Instance, tuple[Job, ...]], None]


class InstanceThreads:
    """Starts with the first request, and ends when the queue is closed and empty.

    `compute` is called on the instance's thread and does not raise; `ended` is called once, on the
    last thread that ends.
    """

    def __init__(
        self,
        name: str,
        instances: Sequence[Instance],
        queue: RequestQueue,
        compute: Compute,
        ended: Callable[[], None],
    ) -> None:
        self._instances = instances
        self._queue = queue
        self._compute = compute
        self._ended = ended
        self._lock = threading.Lock()
        self._living = 0
        self._since: dict[int, float] = {}
        self._names = [
            f"model-{name}" if len(instances) == 1 else f"model-{name}-{index}"
            for index in range(len(instances))
        ]
        self._workers: list[Worker] = []

    @property
    def started(self) -> bool:
        """Whether there has been a thread."""
        return bool(self._workers)

    def start(self) -> None:
        """Start the threads, unless they are."""
        if self._workers:
            return
        self._living = len(self._instances)
        self._workers = [
            Worker(name, lambda _stop, index=index: self._serve(index))  # type: ignore[misc]
            for index, name in enumerate(self._names)
        ]
        for worker in self._workers:
            worker.start()

    def join(self, timeout_s: float) -> bool:
        """Wait for all threads; True if there is none any more."""
        deadline = time.monotonic() + timeout_s
        ended = [w.join(max(0.0, deadline - time.monotonic())) for w in self._workers]
        return all(ended)

    def interrupt(self, reason: str, *, after_s: float = 0.0) -> None:
        """Break off what has been computed for `after_s` seconds; from any thread.

        Where an instance cannot be interrupted, that is left alone.
        """
        before = time.monotonic() - after_s
        for index, since in tuple(self._since.items()):
            instance = self._instances[index]
            if since <= before and isinstance(instance, Interruptible):
                instance.interrupt(reason)

    def _serve(self, index: int) -> None:
        try:
            while self._serve_next(index):
                pass
        finally:
            with self._lock:
                self._living -= 1
                last = not self._living
            if last:
                self._ended()

    def _serve_next(self, index: int) -> bool:
        # A method of its own, so that no finished request is kept alive while the next is awaited.
        assignment = self._queue.take(index)
        if assignment is None:
            return False
        instance = self._instances[index]
        if assignment.forget and isinstance(instance, KeepsSequences):
            _forget(instance, assignment.forget)
        if assignment.jobs:
            self._since[index] = time.monotonic()
            try:
                self._compute(instance, assignment.jobs)
            finally:
                del self._since[index]
        return True


def _forget(instance: KeepsSequences, sequences: Sequence[SequenceId]) -> None:
    for sequence in sequences:
        try:
            instance.forget(sequence)
        except Exception:  # noqa: BLE001 - other sequences are not to blame: the thread goes on
            _log.exception("Sequence %s could not be given up", sequence)
