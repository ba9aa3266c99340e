"""Where a model computes: on a thread of its own behind a bounded queue, or on the event loop."""

from __future__ import annotations

import time
from typing import TypeVar

from backend.core.timing import ServerTiming
from backend.models.model import Model
from backend.server.execution import Work, execute
from backend.server.side_thread import SideThread

QUEUE_LIMIT = 64
"""How many requests may wait for one model."""

T = TypeVar("T")


class ModelRunner:
    """Runs one model's requests in the order they came, one at a time."""

    def __init__(self, model: Model, *, queue_limit: int = QUEUE_LIMIT) -> None:
        self.model = model
        self._thread = SideThread(
            f"model-{model.name}", f"model '{model.name}'", queue_limit=queue_limit
        )

    async def run(self, work: Work[T]) -> tuple[T, ServerTiming]:
        """Run the model once.

        Raises Overloaded when the queue is full and NotReady when the server stops. Cancelling
        takes a request that still waits out of the queue.
        """
        queued_ns = time.monotonic_ns()
        if self.model.instant:
            return execute(self.model, work, queued_ns)
        return await self._thread.run(lambda: execute(self.model, work, queued_ns))

    def close(self) -> None:
        """Refuse what waits, and let the thread end after the request it computes."""
        self._thread.close()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread; True if there is none any more."""
        return self._thread.join(timeout_s)
